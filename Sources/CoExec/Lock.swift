// A mutex and its conditions, over POSIX threads: the standard library's `Mutex` has nothing to wait on.

import Glibc

/// A mutual-exclusion lock. The corresponding C type is `pthread_mutex_t`.
final class Lock: @unchecked Sendable {  // the C mutex is made to be shared between threads
    fileprivate let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init: \(status)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}

/// Where threads wait for a change of what a lock guards. The corresponding C type is `pthread_cond_t`.
final class Condition: @unchecked Sendable {  // the C condition is made to be shared between threads
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let lock: Lock

    init(_ lock: Lock) {
        self.lock = lock
        let status = pthread_cond_init(condition, nil)
        precondition(status == 0, "pthread_cond_init: \(status)")
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Waits, inside `lock.withLock`, while the predicate holds.
    func wait(while predicate: () -> Bool) {
        while predicate() { pthread_cond_wait(condition, lock.mutex) }
    }

    func signal() { pthread_cond_signal(condition) }
    func broadcast() { pthread_cond_broadcast(condition) }
}
