import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// `deploy/postgresql/roles.sql`: what each role can do, and what it cannot.
struct DeployRolesTests {
    @Test func `the three processes do all their work in their roles`() async throws {
        try await withRoles { roles in
            // What a scheduler has to make, and to drop, at its start.
            try roles.database.script(Self.partitions(owner: roles.name(.owner)))
            let fleet = try await RoleFleet(roles)
            try await fleet.runsWhatLimitsHoldBack()
            try await fleet.runsWhatIsScheduled()
            try await fleet.settlesOverHTTP()
            try await fleet.rescues()
            try await fleet.answersKEDA()
            try await fleet.changesWhatOperatorsChange()
            try await eventually(within: .seconds(20), "the partitions") {
                try roles.database.number(Self.partitionsAreRight(owner: roles.name(.owner))) == 1
            }
            try await fleet.endsWithoutComplaint()
        }
    }

    private static let newest = """
        (select max(class.relname) from pg_class as class where class.relname ~ '^outcome_[0-9]{8}$')
        """

    /// Takes the newest partition of outcomes away and adds one that is too old.
    private static func partitions(owner: String) -> String {
        """
        do $$ begin execute format('drop table tusk.%I', \(newest)); end $$;
        create table tusk.outcome_20200101 partition of tusk.outcome for values from ('2020-01-01') to ('2020-01-02');
        alter table tusk.outcome_20200101 owner to \(owner)
        """
    }

    private static func partitionsAreRight(owner: String) -> String {
        """
        select (to_regclass('tusk.outcome_20200101') is null and right(class.relname, 8)::date > current_date + 6
            and class.relowner = '\(owner)'::regrole)::int
        from pg_class as class where class.relname = \(newest)
        """
    }

    @Test func `a scheduler makes and drops partitions of jobs with the owner's rights`() async throws {
        try await withRoles { roles in
            try roles.database.script("select setval('tusk.rank', 50000000)")
            let scheduler = roles.acting(as: .scheduler)
            #expect(try scheduler.number("select tusk.make_job_partitions()") > 0)
            #expect(try scheduler.number("select tusk.drop_job_partitions()") == 1)
            let strangers = """
                select count(*) from pg_class as class
                where class.relnamespace = 'tusk'::regnamespace and class.relowner <> '\(roles.name(.owner))'::regrole
                """
            #expect(try roles.database.number(strangers) == 0)
        }
    }

    private static let refused: [(RoleDatabase.Role, String)] = [
        (.worker, "insert into tusk.job select from tusk.job"),
        (.worker, "select tusk.enqueue('a')"),
        (.worker, "update tusk.key_limit set key = key"),
        (.worker, "insert into tusk.schedule select from tusk.schedule"),
        (.worker, "update tusk.queue set name = name"),
        (.worker, "select key.name from tusk.api_key as key"),
        (.worker, "delete from tusk.outcome"),
        (.worker, "select tusk.make_day_partitions(1)"),
        (.worker, "create table tusk.mine ()"),
        (.worker, "select audit.actor from tusk.audit as audit"),
        (.api, "delete from tusk.audit"),
        (.api, "update tusk.audit set actor = actor"),
        (.api, "truncate tusk.audit"),
        (.api, "delete from tusk.migration"),
        (.api, "update tusk.setting set value = value"),
        (.api, "update tusk.leader set term = term"),
        (.api, "select tusk.drop_day_partitions()"),
        (.api, "drop table tusk.job"),
        (.api, "create table tusk.mine ()"),
        (.scheduler, "select key.name from tusk.api_key as key"),
        (.scheduler, "insert into tusk.api_key select from tusk.api_key"),
        (.scheduler, "update tusk.key_limit set key = key"),
        (.scheduler, "update tusk.audit set actor = actor"),
        (.scheduler, "insert into tusk.audit select from tusk.audit"),
        (.scheduler, "delete from tusk.migration"),
        (.scheduler, "select tusk.make_partition('job', 'mine', 'id', '1', '2')"),
        (.scheduler, "create table tusk.mine ()"),
        (.reader, "select key.name from tusk.api_key as key"),
        (.reader, "select worker.token_hash from tusk.worker as worker"),
        (.reader, "select audit.actor from tusk.audit as audit"),
        (.reader, "delete from tusk.ready"),
        (.reader, "select tusk.enqueue('a')"),
        (.reader, "select tusk.put_limit('a', 1)"),
        (.reader, "select nextval('tusk.rank')"),
        (.reader, "create table tusk.mine ()"),
    ]

    @Test func `a role may do nothing that it is not for`() async throws {
        try await withRoles { roles in
            for (role, text) in Self.refused {
                let error = #expect(throws: PostgresError.self, "\(role): \(text)") {
                    try roles.acting(as: role).script(text)
                }
                #expect(error?.sqlState == "42501", "\(role): \(text): \(String(describing: error))")
            }
        }
    }

    @Test func `a reader sees jobs, queues and workers, and what KEDA asks`() async throws {
        try await withRoles { roles in
            let reader = roles.acting(as: .reader)
            try roles.acting(as: .api).script("select tusk.enqueue('a'), tusk.enqueue('b', queue => 'other')")
            #expect(try reader.number("select count(*) from tusk.jobs") == 2)
            #expect(try reader.number("select count(*) from tusk.explain_queue('default')") > 0)
            #expect(try reader.number("select count(worker.host) from tusk.worker as worker") == 0)
            let query = try DeployFile.folded("query", in: "deploy/kubernetes/keda.yaml")
            #expect(try reader.number(query) == 1)
            let pause = "insert into tusk.queue (name, paused_at, paused_by) values ('default', now(), 'anna')"
            try roles.acting(as: .api).script(pause)
            #expect(try reader.number(query) == 0, "a paused queue needs no worker")
        }
    }
}
