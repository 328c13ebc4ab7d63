// What can go wrong with OpenCL: which call, on which device, under which name the standard knows it.
import COpenCL
import NetworkGraph

/// A failure of the OpenCL runtime, a driver or a device.
public enum OpenCLError: Error, Equatable, CustomStringConvertible {
    /// No OpenCL platform is installed (the loader finds no driver).
    case noPlatform
    /// A call failed. `status` is the standard's name of the error, for example `CL_OUT_OF_RESOURCES`; `device` is nil
    /// for calls that concern none.
    case call(String, status: String, device: String?)
    /// A program doesn't build; `log` is the compiler's.
    case build(program: String, device: String, log: String)
    /// CPU devices were given other cores earlier: a process can choose them only once, before its first OpenCL call.
    case coresAlreadyChosen(chosen: [Int]?, requested: [Int])
    /// A CPU device can't be kept to these cores.
    case confinement(device: String, cores: [Int], reason: String)
    /// A device can't be cut into parts of so many compute units.
    case partition(device: String, computeUnits: [Int], reason: String)
    /// The calling thread can't be bound to these cores.
    case binding(cores: [Int], errno: Int32)
    /// A network needs more memory than this engine can address.
    case tooLarge(network: String, values: Int)
    /// The device doesn't compute in this precision: FP16 needs cl_khr_fp16, and kernels for BF16 there are none.
    case precision(Precision, device: String)

    public var description: String {
        switch self {
        case .noPlatform: "no OpenCL platform is installed (CL_PLATFORM_NOT_FOUND_KHR)"
        case .call(let call, let status, let device):
            "\(call) failed with \(status)" + (device.map { " on '\($0)'" } ?? "")
        case .build(let program, let device, let log):
            "OpenCL program '\(program)' does not build for '\(device)':\n\(log)"
        case .coresAlreadyChosen(let chosen, let requested):
            "OpenCL CPU devices already run on \(chosen.map { "cores \($0)" } ?? "all cores"); "
                + "they cannot be moved to cores \(requested) in this process"
        case .confinement(let device, let cores, let reason):
            "OpenCL device '\(device)' cannot be kept to CPUs \(cores): \(reason)"
        case .partition(let device, let counts, let reason):
            "OpenCL device '\(device)' cannot be cut into parts of \(counts) compute units: \(reason)"
        case .binding(let cores, let errno): "cannot bind the calling thread to cores \(cores): errno \(errno)"
        case .tooLarge(let network, let values):
            "network '\(network)' needs \(values) numbers in one OpenCL buffer, more than kernels can index"
        case .precision(let precision, let device):
            "OpenCL device '\(device)' does not compute in \(precision.rawValue)"
                + (precision == .fp16 ? ": it lacks cl_khr_fp16" : "")
        }
    }
}

/// Throws unless a call succeeded.
func checkOpenCL(_ status: cl_int, _ call: String, _ device: String?) throws(OpenCLError) {
    if status != CL_SUCCESS { throw .call(call, status: openCLStatusName(status), device: device) }
}

/// The standard's name of an error code, or the number where it has none.
func openCLStatusName(_ status: cl_int) -> String {
    switch status {
    case CL_DEVICE_NOT_FOUND: "CL_DEVICE_NOT_FOUND"
    case CL_DEVICE_NOT_AVAILABLE: "CL_DEVICE_NOT_AVAILABLE"
    case CL_COMPILER_NOT_AVAILABLE: "CL_COMPILER_NOT_AVAILABLE"
    case CL_MEM_OBJECT_ALLOCATION_FAILURE: "CL_MEM_OBJECT_ALLOCATION_FAILURE"
    case CL_OUT_OF_RESOURCES: "CL_OUT_OF_RESOURCES"
    case CL_OUT_OF_HOST_MEMORY: "CL_OUT_OF_HOST_MEMORY"
    case CL_PROFILING_INFO_NOT_AVAILABLE: "CL_PROFILING_INFO_NOT_AVAILABLE"
    case CL_BUILD_PROGRAM_FAILURE: "CL_BUILD_PROGRAM_FAILURE"
    case CL_MAP_FAILURE: "CL_MAP_FAILURE"
    case CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"
    case CL_DEVICE_PARTITION_FAILED: "CL_DEVICE_PARTITION_FAILED"
    case CL_INVALID_VALUE: "CL_INVALID_VALUE"
    case CL_INVALID_DEVICE_TYPE: "CL_INVALID_DEVICE_TYPE"
    case CL_INVALID_PLATFORM: "CL_INVALID_PLATFORM"
    case CL_INVALID_DEVICE: "CL_INVALID_DEVICE"
    case CL_INVALID_CONTEXT: "CL_INVALID_CONTEXT"
    case CL_INVALID_QUEUE_PROPERTIES: "CL_INVALID_QUEUE_PROPERTIES"
    case CL_INVALID_COMMAND_QUEUE: "CL_INVALID_COMMAND_QUEUE"
    case CL_INVALID_MEM_OBJECT: "CL_INVALID_MEM_OBJECT"
    case CL_INVALID_BINARY: "CL_INVALID_BINARY"
    case CL_INVALID_BUILD_OPTIONS: "CL_INVALID_BUILD_OPTIONS"
    case CL_INVALID_PROGRAM: "CL_INVALID_PROGRAM"
    case CL_INVALID_PROGRAM_EXECUTABLE: "CL_INVALID_PROGRAM_EXECUTABLE"
    case CL_INVALID_KERNEL_NAME: "CL_INVALID_KERNEL_NAME"
    case CL_INVALID_KERNEL_DEFINITION: "CL_INVALID_KERNEL_DEFINITION"
    case CL_INVALID_KERNEL: "CL_INVALID_KERNEL"
    case CL_INVALID_ARG_INDEX: "CL_INVALID_ARG_INDEX"
    case CL_INVALID_ARG_VALUE: "CL_INVALID_ARG_VALUE"
    case CL_INVALID_ARG_SIZE: "CL_INVALID_ARG_SIZE"
    case CL_INVALID_KERNEL_ARGS: "CL_INVALID_KERNEL_ARGS"
    case CL_INVALID_WORK_DIMENSION: "CL_INVALID_WORK_DIMENSION"
    case CL_INVALID_WORK_GROUP_SIZE: "CL_INVALID_WORK_GROUP_SIZE"
    case CL_INVALID_WORK_ITEM_SIZE: "CL_INVALID_WORK_ITEM_SIZE"
    case CL_INVALID_GLOBAL_OFFSET: "CL_INVALID_GLOBAL_OFFSET"
    case CL_INVALID_EVENT_WAIT_LIST: "CL_INVALID_EVENT_WAIT_LIST"
    case CL_INVALID_EVENT: "CL_INVALID_EVENT"
    case CL_INVALID_OPERATION: "CL_INVALID_OPERATION"
    case CL_INVALID_BUFFER_SIZE: "CL_INVALID_BUFFER_SIZE"
    case CL_INVALID_GLOBAL_WORK_SIZE: "CL_INVALID_GLOBAL_WORK_SIZE"
    case CL_INVALID_PROPERTY: "CL_INVALID_PROPERTY"
    case CL_INVALID_DEVICE_PARTITION_COUNT: "CL_INVALID_DEVICE_PARTITION_COUNT"
    case platformNotFound: "CL_PLATFORM_NOT_FOUND_KHR"
    default: "error \(status)"
    }
}

/// CL_PLATFORM_NOT_FOUND_KHR of the cl_khr_icd extension: the loader found no driver.
let platformNotFound: cl_int = -1001
