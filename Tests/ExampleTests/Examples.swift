import Tusk

// The blocks of Swift of the README and of Handlers.md, as they stand there.

struct SendEmail: JobHandler {
    struct Args: Codable, Sendable { var to: String }
    static let kind: Kind = "send_email"

    func perform(_ args: Args, _ context: JobContext) async throws {
        context.log("to \(args.to), attempt \(context.attempt)")
        guard args.to.contains("@") else { throw JobDirective.discard(reason: "not an address") }
        context.progress(0.5, "half way")
    }
}

struct Order: JobHandler {
    struct Args: Codable, Sendable { var cents: Int }
    static let kind: Kind = "order"
    let bank: Bank

    func perform(_ args: Args, _ context: JobContext) async throws {
        let receipt = try await context.step("charge") {
            try await bank.charge(args.cents, key: "\(context.id):charge")
        }
        try await context.step("mail") { try await bank.mail(receipt) }
    }
}

struct Timing: JobMiddleware {
    func around(_ context: JobContext, _ next: () async throws -> Void) async throws {
        let start = ContinuousClock.now
        defer { context.log(.debug, "took \(start.duration(to: .now))") }
        try await next()
    }
}

enum Tenant {
    @TaskLocal static var current: String?
}

struct TenantOfTags: JobMiddleware {
    func around(_ context: JobContext, _ next: () async throws -> Void) async throws {
        guard let tag = context.tags.first(where: { $0.hasPrefix("tenant:") }) else {
            throw JobDirective.discard(reason: "no tenant")
        }
        try await Tenant.$current.withValue(tag) { try await next() }
    }
}

/// Starts the worker of the README.
func startWorker(_ url: String) throws -> Worker {
    let worker = try Worker(WorkerConfiguration(queues: ["default"], concurrency: 16), connecting: url)
    worker.register(SendEmail())
    worker.start()  // and worker.stop() when the process is told to end
    return worker
}
