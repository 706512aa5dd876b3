import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct ReportTests {
        @Test func `progress and log lines are stored while the handler runs`() async throws {
            let gate = Gate()
            try await withWorker(register: { worker in
                worker.register("talk") { context in
                    for step in 1...50 { context.progress(Double(step) / 100, "step \(step)") }
                    context.log(.info, "half-way")
                    context.log(.warning, "odd row\u{0}")
                    gate.pass()
                    context.log(.error, "last words")
                }
            }) { bench in
                let id = try bench.enqueue(.test("talk"))[0]
                try await eventually { try bench.job(id)?.progressFraction == 0.5 }
                #expect(try bench.job(id)?.progressMessage == "step 50")
                try await eventually { try bench.lines(id).count == 2 }
                gate.open()
                try await bench.wait(for: id, to: .completed)
                let lines = try bench.lines(id)
                #expect(lines.map(\.message) == ["half-way", "odd row ", "last words"])
                #expect(lines.map(\.level) == [6, 4, 3])
                #expect(lines.map(\.line) == [1, 2, 3])
            }
        }

        @Test func `a handler that says its last words and returns is heard`() async throws {
            try await withWorker(
                .test { $0.concurrency = 32 },
                register: { worker in
                    worker.register("talk") { context in
                        context.log("done")
                        context.progress(1)
                    }
                }
            ) { bench in
                let ids = try bench.enqueue(count: 500, kind: "talk")
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(try bench.count("job_log") == 500)
                #expect(try bench.count("progress", where: "fraction = 1") == 500)
                #expect(try bench.lines(ids[0]).map(\.message) == ["done"])
            }
        }

        @Test func `what a handler says after its lease is gone is refused`() async throws {
            let gate = Gate()
            try await withWorker(register: { worker in
                worker.register("talk") { context in
                    gate.pass()
                    context.progress(0.9)
                    context.log("too late")
                    Pausing.block(300)
                }
            }) { bench in
                let id = try bench.enqueue(.test("talk"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                // Behind the worker's back: its heartbeat notices nothing.
                try bench.database.script("delete from tusk.lease")
                gate.open()
                try await eventually { bench.events.leasesLost == [id] }
                #expect(try bench.count("job_log") == 0)
                #expect(try bench.count("progress") == 0)
                #expect(try bench.count("outcome") == 0)
            }
        }

        @Test func `a handler that says much at the end is heard to the last line`() async throws {
            try await withWorker(register: { worker in
                worker.register("chatter") { context in
                    for number in 1...6000 { context.log("line \(number)") }
                }
            }) { bench in
                let id = try bench.enqueue(.test("chatter"))[0]
                try await bench.wait(for: id, to: .completed)
                #expect(try bench.count("job_log") == 6000)
            }
        }

        @Test func `lines are stored once, also when the progress beside them fails at first`() async throws {
            let gate = Gate()
            try await withWorker(register: { worker in
                worker.register("talk") { context in
                    context.log("once")
                    context.progress(0.5)
                    gate.pass()
                }
            }) { bench in
                try bench.database.script(
                    """
                    create sequence public.tries;
                    create function public.fail_first() returns trigger language plpgsql as $$
                    begin
                        if nextval('public.tries') = 1 then raise exception 'later' using errcode = '40001'; end if;
                        return new;
                    end $$;
                    create trigger fail_first before insert on tusk.progress
                    for each row execute function public.fail_first()
                    """
                )
                let id = try bench.enqueue(.test("talk"))[0]
                try await eventually { try bench.job(id)?.progressFraction == 0.5 }
                gate.open()
                try await bench.wait(for: id, to: .completed)
                #expect(try bench.lines(id).map(\.message) == ["once"])
            }
        }

        @Test func `an attempt keeps 10,000 lines and says that there were more`() async throws {
            try await withWorker(register: { worker in
                worker.register("chatter") { context in
                    for number in 1...10_050 {
                        context.log("line \(number)")
                        if number % 1000 == 0 { Pausing.block(150) }
                    }
                }
            }) { bench in
                let id = try bench.enqueue(.test("chatter"))[0]
                try await bench.wait(for: id, to: .completed, within: .seconds(20))
                #expect(try bench.count("job_log") == 10_000)
                let last = try bench.database.texts("select message from tusk.job_log where line = 10000")
                #expect(last == ["further lines of this attempt are not kept"])
            }
        }
    }
}

extension WorkerBench {
    /// Lines that the job's handler logged.
    func lines(_ id: JobID) throws -> [JobLogRecord] {
        try store.withSession { session throws(StoreError) in
            try session.logLines(of: id, afterLease: 0, line: 0)
        }
    }
}
