// Keeps the worker threads of CPU runtimes on chosen cores: the calls to the kernel that discovery needs.
import COpenCL
import Glibc

/// A thread of an OpenCL CPU runtime.
public struct OpenCLWorker: Sendable, Equatable {
    /// The kernel's id of the thread.
    public let threadID: Int
    /// The CPUs it may run on, ascending (`Cpus_allowed_list` in /proc).
    public let allowedCPUs: [Int]

    public init(threadID: Int, allowedCPUs: [Int]) { (self.threadID, self.allowedCPUs) = (threadID, allowedCPUs) }

    /// CPU time that it took in its life; nil if it has ended.
    public var cpuNanoseconds: Int? {
        // As pthread_getcpuclockid(3) makes a clock of a thread's id: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED.
        let clock = clockid_t(truncatingIfNeeded: ~threadID << 3 | 4 | 2)
        var time = timespec()
        return clock_gettime(clock, &time) == 0 ? time.tv_sec * 1_000_000_000 + time.tv_nsec : nil
    }

    /// Nil if there is no such thread any more.
    init?(threadID: Int) {
        guard let allowedCPUs = readAllowedCPUs("/proc/self/task/\(threadID)/status") else { return nil }
        self.init(threadID: threadID, allowedCPUs: allowedCPUs)
    }
}

/// `Cpus_allowed_list` of a thread's status file in /proc, for example `0-3,6`; nil if there is no such thread.
func readAllowedCPUs(_ statusPath: String) -> [Int]? {
    let key = "Cpus_allowed_list:"
    guard let line = readProcFile(statusPath)?.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else {
        return nil
    }
    return line.dropFirst(key.count).split(separator: ",").flatMap { range in
        let ends = range.split(separator: "-").compactMap { Int(String($0.filter { !$0.isWhitespace })) }
        return ends.isEmpty ? [] : Array(ends[0]...ends[ends.count - 1])
    }
}

/// Ids of all threads of this process.
func processThreads() -> [Int] {
    guard let folder = opendir("/proc/self/task") else { return [] }
    defer { closedir(folder) }
    var threads: [Int] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if let thread = Int(name) { threads.append(thread) }
    }
    return threads
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

/// Tells PoCL how many workers to start, under the name of old releases and that of releases from 4.0 on. The user's
/// own setting wins.
func limitWorkerCount(_ count: Int) {
    let names = ["POCL_MAX_PTHREAD_COUNT", "POCL_CPU_MAX_CU_COUNT"]
    guard names.allSatisfy({ getenv($0) == nil }) else { return }
    for name in names { setenv(name, String(count), 1) }
}

/// Binds a thread of a device and reads the binding back.
/// - Returns: nil if the thread has ended.
/// - Throws: `confinement` where the kernel refuses, or bound it elsewhere.
@discardableResult
func bindThread(_ threadID: Int, to cores: [Int], of device: String) throws(OpenCLError) -> OpenCLWorker? {
    guard var wanted = makeCPUSet(cores) else { throw .binding(cores: cores, errno: EINVAL) }
    let code = sched_setaffinity(pid_t(threadID), MemoryLayout<cpu_set_t>.size, &wanted) == 0 ? 0 : errno
    if code == ESRCH { return nil }
    guard code == 0 else {
        throw .confinement(device: device, cores: cores, reason: "binding thread \(threadID) failed with errno \(code)")
    }
    guard let worker = OpenCLWorker(threadID: threadID) else { return nil }
    guard worker.allowedCPUs == Set(cores).sorted() else {
        throw .confinement(
            device: device, cores: cores, reason: "the system bound thread \(threadID) to CPUs \(worker.allowedCPUs)")
    }
    return worker
}

/// Nil where there can't be such CPUs.
private func makeCPUSet(_ cores: [Int]) -> cpu_set_t? {
    var set = cpu_set_t()
    let inRange = withUnsafeMutableBytes(of: &set) { bytes in
        let fits = cores.allSatisfy { $0 >= 0 && $0 < bytes.count * 8 }
        // The set is an array of longs; the CPU's bit in its little-endian bytes.
        if fits { for core in cores { bytes[core / 8] |= 1 << UInt8(core % 8) } }
        return fits
    }
    return inRange ? set : nil
}

/// Runs `body` with the calling thread bound to these CPUs (nil: as it is), then puts its binding back.
/// - Throws: `binding` where the kernel refuses the CPUs; then `body` has not run.
func withAffinity(_ cores: [Int]?, _ body: () -> Void) throws(OpenCLError) {
    guard let cores else { return body() }
    var previous = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard sched_getaffinity(0, size, &previous) == 0 else { throw .binding(cores: cores, errno: errno) }
    guard var wanted = makeCPUSet(cores) else { throw .binding(cores: cores, errno: EINVAL) }
    guard sched_setaffinity(0, size, &wanted) == 0 else { throw .binding(cores: cores, errno: errno) }
    defer { sched_setaffinity(0, size, &previous) }
    body()
}

private func readProcFile(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}
