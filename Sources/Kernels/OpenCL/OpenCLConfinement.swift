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

/// Tells PoCL how many workers to start. The user's own setting wins.
func limitWorkerCount(_ count: Int) { setenv("POCL_MAX_PTHREAD_COUNT", String(count), 0) }

/// Runs `body` with the calling thread bound to these CPUs (nil: as it is), then puts its binding back.
/// - Throws: `binding` where the kernel refuses the CPUs; then `body` has not run.
func withAffinity(_ cores: [Int]?, _ body: () -> Void) throws(OpenCLError) {
    guard let cores else { return body() }
    var previous = cpu_set_t()
    let size = MemoryLayout<cpu_set_t>.size
    guard sched_getaffinity(0, size, &previous) == 0 else { throw .binding(cores: cores, errno: errno) }
    var wanted = cpu_set_t()
    let inRange = withUnsafeMutableBytes(of: &wanted) { bytes in
        let fits = cores.allSatisfy { $0 >= 0 && $0 < bytes.count * 8 }
        // The set is an array of longs; the CPU's bit in its little-endian bytes.
        if fits { for core in cores { bytes[core / 8] |= 1 << UInt8(core % 8) } }
        return fits
    }
    guard inRange else { throw .binding(cores: cores, errno: EINVAL) }
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
