// Which OpenCL devices are here. The first look fixes, for the whole process, on which cores CPU devices run.
import Glibc
import Synchronization
import System

/// Discovery of OpenCL devices.
public enum OpenCL {
    /// All devices of all platforms, but those that `failures` names.
    ///
    /// A CPU runtime (PoCL) starts its worker threads at the first look at its devices. So the first call in a process
    /// decides where they run: it lets PoCL start as many workers as there are cores, finds out which thread is which
    /// compute unit's, and binds worker i to the i-th core. Where these are fewer than the machine's, it sets
    /// `POCL_MAX_PTHREAD_COUNT` and `POCL_CPU_MAX_CU_COUNT` for that, if PoCL is installed and neither is set. Threads that cannot be told apart stay on all the cores. Later calls return the
    /// same devices; `OpenCLDevice.confined(to:)` is the part of one that runs on some of the cores.
    /// - Parameter cpuDeviceCores: the CPUs that CPU devices may use, in the order of their compute units. Nil: what
    ///   was chosen before; all, if nothing was.
    /// - Throws: `noPlatform`; `coresAlreadyChosen` if an earlier call chose other cores; `binding` if the cores
    ///   can't be used; `call` if platforms can't even be listed.
    public static func devices(cpuDeviceCores: [Int]? = nil) throws(OpenCLError) -> [OpenCLDevice] {
        if let cpuDeviceCores, cpuDeviceCores.isEmpty { throw .binding(cores: cpuDeviceCores, errno: EINVAL) }
        return try discovery.withLock { (state) throws(OpenCLError) -> [OpenCLDevice] in
            if let found = state {
                if let requested = cpuDeviceCores, found.cores.map(Set.init) != Set(requested) {
                    throw .coresAlreadyChosen(chosen: found.cores, requested: requested)
                }
                return try found.devices.get()
            }
            let found = try Discovery(cores: cpuDeviceCores)
            state = found
            return try found.devices.get()
        }
    }

    /// Platforms and devices that the first look could not use, and why. Empty before it.
    public static var failures: [OpenCLFailure] { discovery.withLock { $0?.failures ?? [] } }

    /// The CPUs that CPU devices were given; nil if that was left to the runtime, or before the first look.
    public static var cpuDeviceCores: [Int]? { discovery.withLock { $0?.cores } }

    /// Keeps the threads that cannot be told apart to some of the cores, for the one device that has such threads.
    /// - Throws: `confinement` where several devices have such threads, or they were given other cores before.
    static func confineUnknownThreads(of device: OpenCLDevice, to cores: [Int]) throws(OpenCLError) {
        try discovery.withLock { (state) throws(OpenCLError) in
            guard var found = state else { preconditionFailure("a device before discovery") }
            try found.confineUnknownThreads(of: device, to: cores)
            state = found
        }
    }

    private static let discovery = Mutex<Discovery?>(nil)
}

/// What the first look found.
private struct Discovery {
    let cores: [Int]?
    private(set) var devices: Result<[OpenCLDevice], OpenCLError>
    private(set) var failures: [OpenCLFailure] = []
    /// Threads that are there since the look, have its cores, and are no compute unit's; and their CPUs once a device
    /// has chosen some.
    private var unknownThreads: [Int] = []
    private var unknownThreadCores: [Int]?

    init(cores: [Int]?) throws(OpenCLError) {
        self.cores = cores
        let before = Set(ThreadAffinity.threads)
        var survey: Result<OpenCLSurvey<OpenCLDevice>, OpenCLError> = .failure(.noPlatform)
        // Threads that runtimes start later, when asked for their units' threads, inherit the cores, too.
        try withAffinity(cores) {
            survey = Result { () throws(OpenCLError) in
                var survey = try OpenCLSurvey.all(workerCount: cores?.count)
                for index in survey.devices.indices { survey.devices[index].findPlacement() }
                return survey
            }
        }
        devices = survey.map(\.devices)
        guard case .success(let found) = survey else { return }
        failures = found.failures
        guard found.devices.contains(where: { $0.kind == .cpu }), let cores else { return }
        // Another part of the process may have started threads meanwhile: those don't have the look's binding.
        let known = Set(found.devices.flatMap { $0.workers.map(\.threadID) })
        unknownThreads = ThreadAffinity.threads.filter {
            !before.contains($0) && !known.contains($0)
                && OpenCLWorker(threadID: $0)?.allowedCPUs == Set(cores).sorted()
        }
        var confined: [OpenCLDevice] = []
        for device in found.devices {
            do throws(OpenCLError) {
                confined.append(try device.withWorkers(on: cores))
            } catch {
                failures.append(OpenCLFailure(platform: device.platform, error: error))
            }
        }
        devices = .success(confined)
    }

    mutating func confineUnknownThreads(of device: OpenCLDevice, to cores: [Int]) throws(OpenCLError) {
        let current = unknownThreadCores ?? self.cores
        guard current.map(Set.init) != Set(cores) else { return }
        let sharers = ((try? devices.get()) ?? []).filter { $0.placement == .unknownThreads }
        guard let own = self.cores, Set(cores).isSubset(of: own), sharers.count == 1, unknownThreadCores == nil else {
            throw .confinement(
                device: device.name, cores: cores,
                reason: "its threads cannot be told apart, and "
                    + (current.map { "run on CPUs \($0) for all its uses" } ?? "were given no CPUs"))
        }
        for thread in unknownThreads { try bindThread(thread, to: cores, of: device.name) }
        unknownThreadCores = cores
    }
}

extension OpenCLDevice {
    /// The device with its workers bound: worker i to the i-th core where there are as many, else all to all cores.
    fileprivate func withWorkers(on cores: [Int]) throws(OpenCLError) -> OpenCLDevice {
        guard case .workers(let workers) = placement else { return self }
        var bound: [OpenCLWorker] = []
        for (worker, cpus) in zip(workers, OpenCLConfinement.share(out: cores, workerCount: workers.count)) {
            bound.append(try bindThread(worker.threadID, to: cpus, of: name) ?? worker)
        }
        var device = self
        device.placement = .workers(bound)
        return device
    }
}
