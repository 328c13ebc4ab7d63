// One OpenCL device, or a part of one, and what its driver says of it. Immutable; any thread may use it.
import COpenCL

/// An OpenCL device: a GPU, an accelerator, or the CPU cores that a runtime such as PoCL uses.
public struct OpenCLDevice: Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable { case gpu, cpu, accelerator, other }

    /// Where a device's kernels run, as far as that is the host's CPUs.
    public enum Placement: Sendable, Equatable {
        /// On hardware of its own.
        case ownHardware
        /// On the thread that waits for it, so on that thread's CPUs (PoCL's `basic`).
        case callingThread
        /// Each compute unit on a worker thread of its own, these in the order of the units; with the CPUs to which
        /// they were confined.
        case workers([OpenCLWorker])
        /// On threads of its runtime that nothing tells apart.
        case unknownThreads
    }

    public let name: String
    public let platform: String
    public let vendor: String
    public let kind: Kind
    /// The OpenCL version it implements, as the driver words it.
    public let version: String
    public let driverVersion: String
    public let computeUnits: Int
    public let maxWorkGroupSize: Int
    /// Most work-items of a group along each axis: NVIDIA's take 64 along the third.
    public let maxWorkItemSizes: [Int]
    public let globalMemoryBytes: Int
    public let maxAllocationBytes: Int
    /// Shares memory with the host, so that mapping a buffer copies nothing.
    public let hasHostUnifiedMemory: Bool
    public let extensions: [String]
    /// What else the driver tells.
    public let facts: OpenCLDeviceFacts
    /// It is a part of a device.
    public let isSubdevice: Bool
    public internal(set) var placement: Placement
    /// Computes with half-precision floats.
    public var supportsHalf: Bool { extensions.contains("cl_khr_fp16") }
    /// Floats in a vector register, as the driver says.
    var nativeFloatWidth: Int { facts.nativeFloatWidth }
    let handle: Handle

    /// The driver's id of the device, valid for the life of the process. Its use is thread-safe by the standard.
    struct Handle: @unchecked Sendable {
        let device: cl_device_id
        let platform: cl_platform_id
    }

    public var description: String { "\(name) (\(platform))" }

    /// - Parameter isSubdevice: whether it is a part of a device.
    init(
        _ device: cl_device_id, of platformID: cl_platform_id, platform: String,
        isSubdevice: Bool = false
    ) throws(OpenCLError) {
        let name = try OpenCLDeviceQuery(id: device, name: nil).string(CL_DEVICE_NAME)
        let query = OpenCLDeviceQuery(id: device, name: name)
        self.name = name
        self.platform = platform
        vendor = try query.string(CL_DEVICE_VENDOR)
        version = try query.string(CL_DEVICE_VERSION)
        driverVersion = try query.string(CL_DRIVER_VERSION)
        computeUnits = Int(try query.value(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint(0)))
        maxWorkGroupSize = try query.value(CL_DEVICE_MAX_WORK_GROUP_SIZE, Int(0))
        maxWorkItemSizes = query.list(CL_DEVICE_MAX_WORK_ITEM_SIZES, Int(0))
        globalMemoryBytes = Int(clamping: try query.value(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)))
        maxAllocationBytes = Int(clamping: try query.value(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)))
        hasHostUnifiedMemory = try query.value(CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool(0)) != 0
        extensions = try query.string(CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init)
        facts = try OpenCLDeviceFacts(query)
        let type = try query.value(CL_DEVICE_TYPE, cl_device_type(0))
        kind =
            if type & cl_device_type(CL_DEVICE_TYPE_GPU) != 0 {
                .gpu
            } else if type & cl_device_type(CL_DEVICE_TYPE_CPU) != 0 {
                .cpu
            } else if type & cl_device_type(CL_DEVICE_TYPE_ACCELERATOR) != 0 {
                .accelerator
            } else {
                .other
            }
        placement = kind == .cpu ? .unknownThreads : .ownHardware
        handle = Handle(device: device, platform: platformID)
        self.isSubdevice = isSubdevice
    }
}
