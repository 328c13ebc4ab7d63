// What a driver tells of a device beyond what choosing and running need: the facts that `clinfo` shows.
import COpenCL

/// Facts of an OpenCL device for people who compare or tune; nil for what a driver doesn't tell.
public struct OpenCLDeviceFacts: Sendable, Equatable {
    /// How a device can be cut into sub-devices.
    public enum Partition: String, Sendable {
        case equally
        case byCounts = "by_counts"
        case byAffinityDomain = "by_affinity"
    }

    /// The OpenCL C version, as the driver words it.
    public let languageVersion: String
    public let clockMegahertz: Int
    public let localMemoryBytes: Int
    /// Of the cache before global memory; 0 where there is none.
    public let cacheBytes: Int?
    public let cacheLineBytes: Int?
    /// Values in the vectors that suit the compiler, and the hardware; 0 for a type that the device lacks.
    public let preferredFloatWidth: Int
    public let nativeFloatWidth: Int
    public let preferredHalfWidth: Int?
    public let nativeHalfWidth: Int?
    public let supportsImages: Bool
    /// Most sub-groups of a work-group; nil where the device has none.
    public let maxSubgroups: Int?
    public let partitions: [Partition]
    /// Most parts that a partition may have.
    public let maxSubdevices: Int
    /// It runs functions of the host on the threads of the device, which tells which ones they are.
    let runsNativeKernels: Bool
    /// Has instructions for the products of four pairs of signed bytes.
    let multipliesBytes: Bool

    init(_ query: OpenCLDeviceQuery) throws(OpenCLError) {
        languageVersion = try query.string(CL_DEVICE_OPENCL_C_VERSION)
        clockMegahertz = Int(try query.value(CL_DEVICE_MAX_CLOCK_FREQUENCY, cl_uint(0)))
        localMemoryBytes = Int(clamping: try query.value(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)))
        preferredFloatWidth = Int(try query.value(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, cl_uint(0)))
        nativeFloatWidth = Int(try query.value(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint(0)))
        cacheBytes = query.optional(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, cl_ulong(0)).map(Int.init(clamping:))
        cacheLineBytes = query.optional(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, cl_uint(0)).map(Int.init)
        preferredHalfWidth = query.optional(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, cl_uint(0)).map(Int.init)
        nativeHalfWidth = query.optional(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, cl_uint(0)).map(Int.init)
        supportsImages = query.optional(CL_DEVICE_IMAGE_SUPPORT, cl_bool(0)) ?? 0 != 0
        let subgroups = query.optional(Self.maxSubgroupsQuery, cl_uint(0)).map(Int.init)
        maxSubgroups = subgroups == 0 ? nil : subgroups
        partitions = query.list(CL_DEVICE_PARTITION_PROPERTIES, cl_device_partition_property(0)).compactMap {
            switch Int32($0) {
            case CL_DEVICE_PARTITION_EQUALLY: .equally
            case CL_DEVICE_PARTITION_BY_COUNTS: .byCounts
            case CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN: .byAffinityDomain
            default: nil
            }
        }
        maxSubdevices = query.optional(CL_DEVICE_PARTITION_MAX_SUB_DEVICES, cl_uint(0)).map(Int.init) ?? 0
        // Of four pairs in an int each, signed ones first. Early drivers don't know the question.
        multipliesBytes = query.list(Self.dotProductAcceleration, cl_bool(0)).first != 0
        let execution = query.optional(CL_DEVICE_EXECUTION_CAPABILITIES, cl_device_exec_capabilities(0)) ?? 0
        runsNativeKernels = execution & cl_device_exec_capabilities(CL_EXEC_NATIVE_KERNEL) != 0
    }

    /// CL_DEVICE_MAX_NUM_SUB_GROUPS of OpenCL 2.1; older drivers refuse it.
    private static let maxSubgroupsQuery: Int32 = 0x105C
    /// CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR
    private static let dotProductAcceleration: Int32 = 0x1075
}

extension OpenCLDevice {
    public var supportsDouble: Bool { extensions.contains("cl_khr_fp64") }
    /// Has instructions for dot products of 8-bit integers.
    public var supportsIntegerDotProduct: Bool { extensions.contains("cl_khr_integer_dot_product") }
    /// How kernels use these; nil without.
    var dotProduct: DotProduct? {
        if supportsIntegerDotProduct && facts.multipliesBytes && facts.languageVersion.hasPrefix("OpenCL C 3") {
            return .packed
        }
        return extensions.contains("cl_arm_integer_dot_product_accumulate_int8") ? .arm : nil
    }
    public var supportsSubgroups: Bool {
        facts.maxSubgroups != nil || extensions.contains { ["cl_khr_subgroups", "cl_intel_subgroups"].contains($0) }
    }
}

/// Asks a driver about one device.
struct OpenCLDeviceQuery {
    let id: cl_device_id
    /// What errors call the device.
    let name: String?

    func value<T: BitwiseCopyable>(_ parameter: Int32, _ initial: T) throws(OpenCLError) -> T {
        var value = initial
        let status = clGetDeviceInfo(id, cl_device_info(parameter), MemoryLayout<T>.size, &value, nil)
        try checkOpenCL(status, "clGetDeviceInfo", name)
        return value
    }

    /// nil where the driver doesn't know the question.
    func optional<T: BitwiseCopyable>(_ parameter: Int32, _ initial: T) -> T? {
        try? value(parameter, initial)
    }

    func string(_ parameter: Int32) throws(OpenCLError) -> String {
        try openCLString("clGetDeviceInfo", name) { clGetDeviceInfo(id, cl_device_info(parameter), $0, $1, $2) }
    }

    /// Empty where the driver doesn't know the question.
    func list<T: BitwiseCopyable>(_ parameter: Int32, _ blank: T) -> [T] {
        var size = 0
        guard clGetDeviceInfo(id, cl_device_info(parameter), 0, nil, &size) == CL_SUCCESS else { return [] }
        var values = [T](repeating: blank, count: size / MemoryLayout<T>.stride)
        let status = clGetDeviceInfo(id, cl_device_info(parameter), values.count * MemoryLayout<T>.stride, &values, nil)
        return status == CL_SUCCESS ? values : []
    }
}

/// Reads a string whose length the call tells first: `query(size, destination, &sizeNeeded)`. Without the blanks that
/// versions end in.
func openCLString(
    _ call: String, _ device: String?, _ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int
) throws(OpenCLError) -> String {
    var size = 0
    try checkOpenCL(query(0, nil, &size), call, device)
    var bytes = [UInt8](repeating: 0, count: size)
    try checkOpenCL(query(size, &bytes, nil), call, device)
    let text = bytes.prefix { $0 != 0 }
    return String(decoding: text[..<((text.lastIndex { $0 != UInt8(ascii: " ") } ?? -1) + 1)], as: UTF8.self)
}
