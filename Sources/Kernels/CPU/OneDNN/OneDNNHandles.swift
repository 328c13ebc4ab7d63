// oneDNN's objects with Swift's lifetimes. Each is made on one thread and then never changed; oneDNN lets any thread
// use such an object, which is why they are Sendable.
import COneDNN
import NetworkGraph
import Synchronization

/// The CPU, for oneDNN. Outlives whatever was made with it.
final class OneDNNUnit: @unchecked Sendable {
    let pointer: OpaquePointer

    init() throws(CPULibraryError) {
        var made: OpaquePointer?
        try check("dnnl_engine_create", dnnl_engine_create(&made, dnnl_cpu, 0))
        pointer = made!
    }

    deinit { dnnl_engine_destroy(pointer) }
}

/// How a tensor lies in memory: extents, type of elements, order of axes, blocks of channels, padding.
final class OneDNNLayout: @unchecked Sendable, Equatable {
    let pointer: OpaquePointer

    /// - Parameter tag: `dnnl_format_tag_any` leaves the choice to a primitive.
    init(_ extents: [Int], _ tag: dnnl_format_tag_t, _ type: dnnl_data_type_t = dnnl_f32) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check(
            "memory descriptor",
            COneDNN_layout_create(&made, Int32(extents.count), extents.map(Int64.init), type, tag))
        pointer = made!
    }

    /// Row-major.
    static func plain(_ extents: [Int], _ type: dnnl_data_type_t = dnnl_f32) throws(CPULibraryError) -> OneDNNLayout {
        try OneDNNLayout(extents, strides: Reference.strides(extents), type)
    }

    /// Elements `strides` apart.
    init(_ extents: [Int], strides: [Int], _ type: dnnl_data_type_t = dnnl_f32) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check(
            "memory descriptor",
            COneDNN_layout_create_strided(
                &made, Int32(extents.count), extents.map(Int64.init), type, strides.map(Int64.init)))
        pointer = made!
    }

    /// Whatever a primitive likes best.
    static func any(_ extents: [Int], _ type: dnnl_data_type_t = dnnl_f32) throws(CPULibraryError) -> OneDNNLayout {
        try OneDNNLayout(extents, dnnl_format_tag_any, type)
    }

    /// The layout that a primitive chose for one of its operands.
    fileprivate init(_ primitive: OpaquePointer, _ what: dnnl_query_t, _ index: Int32) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check("layout query", COneDNN_layout_query(&made, primitive, what, index))
        pointer = made!
    }

    deinit { COneDNN_layout_destroy(pointer) }

    var bytes: Int { COneDNN_layout_bytes(pointer) }
    var type: dnnl_data_type_t { COneDNN_layout_type(pointer) }

    static func == (a: OneDNNLayout, b: OneDNNLayout) -> Bool { COneDNN_layout_equal(a.pointer, b.pointer) != 0 }
}

/// A depthwise convolution that runs inside the convolution in front of it.
struct OneDNNDepthwise {
    let window: Window
    let activation: Activation
    let type: dnnl_data_type_t
}

/// What an operation does besides: additions and activations on its result, and where it may scribble.
final class OneDNNAttributes {
    let pointer: OpaquePointer

    /// The scratchpad is always the caller's, so that one primitive can run on several threads at once.
    /// - Parameters:
    ///   - addsDestination: adds what the destination held before; the activation comes after it.
    ///   - function: comes behind the activation.
    ///   - depthwise: a convolution that comes after the activation, and the activation after that one.
    init(
        addsDestination: Bool = false, activation: Activation = .identity, function: UnaryFunction? = nil,
        depthwise: OneDNNDepthwise? = nil
    ) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check("dnnl_primitive_attr_create", dnnl_primitive_attr_create(&made))
        pointer = made!
        try check("scratchpad mode", dnnl_primitive_attr_set_scratchpad_mode(made, dnnl_scratchpad_mode_user))
        guard addsDestination || activation != .identity || function != nil || depthwise != nil else { return }
        var operations: OpaquePointer?
        try check("dnnl_post_ops_create", dnnl_post_ops_create(&operations))
        defer { dnnl_post_ops_destroy(operations) }
        if addsDestination { try check("sum post-operation", COneDNN_post_ops_append_sum(operations)) }
        if let (algorithm, alpha, beta) = activation.eltwise {
            try check("activation", COneDNN_post_ops_append_eltwise(operations, algorithm, alpha, beta))
        }
        for (algorithm, alpha, beta) in function?.eltwise ?? [] {
            try check("function", COneDNN_post_ops_append_eltwise(operations, algorithm, alpha, beta))
        }
        if let depthwise {
            let window = depthwise.window
            try check(
                "depthwise post-operation",
                COneDNN_post_ops_append_depthwise(
                    operations, depthwise.type, Int64(window.height), Int64(window.rows.stride), Int64(window.rows.near)
                ))
            if let (algorithm, alpha, beta) = depthwise.activation.eltwise {
                try check("activation", COneDNN_post_ops_append_eltwise(operations, algorithm, alpha, beta))
            }
        }
        try check("post-operations", dnnl_primitive_attr_set_post_ops(made, operations))
    }

    deinit { dnnl_primitive_attr_destroy(pointer) }
}

extension Activation {
    /// oneDNN's elementwise operation for it; nothing for the identity.
    var eltwise: (algorithm: dnnl_alg_kind_t, alpha: Float, beta: Float)? {
        switch self {
        case .identity: nil
        case .relu: (dnnl_eltwise_relu, 0, 0)
        case .clip(let low, let high): (dnnl_eltwise_clip, low, high)
        }
    }
}

/// An operation compiled for the CPU it runs on.
final class OneDNNPrimitive: @unchecked Sendable {
    let pointer: OpaquePointer
    private let description: OpaquePointer
    private let unit: OneDNNUnit

    /// - Parameter describe: makes the primitive descriptor.
    init(
        _ call: StaticString, _ unit: OneDNNUnit,
        describe: (UnsafeMutablePointer<OpaquePointer?>, OpaquePointer) -> dnnl_status_t
    ) throws(CPULibraryError) {
        var described: OpaquePointer?
        var made: OpaquePointer?
        try making.withLock { _ throws(CPULibraryError) in
            try check(call, describe(&described, unit.pointer))
            let status = dnnl_primitive_create(&made, described)
            if status != dnnl_success { dnnl_primitive_desc_destroy(described) }
            try check(call, status)
        }
        (pointer, description, self.unit) = (made!, described!, unit)
    }

    deinit {
        dnnl_primitive_destroy(pointer)
        dnnl_primitive_desc_destroy(description)
    }

    /// oneDNN's name for the code that it chose, "ref…" for its plain loops.
    var implementation: String {
        var name: UnsafePointer<CChar>?
        guard dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name) == dnnl_success, let name
        else { return "" }
        return String(cString: name)
    }

    func source() throws(CPULibraryError) -> OneDNNLayout { try OneDNNLayout(description, dnnl_query_src_md, 0) }
    func weights() throws(CPULibraryError) -> OneDNNLayout { try OneDNNLayout(description, dnnl_query_weights_md, 0) }
    func bias() throws(CPULibraryError) -> OneDNNLayout { try OneDNNLayout(description, dnnl_query_weights_md, 1) }
    /// Weights and biases of a depthwise convolution inside of it, by the role that they are handed over in.
    func depthwise(_ role: Int32) throws(CPULibraryError) -> OneDNNLayout {
        try OneDNNLayout(description, dnnl_query_exec_arg_md, DNNL_ARG_ATTR_POST_OP_DW | role)
    }
    func destination() throws(CPULibraryError) -> OneDNNLayout { try OneDNNLayout(description, dnnl_query_dst_md, 0) }
    func scratchpad() throws(CPULibraryError) -> OneDNNLayout {
        try OneDNNLayout(description, dnnl_query_scratchpad_md, 0)
    }
}

/// One at a time because of oneDNN: of 2.6.3's convolutions in FP32 and in BF16 that are made at the same time, some
/// compute nonsense for good.
private let making = Mutex<Void>(())

/// Runs primitives in order. One thread's own.
final class OneDNNStream {
    let pointer: OpaquePointer
    private let unit: OneDNNUnit

    init(_ unit: OneDNNUnit) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check(
            "dnnl_stream_create", dnnl_stream_create(&made, unit.pointer, UInt32(dnnl_stream_default_flags.rawValue)))
        (pointer, self.unit) = (made!, unit)
    }

    deinit { dnnl_stream_destroy(pointer) }

    func wait() throws(CPULibraryError) { try check("dnnl_stream_wait", dnnl_stream_wait(pointer)) }
}

/// A layout at an address: what primitives read and write. Doesn't own the bytes.
final class OneDNNMemory {
    let pointer: OpaquePointer
    private let unit: OneDNNUnit

    init(_ layout: OneDNNLayout, _ unit: OneDNNUnit, _ data: UnsafeMutableRawPointer) throws(CPULibraryError) {
        var made: OpaquePointer?
        try check("dnnl_memory_create", COneDNN_memory_create(&made, layout.pointer, unit.pointer, data))
        (pointer, self.unit) = (made!, unit)
    }

    deinit { dnnl_memory_destroy(pointer) }
}
