import Foundation
import TestSupport
import Tusk

/// What jobs of the suite do, once for each way to run them: the same words mean the same everywhere.
///
/// ```
///   answer   gives back its number
///   tell     says that it is half done, logs two lines, and waits for the gate
///   fail     fails with "no luck" while the gate is shut
///   snooze   wants to run again in a second while the gate is shut
///   discard  wants to be discarded, with "no use"
///   wait     waits for the gate
/// ```
struct Work: JobHandler {
    struct Args: Codable, Sendable {
        var does: String
        var n: Int
        var gate: String
    }

    struct NoLuck: Error, CustomStringConvertible {
        let description = "no luck"
    }

    static let kind: Kind = "work"

    func perform(_ args: Args, _ context: JobContext) async throws {
        try Gate.reach(args.gate)
        switch args.does {
        case "tell":
            context.progress(0.5, "half")
            context.log("one")
            context.log("two")
            try Gate.wait(args.gate) { try context.checkCancelled() }
        case "fail": if Gate.isShut(args.gate) { throw NoLuck() }
        case "snooze": if Gate.isShut(args.gate) { throw JobDirective.snooze(for: .seconds(1)) }
        case "discard": throw JobDirective.discard(reason: "no use")
        case "wait": try Gate.wait(args.gate) { try context.checkCancelled() }
        default: break
        }
        try context.setResult(["n": args.n])
    }
}

extension Work {
    /// For bash.
    static let script = #"""
        read -r args
        [[ $args =~ \"gate\":\"([^\"]*)\" ]]; gate=${BASH_REMATCH[1]}
        [[ $args =~ \"does\":\"([^\"]*)\" ]]; does=${BASH_REMATCH[1]}
        [[ $args =~ \"n\":([0-9]+) ]]; n=${BASH_REMATCH[1]}
        is_shut() { [ ! -e "$gate" ]; }
        : > "$gate.begun"
        case $does in
        tell)
            echo '{"progress": 0.5, "message": "half"}'
            echo '{"log": "one"}'
            echo two
            while is_shut; do sleep 0.02; done;;
        fail) if is_shut; then echo "no luck" >&2; exit 1; fi;;
        snooze) if is_shut; then echo '{"snooze": 1}'; exit 75; fi;;
        discard) echo "no use" >&2; exit 65;;
        wait) while is_shut; do sleep 0.02; done;;
        esac
        echo "{\"result\": {\"n\":$n}}"
        """#

    /// For a server. Nobody can see from outside whether it has begun, so it holds a lock then.
    static let function = """
        create function public.work(input json) returns json language plpgsql as $$
        declare
            is_shut boolean := not exists (select from public.gate);
        begin
            perform pg_advisory_xact_lock_shared(\(lock));
            if input ->> 'does' = 'tell' then
                raise notice 'one';
                raise notice 'two';
            elsif input ->> 'does' = 'fail' and is_shut then
                raise exception 'no luck';
            elsif input ->> 'does' = 'snooze' and is_shut then
                raise exception 'not now' using errcode = 'TK010', detail = '1';
            elsif input ->> 'does' = 'discard' then
                raise exception 'no use' using errcode = 'TK011';
            end if;
            while input ->> 'does' in ('tell', 'wait') and not exists (select from public.gate) loop
                perform pg_sleep(0.01);
            end loop;
            return json_build_object('n', input -> 'n');
        end $$
        """

    private static let lock = 271_828

    /// Whether a function has begun and not ended.
    static func isFunctionRunning(_ database: TestDatabase) throws -> Bool {
        try database.number(
            """
            select count(*) from pg_locks as held
            where held.locktype = 'advisory' and held.objid = \(lock)
                and held.database = (select oid from pg_database where datname = current_database())
            """
        ) > 0
    }

    /// What a receiver answers to a request.
    @Sendable static func answer(_ request: String) -> String {
        struct Message: Codable { var args: Args }
        let body = Data(ReceivedRequest(text: request).body.utf8)
        guard let args = try? JSONDecoder().decode(Message.self, from: body).args,
            (try? Gate.reach(args.gate)) != nil
        else { return TuskTasksTests.answer("400 No") }
        switch args.does {
        case "tell", "wait": Gate.wait(args.gate) {}
        case "fail": if Gate.isShut(args.gate) { return TuskTasksTests.answer("500 No", "", "no luck") }
        case "snooze":
            if Gate.isShut(args.gate) { return TuskTasksTests.answer("503 No", "Retry-After: 1\r\n") }
        case "discard": return TuskTasksTests.answer("410 Gone", "", "no use")
        default: break
        }
        return TuskTasksTests.answer("200 OK", "Content-Type: application/json\r\n", "{\"n\":\(args.n)}")
    }

    /// For the worker of the examples: the folder it is in, and how patient it is at the end in seconds.
    static let python = """
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        sys.path.insert(0, sys.argv[1])
        import worker

        def work(job):
            does, gate = job.args["does"], job.args["gate"]
            open(gate + ".begun", "w").close()
            if does == "tell":
                job.progress(0.5, "half")
                job.log("one")
                job.log("two")
            if not os.path.exists(gate):
                if does == "fail":
                    raise RuntimeError("no luck")
                if does == "snooze":
                    raise worker.Snooze(1)
            if does == "discard":
                raise worker.Discard("no use")
            while does in ("tell", "wait") and not os.path.exists(gate):
                job.check(wait=0.02)
            return {"n": job.args["n"]}

        worker.HANDLERS["work"] = work
        worker.CLAIM |= {"wait_seconds": 1, "max_jobs": 1, "lease_seconds": 5}
        worker.PATIENCE_SECONDS = float(sys.argv[2])
        worker.main()
        """
}
