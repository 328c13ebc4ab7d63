// An in-order command queue. Owned by one context, used by that context's thread.
import COpenCL

final class OpenCLQueue {
    private let pointer: cl_command_queue
    private let device: String
    // Holds what the queue works in for as long as it may be working.
    private let context: OpenCLContextHandle

    init(_ context: OpenCLContextHandle, profiling: Bool = false) throws(OpenCLError) {
        var status: cl_int = 0
        let properties = cl_command_queue_properties(profiling ? CL_QUEUE_PROFILING_ENABLE : 0)
        let queue = clCreateCommandQueue(context.pointer, context.device.handle.device, properties, &status)
        try checkOpenCL(status, "clCreateCommandQueue", context.device.name)
        (pointer, device, self.context) = (queue!, context.device.name, context)
    }

    /// Waits first: commands that nobody waited for, as the last unmapping, use the queue, and PoCL 6's workers even
    /// where it was released. One that failed waits for nothing, which is all the same here.
    deinit {
        try? finish()
        clReleaseCommandQueue(pointer)
    }

    /// Starts a kernel.
    /// - Parameter event: receives the kernel's event, for profiling.
    func enqueue(
        _ kernel: OpenCLKernel, _ name: String, global: [Int], local: [Int], event: OpenCLEvent? = nil
    ) throws(OpenCLError) {
        let dimensions = cl_uint(global.count)
        let status =
            if let event {
                clEnqueueNDRangeKernel(pointer, kernel.pointer, dimensions, nil, global, local, 0, nil, &event.pointer)
            } else {
                clEnqueueNDRangeKernel(pointer, kernel.pointer, dimensions, nil, global, local, 0, nil, nil)
            }
        try checkOpenCL(status, "clEnqueueNDRangeKernel of '\(name)'", device)
    }

    /// Zeroes a whole buffer.
    func fillWithZeros(_ buffer: OpenCLBuffer) throws(OpenCLError) {
        var zero: Float = 0
        let status = clEnqueueFillBuffer(
            pointer, buffer.pointer, &zero, MemoryLayout<Float>.size, 0, buffer.byteCount, 0, nil, nil)
        try checkOpenCL(status, "clEnqueueFillBuffer", device)
    }

    /// Has a function write bytes to the start of a buffer through a mapping: in place on unified memory, else through
    /// the driver's own pinned memory.
    func write(
        _ byteCount: Int, to buffer: OpenCLBuffer, _ body: (UnsafeMutableRawPointer) -> Void
    ) throws(OpenCLError) {
        let mapped = try map(buffer, CL_MAP_WRITE_INVALIDATE_REGION, byteCount)
        body(mapped)
        try unmap(buffer, mapped)
    }

    /// The same with bytes that are copied. The source is free again on return.
    func upload(_ source: UnsafeRawBufferPointer, to buffer: OpenCLBuffer) throws(OpenCLError) {
        try write(source.count, to: buffer) { $0.copyMemory(from: source.baseAddress!, byteCount: source.count) }
    }

    /// Waits for all that was enqueued, then copies bytes from the start of a buffer, through a mapping.
    func download(_ buffer: OpenCLBuffer, to target: UnsafeMutableRawBufferPointer) throws(OpenCLError) {
        let mapped = try map(buffer, CL_MAP_READ, target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(start: mapped, count: target.count))
        try unmap(buffer, mapped)
    }

    /// Waits for the mapping by its event: behind a blocking call PoCL 6's worker may still be at the queue when that
    /// is released, and aborts the process.
    private func map(_ buffer: OpenCLBuffer, _ flags: Int32, _ count: Int) throws(OpenCLError)
        -> UnsafeMutableRawPointer
    {
        var status: cl_int = 0
        let event = OpenCLEvent()
        let mapped = clEnqueueMapBuffer(
            pointer, buffer.pointer, cl_bool(CL_FALSE), cl_map_flags(flags), 0, count, 0, nil, &event.pointer, &status)
        try checkOpenCL(status, "clEnqueueMapBuffer", device)
        try event.wait(for: "clEnqueueMapBuffer", device: device)
        return mapped!
    }

    private func unmap(_ buffer: OpenCLBuffer, _ mapped: UnsafeMutableRawPointer) throws(OpenCLError) {
        try checkOpenCL(
            clEnqueueUnmapMemObject(pointer, buffer.pointer, mapped, 0, nil, nil), "clEnqueueUnmapMemObject", device)
    }

    func flush() throws(OpenCLError) { try checkOpenCL(clFlush(pointer), "clFlush", device) }

    /// Waits for all that was enqueued; not by clFinish, for the reason that `map` has.
    func finish() throws(OpenCLError) {
        let event = OpenCLEvent()
        try checkOpenCL(
            clEnqueueMarkerWithWaitList(pointer, 0, nil, &event.pointer), "clEnqueueMarkerWithWaitList", device)
        try event.wait(for: "clEnqueueMarkerWithWaitList", device: device)
    }
}

/// The event of one command: of a kernel on a profiling queue, or of what is waited for.
final class OpenCLEvent {
    fileprivate var pointer: cl_event?

    init() {}

    deinit { if let pointer { clReleaseEvent(pointer) } }

    /// Waits for the command, and so for those before it in its queue.
    /// - Parameter call: that enqueued it, for errors: the command's own where it has one.
    fileprivate func wait(for call: String, device: String) throws(OpenCLError) {
        let status = clWaitForEvents(1, &pointer)
        guard status == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST else {
            return try checkOpenCL(status, "clWaitForEvents", device)
        }
        var reason: cl_int = status
        clGetEventInfo(
            pointer, cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS), MemoryLayout<cl_int>.size, &reason, nil)
        try checkOpenCL(reason < 0 ? reason : status, call, device)
    }

    /// Run time of the kernel on the device, once its queue has finished.
    func nanoseconds(device: String) throws(OpenCLError) -> Int {
        var start: cl_ulong = 0
        var end: cl_ulong = 0
        let size = MemoryLayout<cl_ulong>.size
        var status = clGetEventProfilingInfo(pointer, cl_profiling_info(CL_PROFILING_COMMAND_START), size, &start, nil)
        try checkOpenCL(status, "clGetEventProfilingInfo", device)
        status = clGetEventProfilingInfo(pointer, cl_profiling_info(CL_PROFILING_COMMAND_END), size, &end, nil)
        try checkOpenCL(status, "clGetEventProfilingInfo", device)
        return Int(end &- start)
    }
}
