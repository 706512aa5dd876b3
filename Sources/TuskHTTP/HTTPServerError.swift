/// Why a server did not start. The address is as it was configured.
package enum HTTPServerError: Error, Equatable, Sendable {
    /// Not written as `127.0.0.1:8080` or `[::1]:8080`.
    case badAddress(String)
    /// Another socket has the port.
    case addressInUse(String, errno: Int32)
    /// No interface of this machine has the address.
    case addressNotAvailable(String, errno: Int32)
    /// The process may not use the port.
    case permissionDenied(String, errno: Int32)
    /// Something else about listening failed.
    case listen(String, call: String, errno: Int32)
    /// The system refused what every server needs.
    case system(call: String, errno: Int32)
    /// `start` was called before, or `stop` was.
    case alreadyStarted
}
