import Testing

@testable import TuskHTTP

struct SocketAddressTests {
    @Test(arguments: [
        "127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "[::]:80", "[2001:db8::1]:443", "[::ffff:1.2.3.4]:1",
    ])
    func `an address is read and written alike`(text: String) throws {
        #expect(try #require(SocketAddress(text)).text == text)
    }

    @Test(arguments: [
        "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:8080 ",
        "localhost:1",
        "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "127.1:80", "[::1%lo]:80", "127.0.0.1:１",
    ])
    func `anything else is no address`(text: String) { #expect(SocketAddress(text) == nil) }

    @Test(arguments: [
        ("127.0.0.1:1", "127.9.9.9:2", true, false),
        ("10.0.0.1:1", "10.0.0.1:2", false, true),
        ("[::1]:1", "[::1]:2", true, true),
        ("[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:1", false, true),
        ("[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false, false),
    ])
    func `limits see one origin per address or IPv6 network`(
        left: String,
        right: String,
        isLoopback: Bool,
        isSame: Bool
    ) throws {
        let one = PeerAddress(try #require(SocketAddress(left)))
        let other = PeerAddress(try #require(SocketAddress(right)))
        #expect(one.isLoopback == isLoopback)
        #expect((one.origin == other.origin) == isSame)
    }
}
