// A mutex and its conditions, over POSIX threads: the standard library's `Mutex` has nothing to wait on.

import Glibc

/// A mutual-exclusion lock. The corresponding C type is `pthread_mutex_t`.
package final class Lock: @unchecked Sendable {  // the C mutex is made to be shared between threads
    /// In cache lines of its own, so that finding it doesn't take waiting for who changes it.
    fileprivate let mutex = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        .bindMemory(to: pthread_mutex_t.self, capacity: 1)

    package init() {
        // What is guarded takes tens of nanoseconds: spin for about a microsecond before sleeping in the kernel.
        // PTHREAD_MUTEX_ADAPTIVE_NP, which Swift cannot import.
        let adaptive: Int32 = 3
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, adaptive)
        let status = pthread_mutex_init(mutex, &attributes)
        precondition(status == 0, "pthread_mutex_init: \(status)")
        pthread_mutexattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }
    package func unlock() { pthread_mutex_unlock(mutex) }

    package func withLock<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}

/// Where threads wait for a change of what a lock guards. The corresponding C type is `pthread_cond_t`.
package final class Condition: @unchecked Sendable {  // the C condition is made to be shared between threads
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let lock: Lock

    package init(_ lock: Lock) {
        self.lock = lock
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        let status = pthread_cond_init(condition, &attributes)
        precondition(status == 0, "pthread_cond_init: \(status)")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
    }

    /// Waits, inside `lock.withLock`, while the predicate holds.
    package func wait(while predicate: () -> Bool) {
        while predicate() { pthread_cond_wait(condition, lock.mutex) }
    }

    /// Waits once, with the lock held, for a signal or until a time of `monotonicNanoseconds`.
    package func wait(until nanoseconds: Int) {
        var deadline = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        pthread_cond_timedwait(condition, lock.mutex, &deadline)
    }

    package func signal() { pthread_cond_signal(condition) }
    package func broadcast() { pthread_cond_broadcast(condition) }
}
