import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore
import TuskTelemetry

private struct Broken: Error {}

private struct Walk: JobHandler {
    struct Args: Codable, Sendable {}

    static let kind: Kind = "walk"

    func perform(_ args: Args, _ context: JobContext) async throws {}
}

extension WorkerTests {
    /// Trace contexts on their way from an enqueue to a handler, and the spans of attempts.
    @Suite struct TraceTests {
        private static let trace = "0af7651916cd43dd8448eb211c80319c"
        private static let traceparent = "00-\(trace)-b7ad6b7169203331-01"

        /// Runs jobs that note what they were given, with who takes spans.
        private func run(
            _ tracer: Tracer?,
            registry: MetricsRegistry = MetricsRegistry(),
            _ enqueue: @Sendable (TestDatabase) async throws -> Void,
            until isDone: @Sendable ([String]) throws -> Bool
        ) async throws -> [String] {
            let seen = Box<[String]>([])
            try await withDatabase(.migrated) { database in
                let worker = try Worker(.test, store: database.store(), metrics: registry, tracer: tracer)
                worker.register("walk") { context in
                    seen.change { $0.append(context.traceparent ?? "none") }
                    if context.attempt == 1, context.rawArgs.text.contains("fail") { throw Broken() }
                }
                worker.start()
                try await enqueue(database)
                try await eventually { try isDone(seen.value) }
                try await eventually { try database.number("select count(*) from tusk.lease") == 0 }
                await worker.stop()
            }
            return seen.value
        }

        @Test func `a trace context reaches the handler from Swift, from SQL and from a request`() async throws {
            let seen = try await run(
                nil,
                { database in
                    let client = Client(store: database.store())
                    defer { client.close() }
                    var options = EnqueueOptions()
                    options.traceparent = Self.traceparent
                    try await client.enqueue(Walk.self, Walk.Args(), options)
                    try database.script("select tusk.enqueue('walk', traceparent => '\(Self.traceparent)')")
                    let document = #"{"kind":"walk","traceparent":"\#(Self.traceparent)"}"#
                    let json = try JSONDocument(validating: Array(document.utf8), limits: .body).root
                    let session = try database.storeSession()
                    defer { session.close() }
                    _ = try session.enqueue([NewJob(json: json), .test("walk")])
                },
                until: { $0.count == 4 }
            )
            #expect(seen.sorted() == [Self.traceparent, Self.traceparent, Self.traceparent, "none"].sorted())
        }

        @Test func `while spans are taken the handler passes its own span on, one for each attempt`() async throws {
            let registry = MetricsRegistry()
            let sent = Box("")
            let tracer = Tracer(.init(service: "s", version: "1"), registry: registry, delay: .zero) { bytes in
                sent.change { $0 += String(decoding: bytes, as: UTF8.self) }
                return true
            }
            let seen = try await run(
                tracer,
                registry: registry,
                { database in
                    let retry = #"{"policy":"fixed","delay_seconds":0}"#
                    try database.script(
                        """
                        select tusk.enqueue(
                            'walk', '{"a": "fail"}', traceparent => '\(Self.traceparent)', retry => '\(retry)'
                        )
                        """
                    )
                    let session = try database.storeSession()
                    defer { session.close() }
                    try await eventually {
                        _ = try session.promote()
                        return try database.number("select count(*) from tusk.outcome") == 1
                    }
                },
                until: { $0.count == 2 }
            )
            tracer.stop(within: .seconds(5))
            let contexts = seen.compactMap { TraceContext(traceparent: $0) }
            #expect(Set(contexts.map(\.spanID)).count == 2 && seen.allSatisfy { $0.contains(Self.trace) })
            for context in contexts {
                #expect(sent.value.contains(#""spanId":"\#(context.spanIDText)","parentSpanId":"#))
            }
            #expect(sent.value.ranges(of: #""links":[{"traceId":"\#(Self.trace)""#).count == 2)
            #expect(sent.value.contains(#""stringValue":"retry""#) && sent.value.contains(#""status":{"code":2"#))
        }
    }
}
