// One OpenCL device and what its driver says of it. Immutable; any thread may use it.
import COpenCL

/// An OpenCL device: a GPU, an accelerator, or the CPU cores that a runtime such as PoCL uses.
public struct OpenCLDevice: Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable { case gpu, cpu, accelerator, other }

    public let name: String
    public let platform: String
    public let vendor: String
    public let kind: Kind
    /// The OpenCL version it implements, as the driver words it.
    public let version: String
    public let driverVersion: String
    public let computeUnits: Int
    public let maxWorkGroupSize: Int
    public let globalMemoryBytes: Int
    public let maxAllocationBytes: Int
    /// Shares memory with the host, so that mapping a buffer copies nothing.
    public let hasHostUnifiedMemory: Bool
    public let extensions: [String]
    /// Computes with half-precision floats.
    public var supportsHalf: Bool { extensions.contains("cl_khr_fp16") }
    /// Floats in a vector register, as the driver says.
    let nativeFloatWidth: Int
    let handle: Handle

    /// The driver's id of the device. Ids of root devices are valid for the life of the process, and their use is
    /// thread-safe by the standard.
    struct Handle: @unchecked Sendable {
        let device: cl_device_id
        let platform: cl_platform_id
    }

    public var description: String { "\(name) (\(platform))" }

    init(_ device: cl_device_id, of platformID: cl_platform_id, platform: String) throws(OpenCLError) {
        let name = try Self.string(device, CL_DEVICE_NAME, nil)
        self.name = name
        self.platform = platform
        vendor = try Self.string(device, CL_DEVICE_VENDOR, name)
        version = try Self.string(device, CL_DEVICE_VERSION, name)
        driverVersion = try Self.string(device, CL_DRIVER_VERSION, name)
        computeUnits = Int(try Self.value(device, CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint(0), name))
        maxWorkGroupSize = try Self.value(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, Int(0), name)
        globalMemoryBytes = Int(clamping: try Self.value(device, CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0), name))
        maxAllocationBytes = Int(clamping: try Self.value(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0), name))
        hasHostUnifiedMemory = try Self.value(device, CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool(0), name) != 0
        nativeFloatWidth = Int(try Self.value(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint(0), name))
        extensions = try Self.string(device, CL_DEVICE_EXTENSIONS, name).split(separator: " ").map(String.init)
        let type = try Self.value(device, CL_DEVICE_TYPE, cl_device_type(0), name)
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
        handle = Handle(device: device, platform: platformID)
    }

    private static func value<T: BitwiseCopyable>(
        _ device: cl_device_id, _ parameter: Int32, _ initial: T, _ name: String
    ) throws(OpenCLError) -> T {
        var value = initial
        let status = clGetDeviceInfo(device, cl_device_info(parameter), MemoryLayout<T>.size, &value, nil)
        try checkOpenCL(status, "clGetDeviceInfo", name)
        return value
    }

    private static func string(_ device: cl_device_id, _ parameter: Int32, _ name: String?) throws(OpenCLError)
        -> String
    {
        try openCLString("clGetDeviceInfo", name) {
            clGetDeviceInfo(device, cl_device_info(parameter), $0, $1, $2)
        }
    }
}

/// Reads a string whose length the call tells first: `query(size, destination, &sizeNeeded)`.
func openCLString(
    _ call: String, _ device: String?, _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
) throws(OpenCLError) -> String {
    var size = 0
    try checkOpenCL(query(0, nil, &size), call, device)
    var bytes = [UInt8](repeating: 0, count: size)
    try checkOpenCL(query(size, &bytes, nil), call, device)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
