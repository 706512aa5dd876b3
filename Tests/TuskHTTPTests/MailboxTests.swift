import Testing

@testable import TuskHTTP

struct MailboxTests {
    private static func exchange(_ mailbox: Mailbox) -> Exchange {
        let limits = Exchange.StreamLimits(waitingBytesMax: 1024, unreadBytesMax: 1024, writeTimeout: .seconds(1))
        return Exchange(connection: 0, mailbox: mailbox, limits: limits)
    }

    @Test func `many answers wake a sleeping loop once`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchanges = (0..<100).map { _ in Self.exchange(mailbox) }
        for exchange in exchanges { exchange.endHandling() }
        #expect(mailbox.fallAsleep())
        Exchange.give(exchanges.map { ($0, .text("x")) })
        #expect(mailbox.wakeCount == 1)
        #expect(mailbox.collect().exchanges.count == 100)
    }

    @Test func `a loop that works is not woken, and does not fall asleep over mail`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchange = Self.exchange(mailbox)
        exchange.endHandling()
        #expect(exchange.give(.response(.text("x"))))
        #expect(mailbox.wakeCount == 0)
        #expect(!mailbox.fallAsleep())
        #expect(mailbox.collect().exchanges.count == 1)
        #expect(mailbox.fallAsleep())
    }

    @Test func `an answer given by the handler itself costs no message`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchange = Self.exchange(mailbox)
        #expect(mailbox.fallAsleep())
        #expect(exchange.give(.response(.text("x"))))
        #expect(!exchange.give(.response(.text("y"))))
        exchange.endHandling()
        #expect(mailbox.wakeCount == 0)
        #expect(exchange.take(takesBytes: true).answer != nil)
    }

    @Test(arguments: [Mailbox.Order.drain, .stop])
    func `an order keeps the loop awake until it is collected`(order: Mailbox.Order) throws {
        let mailbox = Mailbox(waker: try Waker())
        mailbox.post(order)
        #expect(!mailbox.fallAsleep())
        #expect(mailbox.collect().order == order)
        #expect(mailbox.fallAsleep())
    }

    @Test func `an order is never taken back by a softer one`() throws {
        let mailbox = Mailbox(waker: try Waker())
        mailbox.post(.stop)
        mailbox.post(.drain)
        #expect(mailbox.collect().order == .stop)
    }
}
