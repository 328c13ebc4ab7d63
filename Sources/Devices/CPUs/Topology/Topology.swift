// The hwloc topology of this machine, or of another one's /sys and /proc dump, and what is read from it once.
import CHwloc
import Glibc
import Synchronization

/// A machine's hardware as hwloc sees it. Loaded once, then never changed, so that any thread may use it.
public final class Topology: Sendable {
    /// The CPUs, as they were when the topology was loaded.
    public let inventory: CPUInventory
    /// Whether threads can be bound by it: false for a dump of another machine.
    public let isThisSystem: Bool
    /// The machine's /sys and /proc; nil where hwloc has shown none.
    public let files: SystemFiles?

    /// Where lanes that it bound have gone since.
    public let bindingWatch = BindingWatch()

    let handle: TopologyHandle
    /// The `errno` of the latest binding of memory that did not take, 0 for none.
    let memoryRefusal = Atomic<Int32>(0)

    /// Loads the topology of the machine that this process runs on. Takes milliseconds; hold on to it.
    ///
    /// hwloc shows another machine where a user sets `HWLOC_XMLFILE`, `HWLOC_FSROOT` or `HWLOC_SYNTHETIC`: then
    /// `isThisSystem` is false, unless `HWLOC_THISSYSTEM=1` vouches for it, and no thread is bound.
    /// - Throws: `TopologyError`.
    public static func thisMachine() throws(TopologyError) -> Topology { try Topology(root: nil) }

    /// Loads the topology of another machine from a copy of its `/sys/devices/system` and `/proc/cpuinfo`.
    ///
    /// hwloc takes the folder from the environment only, so `HWLOC_FSROOT` and `HWLOC_COMPONENTS` are set while it
    /// loads. Loads wait for each other here, but a C library that reads the environment on another thread at that
    /// moment cannot be held back: so this is nothing for other people's processes. The program loads a dump before it
    /// starts threads.
    /// - Parameter sysroot: the folder that holds `sys` and `proc`.
    /// - Throws: `TopologyError` naming the folder.
    package convenience init(sysroot: String) throws(TopologyError) { try self.init(root: sysroot) }

    private init(root: String?) throws(TopologyError) {
        if let root {
            guard access(root + "/sys/devices/system/cpu", R_OK) == 0 else {
                throw TopologyError(sysroot: root, reason: "there is no readable sys/devices/system/cpu in it")
            }
        }
        handle = TopologyHandle()
        try handle.load(root: root)
        isThisSystem = root == nil && hwloc_topology_is_thissystem(handle.pointer) != 0
        files = Self.files(root: root, isThisSystem: isThisSystem)
        guard let inventory = handle.inventory(files: files, isThisSystem: isThisSystem) else {
            throw TopologyError(sysroot: root, reason: "hwloc found no CPU that may be used")
        }
        self.inventory = inventory
    }

    /// The files of the machine that hwloc has shown; nil where it has shown none by its files.
    private static func files(root: String?, isThisSystem: Bool) -> SystemFiles? {
        if let root { return SystemFiles(root: root) }
        if isThisSystem { return .thisMachine }
        return getenv("HWLOC_FSROOT").map { SystemFiles(root: String(cString: $0)) }
    }
}

/// Hardware that cannot be discovered.
public struct TopologyError: Error, Hashable, CustomStringConvertible {
    /// The folder of another machine's dump, nil for this machine.
    public let sysroot: String?
    public let reason: String

    public var description: String {
        sysroot.map { "cannot read the machine in '\($0)': \(reason)" } ?? "cannot read this machine: \(reason)"
    }
}

/// Owns a loaded hwloc topology.
///
/// `@unchecked Sendable`: hwloc only reads a loaded topology, on any number of threads ("Thread Safety", its manual).
struct TopologyHandle: ~Copyable, @unchecked Sendable {
    let pointer: hwloc_topology_t

    /// hwloc reads the environment in these calls, so one must not see what another set, or read while it sets.
    private static let loading = Mutex<Void>(())

    /// Allocates a topology with nothing in it.
    init() {
        var created: hwloc_topology_t?
        let status = Self.loading.withLock { _ in hwloc_topology_init(&created) }
        guard status == 0, let created else { fatalError("out of memory for a topology") }
        pointer = created
    }

    /// Discovers the hardware.
    /// - Parameter root: folder of another machine's dump, nil for this machine.
    func load(root: String?) throws(TopologyError) {
        // Disallowed CPUs stay visible, to tell them from CPUs that aren't there. Binding this thread to one CPU after
        // another to ask each what it is would disturb a measurement, and the kernel has told everything already.
        let flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue | HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING.rawValue
        hwloc_topology_set_flags(pointer, UInt(flags))
        let failure = Self.loading.withLock { _ -> Int32? in
            guard let root else { return hwloc_topology_load(pointer) == 0 ? nil : errno }
            return withEnvironment(["HWLOC_COMPONENTS": "linux,stop", "HWLOC_FSROOT": root]) {
                hwloc_topology_load(pointer) == 0 ? nil : errno
            }
        }
        if let failure {
            throw TopologyError(sysroot: root, reason: "hwloc cannot load it: \(String(cString: strerror(failure)))")
        }
    }

    deinit { hwloc_topology_destroy(pointer) }
}

/// Runs `body` with these environment variables, then puts back what was there.
func withEnvironment<Result>(_ variables: [String: String], _ body: () -> Result) -> Result {
    let former = variables.keys.map { name in (name, getenv(name).map { String(cString: $0) }) }
    for (name, value) in variables { setenv(name, value, 1) }
    defer {
        for (name, value) in former {
            if let value { setenv(name, value, 1) } else { unsetenv(name) }
        }
    }
    return body()
}
