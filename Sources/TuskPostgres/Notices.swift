import CLibPQ
import Synchronization

/// A message of the server that is not an error.
package struct Notice: Sendable, Equatable {
    /// `WARNING`, `NOTICE`, `INFO`, `LOG` or `DEBUG`, never translated.
    package let severity: String
    /// Five characters.
    package let sqlState: String
    /// The primary message.
    package let message: String
}

/// The last notices of a session, instead of libpq's printing them.
///
/// libpq calls back on the thread that reads from the connection; a session is used by one thread at a time, and the
/// `Mutex` is for the compiler more than for them.
@safe final class NoticeLog: Sendable {
    /// How many notices are kept; older ones are forgotten.
    static let countMax = 32
    /// How many bytes of each message are kept.
    static let messageBytesMax = 1024

    private struct State {
        var notices: [Notice] = []
        var hasFatal = false
    }

    private let state = Mutex(State())

    /// Whether the server has announced the end of the session while it was idle.
    var hasFatal: Bool { state.withLock { $0.hasFatal } }

    /// The notices since the last call, oldest first.
    func take() -> [Notice] {
        state.withLock { state in
            defer { state.notices = [] }
            return state.notices
        }
    }

    /// Makes libpq report to `self`, which must outlive the connection.
    func attach(to connection: OpaquePointer) {
        _ = unsafe PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context = unsafe context, let result = unsafe result else { return }
                unsafe Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().add(result)
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    /// libpq clears `result` itself. Source: PostgreSQL 15 manual, 34.13 "Notice Processing".
    private func add(_ result: OpaquePointer) {
        let error = unsafe ServerError(result: result, statement: nil)
        let message = String(decoding: error.message.utf8.prefix(Self.messageBytesMax), as: UTF8.self)
        let notice = Notice(severity: error.severity, sqlState: error.sqlState, message: message)
        state.withLock { state in
            state.hasFatal = state.hasFatal || error.endsSession
            if state.notices.count == Self.countMax { state.notices.removeFirst() }
            state.notices.append(notice)
        }
    }
}

extension ServerError {
    /// Reads the fields of a result that is an error or a notice.
    ///
    /// Source: PostgreSQL 15 manual, 34.3.1, `PQresultErrorField`.
    init(result: OpaquePointer, statement: String?) {
        func field(_ code: Unicode.Scalar) -> String? {
            unsafe PQresultErrorField(result, Int32(code.value)).map { unsafe String(cString: $0) }
        }
        self.init(
            severity: field("V") ?? field("S") ?? "ERROR",
            sqlState: field("C") ?? "",
            message: unsafe field("M") ?? String(cString: PQresultErrorMessage(result)),
            detail: field("D"),
            hint: field("H"),
            context: field("W"),
            schema: field("s"),
            table: field("t"),
            column: field("c"),
            constraint: field("n"),
            statement: statement
        )
    }
}
