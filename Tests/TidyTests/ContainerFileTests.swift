import Foundation
import Testing

/// `deploy/docker`, `deploy/compose`, `deploy/kubernetes` and `deploy/nginx`, judged by what can judge them without a
/// container engine and a cluster.
struct ContainerFileTests {
    private static let manifests = [
        "api", "config", "keda-api", "keda", "migrate", "namespace", "network-policy", "scheduler", "worker",
    ].map { "deploy/kubernetes/\($0).yaml" }
    /// How long a process may take to end: the default of --drain-timeout, and 2 seconds.
    private static let endSeconds = 27

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
    }

    /// A changed copy of a file, for what must be refused.
    private func withCopy<R>(_ path: String, _ change: (String) -> String, _ body: (String) throws -> R) throws -> R {
        let name = path.split(separator: "/").last ?? ""
        let copy = FileManager.default.temporaryDirectory.appending(path: "tusk-\(UUID())-\(name)")
        let before = try text(path)
        let after = change(before)
        #expect(after != before)
        try after.write(to: copy, atomically: true, encoding: .utf8)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: copy) } }
        return try body(copy.path)
    }

    // The image

    @Test func `hadolint has nothing to say about the Dockerfile`() throws {
        let verdict = try Tool.run("hadolint", ["deploy/docker/Dockerfile"])
        #expect(verdict.status == 0 && verdict.output.isEmpty, "\(verdict.output)")
        let worse = try withCopy("deploy/docker/Dockerfile", { $0.replacing("USER 10001", with: "USER root") }) {
            try Tool.run("hadolint", [$0])
        }
        #expect(worse.status != 0)
    }

    /// Swift's own libraries are linked into the binary of the image.
    @Test func `the image has the libraries that the program is linked against`() throws {
        let program = try #require(Self.program)
        let needed = Pattern(#"Shared library: \[(lib[^\]]+)\]"#)
            .matches(in: try Tool.run("readelf", ["--dynamic", program]).output).map(\.text)
        let ours = ["libpq.so.5", "libcrypto.so.3", "libzstd.so.1", "libcurl.so.4", "libz.so.1"]
        let swifts = Pattern("^lib(swift|Foundation|dispatch|BlocksRuntime|_Foundation|c\\.so|m\\.so)")
        #expect(needed.filter { !swifts.isFound(in: $0) }.sorted() == ours.sorted())
        let image = try #require(text("deploy/docker/Dockerfile").components(separatedBy: "\nFROM ").last)
        for package in ["libpq5", "libssl3", "libzstd1", "libcurl4", "zlib1g", "libstdc++6", "ca-certificates"] {
            #expect(image.contains(package), "\(package)")
        }
    }

    private static var program: String? {
        let place = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let program = URL(filePath: place).deletingLastPathComponent().appending(path: "tusk").path
        return FileManager.default.fileExists(atPath: program) ? program : nil
    }

    @Test func `the image is built from all that the package is made of`() throws {
        let dockerfile = try text("deploy/docker/Dockerfile")
        for folder in ["Package.swift", "Sources", "Tests", "sql"] {
            #expect(dockerfile.contains("COPY \(folder) "), "\(folder)")
        }
        let oldest = try #require(Pattern(#"swift-tools-version: (\S+)"#).matches(in: text("Package.swift")).first)
        let used = try #require(Pattern(#"^FROM swift:(\S+)-bookworm"#).matches(in: dockerfile).first)
        #expect(oldest.text.compare(used.text, options: .numeric) != .orderedDescending)
        let ignored = try text(".dockerignore").split(separator: "\n")
        #expect(ignored.contains(".build") && !ignored.contains("Tests"))
    }

    // Compose

    @Test func `the compose file follows the specification`() throws {
        let schema = ["--builtin-schema", "vendor.compose-spec"]
        let verdict = try Tool.run("check-jsonschema", schema + ["deploy/compose/compose.yaml"])
        #expect(verdict.status == 0, "\(verdict.output)")
        let change = { (text: String) in text.replacing("stop_grace_period: 40s", with: "stop_graceperiod: 40s") }
        let worse = try withCopy("deploy/compose/compose.yaml", change) {
            try Tool.run("check-jsonschema", schema + [$0])
        }
        #expect(worse.status == 1, "\(worse.output)")
    }

    @Test func `containers are given the time that their drain takes`() throws {
        let grace = try #require(
            Pattern(#"^  stop_grace_period: (\d+)s"#).matches(in: text("deploy/compose/compose.yaml")).first
        )
        #expect(try #require(Int(grace.text)) > Self.endSeconds)
        for name in ["api", "worker", "scheduler"] {
            let manifest = try text("deploy/kubernetes/\(name).yaml")
            let grace = try #require(Pattern(#"terminationGracePeriodSeconds: (\d+)"#).matches(in: manifest).first)
            #expect(try #require(Int(grace.text)) > Self.endSeconds, "\(name)")
        }
    }

    // Kubernetes

    @Test func `every manifest is tested`() throws {
        let files = Repository.files.map(\.path).filter { $0.hasPrefix("deploy/kubernetes/") }
        #expect(files.sorted() == Self.manifests.sorted())
    }

    @Test func `Kubernetes takes every manifest`() throws {
        let verdict = try Tool.run("kubernetes-validate", ["--strict"] + Self.manifests)
        #expect(verdict.status == 0, "\(verdict.output)")
        let kinds = try Self.manifests.map { Pattern(#"^kind: "#).matches(in: try text($0)).count }.reduce(0, +)
        let own = Pattern("Couldn't find schema for kind (?:TriggerAuthentication|ScaledObject) ")
        let passed = verdict.output.components(separatedBy: " passed for resource ").count - 1
        #expect(passed + own.matches(in: verdict.output).count == kinds, "\(verdict.output)")
        let change = { (text: String) in text.replacing("maxSurge: 1}", with: "maxSurges: 1}") }
        let worse = try withCopy("deploy/kubernetes/worker.yaml", change) {
            try Tool.run("kubernetes-validate", ["--strict", $0])
        }
        #expect(worse.status == 1, "\(worse.output)")
    }

    /// The namespace enforces the standard `restricted`, which refuses pods without these.
    @Test(arguments: ["api", "worker", "scheduler", "migrate"])
    func `pods meet the strictest standard`(name: String) throws {
        let manifest = try text("deploy/kubernetes/\(name).yaml")
        for setting in [
            "runAsNonRoot: true", "seccompProfile: {type: RuntimeDefault}", "allowPrivilegeEscalation: false",
            "capabilities: {drop: [ALL]}", "readOnlyRootFilesystem: true", "automountServiceAccountToken: false",
        ] {
            #expect(manifest.contains(setting), "\(setting)")
        }
        // What pods refer to is there, under these names.
        let config = try text("deploy/kubernetes/config.yaml")
        for key in Pattern(#"secretKeyRef: \{name: tusk-database, key: (\w+)\}"#).matches(in: manifest).map(\.text) {
            #expect(Pattern("^  \(key): postgresql://").isFound(in: config), "\(key)")
        }
        let isUsed = manifest.contains("configMapRef: {name: tusk}")
        #expect(isUsed && config.contains("kind: ConfigMap\nmetadata:\n  name: tusk\n"))
    }

    /// The fields of KEDA's documentation.
    @Test(
        arguments: [
            ("keda", ["query", "targetQueryValue", "activationTargetQueryValue"]),
            ("keda-api", ["url", "valueLocation", "targetValue", "authMode"]),
        ] as [(String, [String])]
    )
    func `a trigger has the fields that KEDA knows`(name: String, fields: [String]) throws {
        let manifest = try text("deploy/kubernetes/\(name).yaml")
        #expect(Pattern(#"^        ([a-zA-Z]+): "#).matches(in: manifest).map(\.text) == fields)
        #expect(manifest.contains("scaleTargetRef: {name: tusk-worker}"))
        let worker = try text("deploy/kubernetes/worker.yaml")
        let slots = try #require(Pattern(#"TUSK_CONCURRENCY, value: "(\d+)""#).matches(in: worker).first)
        #expect(manifest.contains(": \"\(slots.text)\"\n"), "a pod for as many jobs as it has slots")
    }
}
