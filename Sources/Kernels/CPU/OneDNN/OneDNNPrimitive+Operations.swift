// The operations that oneDNN computes on floats and on bytes alike: they differ in types and attributes only.
import COneDNN
import NetworkGraph

/// What an operation does besides: `OneDNNAttributes` on floats, `OneDNNScaling` on bytes.
protocol OneDNNPrimitiveAttributes: AnyObject {
    var pointer: OpaquePointer { get }
}

extension OneDNNAttributes: OneDNNPrimitiveAttributes {}
extension OneDNNScaling: OneDNNPrimitiveAttributes {}

extension OneDNNPrimitive {
    static func convolution(
        _ unit: OneDNNUnit, _ algorithm: dnnl_alg_kind_t, from source: OneDNNLayout, _ weights: OneDNNLayout,
        _ bias: OneDNNLayout, to target: OneDNNLayout, _ window: Window, _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        try OneDNNPrimitive("convolution", unit) {
            COneDNN_convolution(
                $0, $1, algorithm, source.pointer, weights.pointer, bias.pointer, target.pointer, window.steps,
                window.gaps, window.nearPadding, window.farPadding, attributes.pointer)
        }
    }

    static func transposedConvolution(
        _ unit: OneDNNUnit, from source: OneDNNLayout, _ weights: OneDNNLayout, _ bias: OneDNNLayout,
        to target: OneDNNLayout, _ layer: TransposedConvolution, _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        let window = layer.window
        let far = [Int64(window.rows.far - layer.extraRows), Int64(window.columns.far - layer.extraColumns)]
        return try OneDNNPrimitive("transposed convolution", unit) {
            COneDNN_transposed_convolution(
                $0, $1, source.pointer, weights.pointer, bias.pointer, target.pointer, window.steps, window.gaps,
                window.nearPadding, far, attributes.pointer)
        }
    }

    /// Products of the last two axes; axes before them repeat.
    static func products(
        _ unit: OneDNNUnit, _ first: OneDNNLayout, _ second: OneDNNLayout, to target: OneDNNLayout,
        _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        try OneDNNPrimitive("matrix multiplication", unit) {
            COneDNN_products($0, $1, first.pointer, second.pointer, target.pointer, attributes.pointer)
        }
    }

    static func innerProduct(
        _ unit: OneDNNUnit, from source: OneDNNLayout, _ weights: OneDNNLayout, _ bias: OneDNNLayout,
        to target: OneDNNLayout, _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        try OneDNNPrimitive("inner product", unit) {
            COneDNN_inner_product(
                $0, $1, source.pointer, weights.pointer, bias.pointer, target.pointer, attributes.pointer)
        }
    }

    static func pooling(
        _ unit: OneDNNUnit, _ algorithm: dnnl_alg_kind_t, from source: OneDNNLayout, to target: OneDNNLayout,
        _ window: Window, _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        try OneDNNPrimitive("pooling", unit) {
            COneDNN_pooling(
                $0, $1, algorithm, source.pointer, target.pointer, window.steps,
                [Int64(window.height), Int64(window.width)], window.gaps, window.nearPadding, window.farPadding,
                attributes.pointer)
        }
    }

    /// The result lies as the first operand does.
    static func binary(
        _ unit: OneDNNUnit, _ algorithm: dnnl_alg_kind_t, _ first: OneDNNLayout, _ second: OneDNNLayout,
        _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        try OneDNNPrimitive("binary function", unit) {
            COneDNN_binary($0, $1, algorithm, first.pointer, second.pointer, first.pointer, attributes.pointer)
        }
    }

    /// Along the second axis.
    static func concatenation(
        _ unit: OneDNNUnit, _ sources: [OneDNNLayout], to target: OneDNNLayout,
        _ attributes: any OneDNNPrimitiveAttributes
    ) throws(CPULibraryError) -> OneDNNPrimitive {
        let pointers: [OpaquePointer?] = sources.map(\.pointer)
        defer { withExtendedLifetime(sources) {} }
        return try OneDNNPrimitive("concatenation", unit) {
            COneDNN_concatenation($0, $1, target.pointer, Int32(pointers.count), 1, pointers, attributes.pointer)
        }
    }
}

extension Window {
    fileprivate var steps: [Int64] { strides.map(Int64.init) }
    /// oneDNN counts the elements between taps.
    fileprivate var gaps: [Int64] { dilations.map { Int64($0 - 1) } }
    fileprivate var nearPadding: [Int64] { [Int64(rows.near), Int64(columns.near)] }
    fileprivate var farPadding: [Int64] { [Int64(rows.far), Int64(columns.far)] }
}
