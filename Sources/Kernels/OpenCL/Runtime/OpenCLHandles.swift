// Owners of driver objects: each releases what it made. The drivers' objects may be used from any thread, except
// kernels, whose arguments belong to one thread.
import COpenCL
import NetworkGraph

/// A cl_context with its one device.
final class OpenCLContextHandle: @unchecked Sendable {  // cl_context is thread-safe and never changes
    let pointer: cl_context
    let device: OpenCLDevice

    init(_ device: OpenCLDevice) throws(OpenCLError) {
        var id: cl_device_id? = device.handle.device
        let platform = Int(bitPattern: device.handle.platform)
        var properties: [cl_context_properties] = [cl_context_properties(CL_CONTEXT_PLATFORM), platform, 0]
        var status: cl_int = 0
        let context = clCreateContext(&properties, 1, &id, nil, nil, &status)
        try checkOpenCL(status, "clCreateContext", device.name)
        pointer = context!
        self.device = device
    }

    deinit { clReleaseContext(pointer) }
}

/// A cl_mem buffer.
final class OpenCLBuffer: @unchecked Sendable {  // cl_mem is thread-safe; queues order the access to its content
    let pointer: cl_mem
    let byteCount: Int
    private let context: OpenCLContextHandle

    init(_ context: OpenCLContextHandle, byteCount: Int, flags: Int32 = CL_MEM_READ_WRITE) throws(OpenCLError) {
        var status: cl_int = 0
        let buffer = clCreateBuffer(context.pointer, cl_mem_flags(flags), byteCount, nil, &status)
        try checkOpenCL(status, "clCreateBuffer of \(byteCount) bytes", context.device.name)
        (pointer, self.byteCount, self.context) = (buffer!, byteCount, context)
    }

    /// A read-only buffer with this content.
    /// - Parameter precision: how `values` lie in memory.
    convenience init(
        _ context: OpenCLContextHandle, content: OpenCLConstant, precision: Precision
    ) throws(OpenCLError) {
        switch content {
        case .values(let numbers) where precision == .fp16: try self.init(context, elements: numbers.map(Float16.init))
        case .values(let numbers), .floats(let numbers): try self.init(context, elements: numbers)
        case .integers(let numbers): try self.init(context, elements: numbers)
        }
    }

    /// Memory that the host writes or reads by mapping, without a copy where it shares memory with the device.
    static func staging(_ context: OpenCLContextHandle, byteCount: Int) throws(OpenCLError) -> OpenCLBuffer {
        try OpenCLBuffer(context, byteCount: byteCount, flags: CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR)
    }

    private init(_ context: OpenCLContextHandle, elements: [some BitwiseCopyable]) throws(OpenCLError) {
        var status: cl_int = 0
        let flags = cl_mem_flags(CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR)
        let (buffer, byteCount) = elements.withUnsafeBytes {
            let bytes = UnsafeMutableRawPointer(mutating: $0.baseAddress)
            return (clCreateBuffer(context.pointer, flags, $0.count, bytes, &status), $0.count)
        }
        try checkOpenCL(status, "clCreateBuffer of \(byteCount) bytes", context.device.name)
        (pointer, self.byteCount, self.context) = (buffer!, byteCount, context)
    }

    deinit { clReleaseMemObject(pointer) }
}

/// A cl_kernel with its arguments. One thread at a time.
final class OpenCLKernel {
    let pointer: cl_kernel
    private let device: String

    init(_ pointer: cl_kernel, device: String) { (self.pointer, self.device) = (pointer, device) }

    deinit { clReleaseKernel(pointer) }

    func set(_ index: Int, _ value: Int32) throws(OpenCLError) {
        var value = value
        try check(clSetKernelArg(pointer, cl_uint(index), MemoryLayout<Int32>.size, &value))
    }

    func set(_ index: Int, _ value: Float) throws(OpenCLError) {
        var value = value
        try check(clSetKernelArg(pointer, cl_uint(index), MemoryLayout<Float>.size, &value))
    }

    /// An int4: x, y, width and height.
    func set(_ index: Int, _ area: ImageArea) throws(OpenCLError) {
        var value = SIMD4<Int32>(Int32(area.x), Int32(area.y), Int32(area.width), Int32(area.height))
        try check(clSetKernelArg(pointer, cl_uint(index), MemoryLayout<SIMD4<Int32>>.size, &value))
    }

    func set(_ index: Int, _ buffer: OpenCLBuffer) throws(OpenCLError) {
        var memory: cl_mem? = buffer.pointer
        try check(clSetKernelArg(pointer, cl_uint(index), MemoryLayout<cl_mem?>.size, &memory))
    }

    private func check(_ status: cl_int) throws(OpenCLError) { try checkOpenCL(status, "clSetKernelArg", device) }
}
