import Testing

@testable import TuskTasks

@Suite struct NetworkGuardTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "fec0::1", "ff02::1", "4000::1",
    ])
    func `addresses that are not public are refused`(text: String) throws {
        #expect(try !NetworkGuard(allowing: []).allows(#require(NetworkAddress(text))))
    }

    @Test(arguments: [
        "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
        "172.32.0.0", "169.253.255.255", "169.255.0.0", "192.167.255.255", "223.255.255.255", "::ffff:8.8.8.8",
        "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888",
    ])
    func `public addresses are allowed`(text: String) throws {
        #expect(try NetworkGuard(allowing: []).allows(#require(NetworkAddress(text))))
    }

    @Test(arguments: [
        ("10.1.2.0/24", "10.1.2.255", true), ("10.1.2.0/24", "10.1.3.0", false), ("10.0.0.0/9", "10.127.0.1", true),
        ("10.0.0.0/9", "10.128.0.1", false), ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false),
        ("127.0.0.1", "::ffff:127.0.0.1", true), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fc00::1", false),
        ("fd00::/8", "10.0.0.1", false), ("0.0.0.0/0", "192.168.0.1", true), ("0.0.0.0/0", "::1", false),
    ])
    func `a network that is allowed has just its addresses`(network: String, address: String, isIn: Bool) throws {
        let guardian = NetworkGuard(allowing: [try #require(Network(network))])
        #expect(guardian.allows(try #require(NetworkAddress(address))) == isIn)
    }

    @Test(arguments: ["", "10", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "::/129", "a", "1.2.3.4 /8"])
    func `what is no network is refused`(text: String) {
        #expect(Network(text) == nil)
    }
}
