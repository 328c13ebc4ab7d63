// Keeps the worker threads of CPU runtimes on chosen cores.
import Glibc
import System

/// A thread of an OpenCL CPU runtime.
public struct OpenCLWorker: Sendable, Equatable {
    /// The kernel's id of the thread.
    public let threadID: Int
    /// The CPUs it may run on, ascending.
    public let allowedCPUs: [Int]

    public init(threadID: Int, allowedCPUs: [Int]) { (self.threadID, self.allowedCPUs) = (threadID, allowedCPUs) }

    /// CPU time that it took in its life; nil if it has ended.
    public var cpuNanoseconds: Int? { ThreadCPUTime.nanoseconds(ofThread: threadID) }

    /// Nil if there is no such thread any more.
    init?(threadID: Int) {
        guard let cpus = try? ThreadAffinity.cpus(ofThread: threadID) else { return nil }
        self.init(threadID: threadID, allowedCPUs: cpus.numbers)
    }
}

/// Which worker runs on which CPU. Pure.
enum OpenCLConfinement {
    /// The CPUs of each worker: one each where there are as many, else all of them.
    static func share(out cores: [Int], workerCount: Int) -> [[Int]] {
        workerCount == cores.count ? cores.map { [$0] } : Array(repeating: cores, count: workerCount)
    }

    /// The compute units that run on these cores and nowhere else; nil where they don't use all of them, or aren't
    /// consecutive.
    /// - Parameter unitCPUs: of each unit.
    static func units(on cores: [Int], of unitCPUs: [[Int]]) -> Range<Int>? {
        let wanted = Set(cores)
        let units = unitCPUs.indices.filter { wanted.isSuperset(of: unitCPUs[$0]) }
        guard let first = units.first, let last = units.last, units.count == last - first + 1,
            Set(units.flatMap { unitCPUs[$0] }) == wanted
        else { return nil }
        return first..<last + 1
    }

    /// A partition whose last part is these units: of equal parts where possible, as some devices must have it.
    static func counts(upTo units: Range<Int>) -> [Int] {
        let (before, count) = (units.lowerBound, units.count)
        return before % count == 0 ? Array(repeating: count, count: before / count + 1) : [before, count]
    }
}

/// PoCL, as its platform is called.
enum PoCL {
    static let platform = "Portable Computing Language"

    /// Tells it how many workers to start, under the name of old releases and that of releases from 4.0 on: it has no
    /// other ears. Left alone where it starts no more of itself, a worker a CPU; the user's own setting wins.
    ///
    /// This is the one place where an embedder's process has its environment changed, and it is before PoCL's first
    /// look at its devices: whoever calls `getenv` at that moment may trip (see docs/embedding.md).
    static func limitWorkerCount(_ count: Int) {
        let names = ["POCL_MAX_PTHREAD_COUNT", "POCL_CPU_MAX_CU_COUNT"]
        guard count < sysconf(Int32(_SC_NPROCESSORS_ONLN)), names.allSatisfy({ getenv($0) == nil }) else { return }
        for name in names { setenv(name, String(count), 1) }
    }
}

/// Binds a thread of a device and reads the binding back.
/// - Returns: nil if the thread has ended.
/// - Throws: `binding` for what can't be CPUs; `confinement` where the kernel refuses, or bound it elsewhere.
@discardableResult
func bindThread(_ threadID: Int, to cores: [Int], of device: String) throws(OpenCLError) -> OpenCLWorker? {
    let cpus = try cpuSet(cores)
    do throws(ThreadBindingError) {
        try ThreadAffinity.bind(thread: threadID, to: cpus)
        return OpenCLWorker(threadID: threadID, allowedCPUs: cpus.numbers)
    } catch {
        switch error.problem {
        case .system(code: ESRCH): return nil
        case .differs(let actual):
            throw .confinement(
                device: device, cores: cores, reason: "the system bound thread \(threadID) to CPUs \(actual.numbers)")
        default:
            throw .confinement(device: device, cores: cores, reason: "thread \(threadID): \(error)")
        }
    }
}

/// Runs `body` with the calling thread bound to these CPUs (nil: as it is), then puts its binding back.
/// - Throws: `binding` where the kernel refuses the CPUs; then `body` has not run.
func withAffinity(_ cores: [Int]?, _ body: () -> Void) throws(OpenCLError) {
    guard let cores else { return body() }
    let cpus = try cpuSet(cores)
    do throws(ThreadBindingError) {
        try ThreadAffinity.bound(to: cpus, during: body)
    } catch {
        guard case .system(let code) = error.problem else { throw .binding(cores: cores, errno: EINVAL) }
        throw .binding(cores: cores, errno: code)
    }
}

private func cpuSet(_ cores: [Int]) throws(OpenCLError) -> CPUSet {
    guard cores.allSatisfy((0..<CPUSet.numberLimit).contains) else { throw .binding(cores: cores, errno: EINVAL) }
    return CPUSet(cores)
}
