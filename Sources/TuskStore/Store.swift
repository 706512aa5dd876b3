import TuskCore
package import TuskPostgres

/// The way to the jobs in one database, for one process.
///
/// Sessions are lent from a pool for single calls; a loop that always needs one opens its own. All calls block the
/// calling thread, up to a deadline of their own.
package final class Store: Sendable {
    /// What sessions connect with.
    package let settings: ConnectionSettings
    private let pool: ConnectionPool

    /// Does not connect yet. `sessionsMax` bounds the pool, not the sessions opened apart. Defaults to 8. `keepsPlans`
    /// is for pools whose sessions run nothing but hot statements. Defaults to false.
    package init(_ settings: ConnectionSettings, sessionsMax: Int = 8, keepsPlans: Bool = false) {
        self.settings = settings
        var pooled = settings
        pooled.plan = keepsPlans ? .pinned : .free
        pooled.applicationName = "\(settings.applicationName)/pool"
        pool = ConnectionPool(pooled, sizeMax: sessionsMax)
    }

    /// The same from the text of a connection string, a `postgresql://` URI or `keyword=value` words; empty: libpq's
    /// environment. `behindPooler` makes every setting anew in each transaction, for PgBouncer in transaction mode.
    package convenience init(
        connecting text: String,
        applicationName: String,
        sessionsMax: Int = 8,
        keepsPlans: Bool = false,
        behindPooler: Bool = false
    ) throws(StoreError) {
        do throws(PostgresError) {
            let settings = ConnectionSettings(
                conninfo: try ConnectionString(text),
                applicationName: applicationName,
                settingsScope: behindPooler ? .transaction : .session
            )
            self.init(settings, sessionsMax: sessionsMax, keepsPlans: keepsPlans)
        } catch {
            throw StoreError(error)
        }
    }

    /// Lends a session for the time of `body`.
    package func withSession<Answer>(
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        let loan: Loan
        do throws(PostgresError) {
            loan = try pool.borrow(deadline: .after(settings.callTimeout))
        } catch {
            throw StoreError(error)
        }
        return try body(StoreSession(loan.session))
    }

    /// Opens a session for one loop, named after it, with the plans of hot statements pinned. `callTimeout` is for
    /// loops whose calls may take longer, or must take less, than others, `lockTimeout` for those that have other
    /// things to do than to wait for somebody's transaction; nil: as the settings say.
    package func openSession(
        for purpose: String,
        callTimeout: Duration? = nil,
        lockTimeout: Duration? = nil
    ) throws(StoreError) -> StoreSession {
        var own = settings
        own.callTimeout = callTimeout ?? settings.callTimeout
        own.lockTimeout = lockTimeout ?? settings.lockTimeout
        own.applicationName = "\(settings.applicationName)/\(purpose)"
        own.plan = .pinned
        do throws(PostgresError) {
            return StoreSession(try Session(own))
        } catch {
            throw StoreError(error)
        }
    }

    /// Closes the pool. Sessions opened apart are their owners'.
    package func close() {
        pool.close()
    }
}
