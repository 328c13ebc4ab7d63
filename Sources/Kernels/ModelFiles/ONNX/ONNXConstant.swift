// A value that is known when a model is imported: weights, shapes, indices. A value type.
import NetworkGraph

/// A dense array of floats or whole numbers, row-major. Extents may be 0: shapes of scalars are such arrays.
struct ONNXConstant: Equatable {
    enum Elements: Equatable {
        case floats([Float])
        case integers([Int])

        var count: Int {
            switch self {
            case .floats(let values): values.count
            case .integers(let values): values.count
            }
        }
    }

    let extents: [Int]
    let elements: Elements
    /// Of whole numbers from a file: which ones there may be.
    let type: ONNXElementType?
    /// Of floats that were made from whole numbers of 8 bits.
    let grid: ONNXWeightGrid?

    /// - Precondition: as many elements as the extents say.
    init(_ extents: [Int], _ elements: Elements, type: ONNXElementType? = nil, grid: ONNXWeightGrid? = nil) {
        precondition(extents.reduce(1, *) == elements.count)
        (self.extents, self.elements, self.type, self.grid) = (extents, elements, type, grid)
    }

    init(_ tensor: Tensor) { self.init(tensor.shape.extents, .floats(tensor.values)) }

    static func scalar(_ value: Float) -> ONNXConstant { ONNXConstant([], .floats([value])) }

    /// Nil for whole numbers, and for what has no elements.
    var tensor: Tensor? {
        guard case .floats(let values) = elements, !values.isEmpty else { return nil }
        return Tensor(Shape(extents), values)
    }

    /// The same elements with other extents.
    func reshaped(_ extents: [Int]) -> ONNXConstant {
        ONNXConstant(extents, elements, type: type, grid: grid?.reshaped(self.extents, extents))
    }

    /// The elements moved, whatever they are.
    /// - Parameter grid: the grids of the result.
    func moved(
        to extents: [Int], grid: ONNXWeightGrid? = nil, floats: ([Float]) -> [Float], integers: ([Int]) -> [Int]
    ) -> ONNXConstant {
        switch elements {
        case .floats(let values): ONNXConstant(extents, .floats(floats(values)), grid: grid)
        case .integers(let values): ONNXConstant(extents, .integers(integers(values)), type: type)
        }
    }

    /// The product of extents from outside.
    /// - Throws: for negative extents, too many, and more elements than a tensor may have. Those beside a 0 count as if
    ///   it weren't there, so that their products are bounded as well.
    static func count(of extents: [Int]) throws(ImportFailure) -> Int {
        guard extents.count <= ImportLimits.rank else { throw .unsupported("a tensor of \(extents.count) axes") }
        var count = 1
        for extent in extents {
            guard extent >= 0 else { throw .invalid("a tensor has the extents \(extents)") }
            let (product, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
            guard !overflow, product <= ImportLimits.elements else {
                throw .unsupported("a tensor of \(extents) is too large: more than \(ImportLimits.elements) elements")
            }
            count = product
        }
        return extents.contains(0) ? 0 : count
    }
}
