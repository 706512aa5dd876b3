import TuskCore
import TuskTasks

/// A webhook as a configuration file has it: its secrets may be elsewhere, and are read by who signs with them.
struct WebhookEntry: Sendable {
    /// Where secrets are.
    enum Secrets: Sendable {
        /// In the file itself.
        case keys([WebhookKey])
        /// In a file of their own.
        case file(String)
        /// In an environment variable.
        case variable(String)
    }

    let kind: Kind
    /// Empty: not given.
    var url = ""
    var timeout = WebhookSpec.timeoutDefault
    /// Nil: not given.
    private(set) var secrets: Secrets?
    /// Where they were named, for what is wrong with them.
    private var source: KindEntry?

    /// What secrets must be.
    static let keysWanted = "1 to \(WebhookSpec.keysMax) secrets, each whsec_ and 24 to 64 bytes in base64"

    init(kind: Kind) {
        self.kind = kind
    }

    /// Says where its secrets are, which can be said once.
    mutating func name(_ secrets: Secrets, _ entry: KindEntry) throws(CommandError) {
        guard self.secrets == nil else { throw entry.fault("names the secrets a second time") }
        (self.secrets, source) = (secrets, entry)
    }

    /// The keys of texts; nil if there is any that is none, or too many or few.
    static func keys(_ texts: [String]) -> [WebhookKey]? {
        let keys = texts.compactMap { WebhookKey($0) }
        return keys.count == texts.count && (1...WebhookSpec.keysMax).contains(keys.count) ? keys : nil
    }

    /// Whether the configuration file itself holds secrets.
    var holdsSecrets: Bool {
        switch secrets {
        case .keys: true
        case .file, .variable, nil: false
        }
    }

    /// The webhook with its secrets. Nothing of them is ever in an error.
    func spec(_ environment: [String: String]) throws(CommandError) -> WebhookSpec {
        guard let source, let secrets else { preconditionFailure("a webhook without secrets was let pass") }
        let keys: [WebhookKey]?
        switch secrets {
        case .keys(let given): keys = given
        case .file(let path): keys = Self.keys(Self.words(try Self.read(path, source)))
        case .variable(let name):
            guard let text = environment[name], !text.isEmpty else {
                throw source.fault("names \(name), which is not set")
            }
            keys = Self.keys(Self.words(text))
        }
        guard let keys else { throw source.fault("must name \(Self.keysWanted), with spaces or lines between them") }
        return WebhookSpec(kind: kind, url: url, keys: keys, timeout: timeout)
    }

    private static func read(_ path: String, _ source: KindEntry) throws(CommandError) -> String {
        do throws(SmallFile.Failure) {
            return String(decoding: try SmallFile.read(path).bytes, as: UTF8.self)
        } catch {
            throw source.fault("names \(path), which \(error.words)")
        }
    }

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
