import Glibc

/// Lets lanes wait until something changed: a counter behind a POSIX condition variable.
///
/// Whoever waits takes a ticket while it looks at the state, under the state's own lock, and waits for the counter to
/// leave the ticket; whoever changes the state advances the counter afterwards. So no change falls between the look
/// and the wait. Source: pthread_condattr_setclock(3), pthread_cond_timedwait(3).
@safe final class WaitPoint: Sendable {
    @unsafe private struct Parts {
        var mutex = unsafe pthread_mutex_t()
        var condition = pthread_cond_t()
        var counter: UInt64 = 0
    }

    /// Shared by threads on purpose: the mutex and the condition are made for it, and the counter is only touched
    /// while the mutex is held.
    nonisolated(unsafe) private let parts: UnsafeMutablePointer<Parts>

    init() {
        unsafe parts = .allocate(capacity: 1)
        unsafe parts.initialize(to: Parts())
        let mutexResult = unsafe pthread_mutex_init(&parts.pointee.mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let conditionResult = unsafe pthread_cond_init(&parts.pointee.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        precondition(mutexResult == 0 && conditionResult == 0, "a mutex and a condition need no resource but memory")
    }

    deinit {
        unsafe pthread_cond_destroy(&parts.pointee.condition)
        unsafe pthread_mutex_destroy(&parts.pointee.mutex)
        unsafe parts.deinitialize(count: 1)
        unsafe parts.deallocate()
    }

    /// The counter, for a later `wait`.
    func ticket() -> UInt64 {
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        defer { unsafe pthread_mutex_unlock(&parts.pointee.mutex) }
        return unsafe parts.pointee.counter
    }

    /// Advances the counter and wakes everybody.
    func signal() {
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        unsafe parts.pointee.counter &+= 1
        unsafe pthread_cond_broadcast(&parts.pointee.condition)
        unsafe pthread_mutex_unlock(&parts.pointee.mutex)
    }

    /// Waits until the counter has left `ticket`; false when `deadline` came first.
    func wait(leaving ticket: UInt64, until deadline: Int64 = .max) -> Bool {
        var time = timespec()
        time.tv_sec = Int(deadline / 1_000_000_000)
        time.tv_nsec = Int(deadline % 1_000_000_000)
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        defer { unsafe pthread_mutex_unlock(&parts.pointee.mutex) }
        while unsafe parts.pointee.counter == ticket {
            let result = unsafe pthread_cond_timedwait(&parts.pointee.condition, &parts.pointee.mutex, &time)
            guard result == 0 else { return unsafe parts.pointee.counter != ticket }
        }
        return true
    }
}
