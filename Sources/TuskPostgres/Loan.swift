/// The right to use one session of a pool; it goes back when the loan ends.
package struct Loan: ~Copyable {
    /// The session, for the thread that borrowed it.
    package let session: Session
    private let pool: ConnectionPool
    private let epoch: Int

    init(session: Session, pool: ConnectionPool, epoch: Int) {
        self.session = session
        self.pool = pool
        self.epoch = epoch
    }

    deinit {
        pool.take(back: session, epoch: epoch)
    }
}
