// On which CPUs the kernel lets a thread of this process run: told, and set. A binding is believed only when the kernel
// says it back. Any thread may ask for any.

import CLinux
import Glibc

/// CPU affinities of threads. A thread is meant by the kernel's id, the calling one by nil.
package enum ThreadAffinity {
    /// The kernel's id of the calling thread.
    package static var callingThread: Int { Int(gettid()) }

    /// The CPU that the calling thread is on.
    package static var currentCPU: Int { Int(sched_getcpu()) }

    /// All threads of this process.
    package static var threads: [Int] { SystemFiles.thisMachine.names(in: "proc/self/task").compactMap { Int($0) } }

    /// The online CPUs that a thread may run on. The corresponding C function is `sched_getaffinity`.
    /// - Throws: `ThreadBindingError`; its problem is `.system(code: ESRCH)` if the thread has ended.
    package static func cpus(ofThread thread: Int? = nil) throws(ThreadBindingError) -> CPUSet {
        var mask = Mask()
        let code = mask.withPointer { sched_getaffinity(pid_t(thread ?? 0), $1, $0) }
        guard code == 0 else { throw ThreadBindingError(cpus: [], problem: .system(code: code)) }
        return mask.cpus
    }

    /// Binds a thread to these CPUs and reads the binding back. Threads that it starts later inherit it. The
    /// corresponding C function is `sched_setaffinity`.
    /// - Throws: `ThreadBindingError` naming the CPUs, also when the kernel took only some of them; the former binding
    ///   is then put back.
    package static func bind(thread: Int? = nil, to cpus: CPUSet) throws(ThreadBindingError) {
        guard !cpus.isEmpty else { throw ThreadBindingError(cpus: cpus, problem: .noCPUs) }
        let former = try Self.cpus(ofThread: thread)
        try set(thread, cpus)
        let actual = try Self.cpus(ofThread: thread)
        guard actual == cpus else {
            try set(thread, former)
            throw ThreadBindingError(cpus: cpus, problem: .differs(actual: actual))
        }
    }

    /// Runs something with the calling thread bound to these CPUs, then puts its own binding back.
    /// - Throws: `ThreadBindingError`; then `body` has not run.
    package static func bound<Result>(to cpus: CPUSet, during body: () -> Result) throws(ThreadBindingError) -> Result {
        let former = try Self.cpus()
        try bind(to: cpus)
        defer { try? set(nil, former) }
        return body()
    }

    private static func set(_ thread: Int?, _ cpus: CPUSet) throws(ThreadBindingError) {
        var mask = Mask(cpus)
        let code = mask.withPointer { sched_setaffinity(pid_t(thread ?? 0), $1, $0) }
        guard code == 0 else { throw ThreadBindingError(cpus: cpus, problem: .system(code: code)) }
    }

    /// A bit for every CPU number that there can be: the kernel refuses to tell less than its own limit.
    private struct Mask {
        private var words = [UInt](repeating: 0, count: CPUSet.numberLimit / UInt.bitWidth)

        init(_ cpus: CPUSet = []) {
            for cpu in cpus.numbers { words[cpu / UInt.bitWidth] |= 1 << UInt(cpu % UInt.bitWidth) }
        }

        var cpus: CPUSet {
            var numbers: [Int] = []
            for index in words.indices where words[index] != 0 {
                for bit in 0..<UInt.bitWidth where words[index] >> UInt(bit) & 1 == 1 {
                    numbers.append(index * UInt.bitWidth + bit)
                }
            }
            return CPUSet(numbers)
        }

        /// - Returns: 0, or the `errno` with which the call failed.
        mutating func withPointer(_ call: (UnsafeMutablePointer<cpu_set_t>, Int) -> Int32) -> Int32 {
            words.withUnsafeMutableBytes { bytes in
                let status = call(bytes.baseAddress!.assumingMemoryBound(to: cpu_set_t.self), bytes.count)
                return status == 0 ? 0 : errno
            }
        }
    }
}

/// A thread that isn't where it should be.
public struct ThreadBindingError: Error, Hashable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable {
        /// The CPUs are those of another machine's dump.
        case foreignTopology
        case noCPUs
        /// These weren't switched on, or aren't there, when the machine was discovered.
        case notOnline(CPUSet)
        /// The kernel bound the thread elsewhere, as when a cgroup or a hotplug leaves out some of the CPUs.
        case differs(actual: CPUSet)
        /// The call failed with this `errno`.
        case system(code: Int32)
    }

    /// The CPUs asked for, none where the binding was only to be read.
    public let cpus: CPUSet
    public let problem: Problem

    package init(cpus: CPUSet, problem: Problem) { (self.cpus, self.problem) = (cpus, problem) }

    public var description: String {
        let what = cpus.isEmpty ? "cannot tell where the thread runs" : "cannot bind the thread to CPUs \(cpus)"
        return switch problem {
        case .foreignTopology: "\(what): they are another machine's"
        case .noCPUs: "cannot bind the thread to no CPU at all"
        case .notOnline(let missing): "\(what): there is no CPU \(missing) online"
        case .differs(let actual): "\(what): the system bound it to \(actual)"
        case .system(let code): "\(what): \(String(cString: strerror(code)))"
        }
    }
}
