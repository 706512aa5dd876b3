import Dispatch
import TestSupport
import Testing
import TuskPostgres

@Suite struct NotificationTests {
    private func notify(_ channel: String, _ payload: String, from session: Session) throws(PostgresError) {
        var parameters = Parameters()
        parameters.text(channel)
        parameters.text(payload)
        _ = try session.run(Statement(name: "notify", text: "select pg_notify($1, $2)"), parameters)
    }

    @Test(arguments: ["tusk", "Strange \"channel'"])
    func `a notification arrives with its payload and sender`(channel: String) async throws {
        try await withDatabase { database in
            let (listener, sender) = (try database.session(), try database.session())
            try listener.listen(channel)
            try notify(channel, "one", from: sender)
            try notify(channel, "", from: sender)
            let first = try #require(try listener.waitForNotification(until: .after(.seconds(5))))
            #expect(first.channel == channel)
            #expect(first.payload == "one")
            #expect(first.senderPID == sender.backendPID)
            #expect(try listener.waitForNotification(until: .after(.seconds(5)))?.payload == "")
        }
    }

    @Test func `what arrives during another call is not lost`() async throws {
        try await withDatabase { database in
            let listener = try database.session()
            try listener.listen("tusk")
            try notify("tusk", "own", from: listener)
            #expect(try listener.number("select 1::int8") == 1)
            #expect(try listener.waitForNotification(until: .after(.zero))?.payload == "own")
        }
    }

    @Test func `waiting ends with the deadline`() async throws {
        try await withDatabase { database in
            let listener = try database.session()
            try listener.listen("tusk")
            let start = ContinuousClock.now
            #expect(try listener.waitForNotification(until: .after(.milliseconds(200))) == nil)
            #expect(start.duration(to: .now) >= .milliseconds(200))
            #expect(listener.isUsable)
        }
    }

    @Test func `another thread can end the wait`() async throws {
        try await withDatabase { database in
            let listener = try database.session()
            try listener.listen("tusk")
            let wake = try Wake()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { wake.signal() }
            let start = ContinuousClock.now
            #expect(try listener.waitForNotification(until: .after(.seconds(5)), wake: wake) == nil)
            #expect(start.duration(to: .now) < .seconds(4))
            wake.signal()
            wake.signal()
            #expect(try listener.waitForNotification(until: .after(.seconds(5)), wake: wake) == nil)
            #expect(start.duration(to: .now) < .seconds(4))
            #expect(try listener.waitForNotification(until: .after(.milliseconds(20)), wake: wake) == nil)
        }
    }

    @Test func `the end of the connection ends the wait with an error`() async throws {
        try await withDatabase { database in
            let (listener, killer) = (try database.session(), try database.session())
            try listener.listen("tusk")
            try killer.kill(listener)
            let error = #expect(throws: PostgresError.self) {
                try listener.waitForNotification(until: .after(.seconds(5)))
            }
            #expect(error?.isTransient == true)
            #expect(!listener.isUsable)
        }
    }

    @Test func `listening proves itself, and keeps what others sent meanwhile`() async throws {
        try await withDatabase { database in
            let (listener, sender) = (try database.session(), try database.session())
            try listener.listen("tusk")
            try notify("tusk", "early", from: sender)
            #expect(try listener.provesNotifications("tusk"))
            #expect(try listener.waitForNotification(until: .after(.zero))?.payload == "early")
        }
    }

    @Test func `listening that does not work is found out`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let start = ContinuousClock.now
            #expect(try !session.provesNotifications("tusk", within: .milliseconds(300)))
            #expect(start.duration(to: .now) < .seconds(2))
        }
    }
}
