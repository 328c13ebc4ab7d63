// Where a thread sleeps until another wakes it, or a time has passed. Owner: the sleeping thread, which frees it after
// all threads that may wake it are joined.

import Glibc
import Synchronization

/// One thread's sleep. A wake-up that comes first is kept, so none is lost; several that come first count as one.
///
/// What a thread wrote before `wake` is seen after the `park` that it ended. Waking a thread that is awake costs one
/// exchange and no system call. States and their order as in Rust's `std::thread::park`; `Tests/Models/parker.pml` is a
/// model of it: change both together. The corresponding C types are `pthread_mutex_t` and `pthread_cond_t`, on
/// CLOCK_MONOTONIC: `sem_timedwait` counts by the wall clock, and setting that would stretch a sleep.
struct Parker: ~Copyable, @unchecked Sendable {  // the C mutex and condition are made to be shared between threads
    private enum State {
        static let awake = 0, parked = 1, notified = 2
    }

    private let state = PaddedAtomic(State.awake)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        var attributes = pthread_condattr_t()
        check(pthread_condattr_init(&attributes), "pthread_condattr_init")
        check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "pthread_condattr_setclock")
        check(pthread_cond_init(condition, &attributes), "pthread_cond_init")
        check(pthread_mutex_init(mutex, nil), "pthread_mutex_init")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Sleeps until `wake`, or for about `nanoseconds`; returns at once when a wake-up came first. One thread only.
    func park(nanoseconds: Int) {
        precondition(nanoseconds >= 0, "cannot sleep for \(nanoseconds) ns")
        if state.value.exchange(State.awake, ordering: .acquiring) == State.notified { return }
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let fraction = deadline.tv_nsec + nanoseconds % 1_000_000_000
        deadline.tv_sec += nanoseconds / 1_000_000_000 + fraction / 1_000_000_000
        deadline.tv_nsec = fraction % 1_000_000_000

        pthread_mutex_lock(mutex)
        // A wake-up just now fails the exchange; a later one finds `parked`, and waits for the mutex before it signals.
        if state.value.compareExchange(expected: State.awake, desired: State.parked, ordering: .relaxed).exchanged {
            while state.value.load(ordering: .relaxed) == State.parked {
                guard pthread_cond_timedwait(condition, mutex, &deadline) == 0 else { break }
            }
        }
        // Acquires from the wake-up, also from one that comes as the time runs out.
        _ = state.value.exchange(State.awake, ordering: .acquiring)
        pthread_mutex_unlock(mutex)
    }

    /// Ends the sleep, or the next one. Any thread.
    func wake() {
        guard state.value.exchange(State.notified, ordering: .releasing) == State.parked else { return }
        // The sleeper holds the mutex from the moment that it says `parked` until it waits: none between the two.
        pthread_mutex_lock(mutex)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }
}

private func check(_ status: Int32, _ function: StaticString) {
    precondition(status == 0, "\(function): \(status)")
}
