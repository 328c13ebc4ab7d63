// Which OpenCL devices are here. The first look fixes, for the whole process, on which cores CPU devices run.
import COpenCL
import Synchronization

/// Discovery of OpenCL devices.
public enum OpenCL {
    /// All devices of all platforms.
    ///
    /// A CPU runtime (PoCL) starts its worker threads at the first look at its devices, and they stay on the cores of
    /// the thread that looked. So the first call in a process decides: it binds the calling thread to `cpuDeviceCores`
    /// for the time of the look, and lets PoCL start as many workers as there are cores (`POCL_MAX_PTHREAD_COUNT`,
    /// unless the environment sets it). Later calls return the same devices.
    /// - Parameter cpuDeviceCores: the CPUs that CPU devices may use. Nil: what was chosen before; all, if nothing was.
    /// - Throws: `noPlatform`; `coresAlreadyChosen` if an earlier call chose other cores; `binding` if the cores
    ///   can't be used; `call` if a driver fails.
    public static func devices(cpuDeviceCores: [Int]? = nil) throws(OpenCLError) -> [OpenCLDevice] {
        let requested = cpuDeviceCores.map { Set($0).sorted() }
        precondition(requested?.isEmpty != true, "a CPU device needs a core")
        return try discovery.withLock { (state) throws(OpenCLError) -> [OpenCLDevice] in
            if let found = state {
                if let requested, requested != found.cores {
                    throw .coresAlreadyChosen(chosen: found.cores, requested: requested)
                }
                return try found.devices.get()
            }
            let found = try firstLook(requested)
            state = found
            return try found.devices.get()
        }
    }

    /// The worker threads that CPU devices started, and the CPUs that the kernel lets each run on now, read back from
    /// /proc. Empty before the first look, or where there is no CPU device.
    public static func cpuDeviceWorkers() -> [OpenCLWorker] {
        discovery.withLock { $0?.workers ?? [] }.compactMap(OpenCLWorker.init(threadID:))
    }

    /// The CPUs that CPU devices were given; nil if that was left to the runtime, or before the first look.
    public static var cpuDeviceCores: [Int]? { discovery.withLock { $0?.cores } }

    private struct Discovery {
        let cores: [Int]?
        let devices: Result<[OpenCLDevice], OpenCLError>
        let workers: [Int]
    }

    private static let discovery = Mutex<Discovery?>(nil)

    private static func firstLook(_ cores: [Int]?) throws(OpenCLError) -> Discovery {
        let before = Set(processThreads())
        var devices: Result<[OpenCLDevice], OpenCLError> = .success([])
        try withAffinity(cores) {
            if let cores { limitWorkerCount(cores.count) }
            devices = Result { () throws(OpenCLError) in try enumerate() }
        }
        let hasCPUDevice = (try? devices.get())?.contains { $0.kind == .cpu } ?? false
        let workers = hasCPUDevice ? processThreads().filter { !before.contains($0) } : []
        return Discovery(cores: cores, devices: devices, workers: workers)
    }

    private static func enumerate() throws(OpenCLError) -> [OpenCLDevice] {
        var count: cl_uint = 0
        let status = clGetPlatformIDs(0, nil, &count)
        if status == platformNotFound || (status == CL_SUCCESS && count == 0) { throw .noPlatform }
        try checkOpenCL(status, "clGetPlatformIDs", nil)
        var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
        try checkOpenCL(clGetPlatformIDs(count, &platforms, nil), "clGetPlatformIDs", nil)
        var devices: [OpenCLDevice] = []
        for case let platform? in platforms { devices += try enumerate(platform) }
        return devices
    }

    private static func enumerate(_ platform: cl_platform_id) throws(OpenCLError) -> [OpenCLDevice] {
        let name = try openCLString("clGetPlatformInfo", nil) {
            clGetPlatformInfo(platform, cl_platform_info(CL_PLATFORM_NAME), $0, $1, $2)
        }
        let all = cl_device_type(CL_DEVICE_TYPE_ALL)
        var count: cl_uint = 0
        let status = clGetDeviceIDs(platform, all, 0, nil, &count)
        if status == CL_DEVICE_NOT_FOUND || count == 0 { return [] }
        try checkOpenCL(status, "clGetDeviceIDs", nil)
        var ids = [cl_device_id?](repeating: nil, count: Int(count))
        try checkOpenCL(clGetDeviceIDs(platform, all, count, &ids, nil), "clGetDeviceIDs", nil)
        var devices: [OpenCLDevice] = []
        for case let id? in ids { devices.append(try OpenCLDevice(id, of: platform, platform: name)) }
        return devices
    }
}
