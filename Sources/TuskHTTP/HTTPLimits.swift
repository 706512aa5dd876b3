/// Every bound the server keeps, by name and unit.
///
/// Nothing a client does makes the server hold more than these, or wait longer.
package struct HTTPLimits: Sendable {
    // Size of a request

    /// Longest request line in bytes, without its line end; beyond it the answer is 414. Defaults to 8 KiB.
    package var requestLineBytesMax = 8 * 1024
    /// Longest header block in bytes, line ends included; beyond it the answer is 431. Defaults to 32 KiB.
    package var headerBytesMax = 32 * 1024
    /// Most header fields of a request; beyond it the answer is 431. Defaults to 100.
    package var headerFieldsMax = 100
    /// Most parameters of a query; beyond it the answer is 400. Defaults to 64.
    package var queryParametersMax = 64
    /// Longest extension of one chunk in bytes; beyond it the answer is 400. Defaults to 256.
    package var chunkExtensionBytesMax = 256
    /// Framing a chunked body may carry beyond what its data excuses, in bytes. Defaults to 16 KiB.
    package var chunkOverheadBytesMax = 16 * 1024
    /// Longest trailer section in bytes; beyond it the answer is 431. Defaults to 8 KiB.
    package var trailerBytesMax = 8 * 1024

    // Memory of a connection

    /// Bytes of pipelined requests kept while one is answered; then the socket is not read. Defaults to 64 KiB.
    package var pipelineBytesMax = 64 * 1024
    /// Bytes of a streamed body its reader may leave unread before the socket is not read. Defaults to 256 KiB.
    package var unreadBytesMax = 256 * 1024
    /// Bytes of a streamed answer the client may leave unsent before its writer waits. Defaults to 256 KiB.
    package var unsentBytesMax = 256 * 1024

    // Memory of the server

    /// Bytes of buffered bodies that the server and its handlers hold together, whoever sent them; a body beyond it is
    /// answered 503 and its connection ends. Defaults to 256 MiB.
    package var bufferedBodyBytesMax = 256 * 1024 * 1024

    // Connections

    /// Most connections at once; one more is answered 503 and closed. Defaults to 10,000.
    package var connectionsMax = 10_000
    /// Most connections of one address (of one /64 network for IPv6). Defaults to 5,000.
    package var connectionsPerAddressMax = 5_000
    /// How long accepting rests when the process is out of descriptors. Defaults to 100 ms.
    package var acceptPause = Duration.milliseconds(100)

    // Deadlines; each is absolute, no byte pushes it away

    /// From the first byte of a request (for the first request: from the connection) to the end of its header block;
    /// then the answer is 408. Defaults to 10 s.
    package var headerTimeout = Duration.seconds(10)
    /// From the header block to the end of the body, extended by what `bodyBytesPerSecondMin` excuses; then the
    /// answer is 408. Time in which the reader of a streamed body is the slow one does not count. Defaults to 30 s.
    package var bodyTimeout = Duration.seconds(30)
    /// The slowest body that is not cut off, in bytes a second, once `bodyTimeout` is used up. Defaults to 1 KiB/s.
    package var bodyBytesPerSecondMin = 1024
    /// From bytes that the client does not take to the end of the connection, extended by what
    /// `writeBytesPerSecondMin` excuses. Defaults to 30 s.
    package var writeTimeout = Duration.seconds(30)
    /// The slowest reader that is not cut off, in bytes a second, once `writeTimeout` is used up. Defaults to 1 KiB/s.
    package var writeBytesPerSecondMin = 1024
    /// How long a connection without a request is kept open. Defaults to 75 s.
    package var idleTimeout = Duration.seconds(75)
    /// How long a closing connection is still read, so that the last answer is not lost to a reset. Defaults to 2 s.
    package var lingerTimeout = Duration.seconds(2)
    /// How many bytes a closing connection may still send. Defaults to 4 MiB.
    package var lingerBytesMax = 4 * 1024 * 1024

    /// The defaults.
    package init() {}
}

extension Duration {
    /// The same span in whole nanoseconds; a span beyond 292 years becomes the largest that fits.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !isTooLong else { return seconds < 0 ? .min : .max }
        let (sum, isOver) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isOver ? (seconds < 0 ? .min : .max) : sum
    }
}
