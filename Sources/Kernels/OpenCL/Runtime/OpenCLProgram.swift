// A built program, from its source or from a driver's binary of it. Owned by the networks that use it; any thread.
import COpenCL
import Glibc

/// A built cl_program.
final class OpenCLProgram: @unchecked Sendable {  // a built program never changes
    enum Origin { case source, binary }

    let origin: Origin
    private let pointer: cl_program
    private let context: OpenCLContextHandle

    /// Compiles.
    /// - Parameter name: what errors call it.
    /// - Throws: `build` with the compiler's log.
    init(_ context: OpenCLContextHandle, name: String, source: [UInt8], options: String) throws(OpenCLError) {
        var status: cl_int = 0
        let program = source.withUnsafeBytes { bytes in
            var text: UnsafePointer<CChar>? = bytes.bindMemory(to: CChar.self).baseAddress
            var length = bytes.count
            return clCreateProgramWithSource(context.pointer, 1, &text, &length, &status)
        }
        try checkOpenCL(status, "clCreateProgramWithSource", context.device.name)
        (pointer, self.context, origin) = (program!, context, .source)
        status = Self.build(pointer, context, options)
        if status == CL_SUCCESS { return }
        // Drivers also explain refused options in the log, under other errors.
        let log = buildLog
        if status == CL_BUILD_PROGRAM_FAILURE || !log.isEmpty {
            throw .build(program: name, device: context.device.name, log: log)
        }
        try checkOpenCL(status, "clBuildProgram of '\(name)'", context.device.name)
    }

    /// Loads what `binary()` gave for this device, driver and options; nil where the driver refuses it, for whatever
    /// reason: then the source is there.
    init?(_ context: OpenCLContextHandle, binary: [UInt8], options: String) {
        var status: cl_int = 0
        var binaryStatus: cl_int = 0
        var device: cl_device_id? = context.device.handle.device
        let program = binary.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            var length = bytes.count
            return clCreateProgramWithBinary(context.pointer, 1, &device, &length, &start, &binaryStatus, &status)
        }
        guard let program else { return nil }
        (pointer, self.context, origin) = (program, context, .binary)
        guard status == CL_SUCCESS, binaryStatus == CL_SUCCESS,
            Self.build(program, context, options) == CL_SUCCESS
        else { return nil }
    }

    deinit { clReleaseProgram(pointer) }

    private static func build(_ program: cl_program, _ context: OpenCLContextHandle, _ options: String) -> cl_int {
        var device: cl_device_id? = context.device.handle.device
        return clBuildProgram(program, 1, &device, options, nil, nil)
    }

    private var buildLog: String {
        let log = try? openCLString("clGetProgramBuildInfo", nil) {
            clGetProgramBuildInfo(
                pointer, context.device.handle.device, cl_program_build_info(CL_PROGRAM_BUILD_LOG), $0, $1, $2)
        }
        return log ?? ""
    }

    func makeKernel(_ name: String) throws(OpenCLError) -> OpenCLKernel {
        var status: cl_int = 0
        let kernel = clCreateKernel(pointer, name, &status)
        try checkOpenCL(status, "clCreateKernel of '\(name)'", context.device.name)
        return OpenCLKernel(kernel!, device: context.device.name)
    }

    /// The driver's binary; nil where it has none to give.
    ///
    /// Ask once kernels have run: drivers that compile late (PoCL at a kernel's first launch, Mali T6xx when it is
    /// created) then put that code in, too. PoCL 3.1 compiles every kernel once more for this, for work-groups of any
    /// size, which takes as long as the first launches did.
    func binary() -> [UInt8]? {
        // The context has one device, so that there is one binary.
        var count = 0
        let size = MemoryLayout<Int>.size
        guard clGetProgramInfo(pointer, cl_program_info(CL_PROGRAM_BINARY_SIZES), size, &count, nil) == CL_SUCCESS,
            count > 0
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let status = bytes.withUnsafeMutableBufferPointer { bytes in
            var start = bytes.baseAddress
            let size = MemoryLayout<UnsafeMutablePointer<UInt8>?>.size
            return clGetProgramInfo(pointer, cl_program_info(CL_PROGRAM_BINARIES), size, &start, nil)
        }
        return status == CL_SUCCESS ? bytes : nil
    }
}

extension OpenCLDevice {
    /// Whether its driver keeps what it builds on disk by itself. Then binaries are left alone: PoCL loads a network's
    /// programs as fast from its own cache, and asking it for binaries doubles the seconds of the first start.
    var driverKeepsPrograms: Bool {
        platform == PoCL.platform && getenv("POCL_KERNEL_CACHE").map { String(cString: $0) } != "0"
    }
}
