import TuskCore
import TuskTasks

/// The sections `[webhooks.KIND]` of a configuration file, each a receiver that the jobs of a kind are sent to.
struct WebhookSections {
    private var found: [Kind: WebhookEntry] = [:]
    /// Where a section begins, by kind.
    private(set) var lines: [Kind: Int] = [:]

    /// How the names of its sections begin.
    static let word = "webhooks"
    private static let fields = ["url", "secrets", "secrets_file", "secrets_variable", "timeout"]

    /// Takes an entry of one of them.
    mutating func take(_ entry: KindEntry) throws(CommandError) {
        var webhook = found[entry.kind] ?? WebhookEntry(kind: entry.kind)
        switch entry.field {
        case "url":
            guard case .string(let url) = entry.value else { throw entry.fault("must be a URL in quotes") }
            // It may hold a secret, and is not shown.
            if let fault = HTTPURL.fault(of: url) { throw entry.fault(fault) }
            webhook.url = url
        case "secrets": try webhook.name(.keys(keys(entry)), entry)
        case "secrets_file":
            let file = try entry.text("must be an absolute path in quotes") { $0.hasPrefix("/") }
            try webhook.name(.file(file), entry)
        case "secrets_variable":
            let words = "must be the name of an environment variable in quotes, and must not begin with TUSK_"
            let variable = try entry.text(words) { !$0.isEmpty && !$0.contains("=") && !$0.hasPrefix("TUSK_") }
            try webhook.name(.variable(variable), entry)
        case "timeout": webhook.timeout = try entry.time()
        default:
            throw entry.fault("is no setting of a webhook; there are \(Self.fields.joined(separator: ", "))")
        }
        found[entry.kind] = webhook
        lines[entry.kind] = min(lines[entry.kind] ?? entry.line, entry.line)
        try entry.checkCount(found.count, "webhook")
    }

    /// The webhooks of a file, by kind.
    func webhooks(in path: String) throws(CommandError) -> [WebhookEntry] {
        let webhooks = found.values.sorted { $0.kind < $1.kind }
        for webhook in webhooks {
            let section = "[\(Self.word).\(webhook.kind)]"
            let line = lines[webhook.kind] ?? 0
            guard !webhook.url.isEmpty else { throw KindEntry.fault(path, line, "\(section) has no url") }
            guard webhook.secrets != nil else {
                throw KindEntry.fault(path, line, "\(section) has no secrets, secrets_file or secrets_variable")
            }
        }
        return webhooks
    }

    private func keys(_ entry: KindEntry) throws(CommandError) -> [WebhookKey] {
        guard case .strings(let texts) = entry.value, let keys = WebhookEntry.keys(texts) else {
            throw entry.fault("must be an array of \(WebhookEntry.keysWanted)")
        }
        return keys
    }
}
