// The extents of a dense tensor.

/// The extents of a dense tensor, outermost first. Feature maps are N×C×H×W, vectors N×C.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    public let extents: [Int]

    /// - Precondition: every extent is at least 1 and the product fits in an `Int`.
    public init(_ extents: [Int]) {
        precondition(extents.allSatisfy { $0 > 0 }, "extents must be positive: \(extents)")
        self.extents = extents
        var count = 1
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            precondition(!overflow, "shape is too large: \(extents)")
            count = product
        }
        self.count = count
    }

    /// The same for extents that come from outside: nil where one is below 1, or the product doesn't fit in an `Int`.
    public init?(validating extents: [Int]) {
        var count = 1
        for extent in extents {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard extent > 0, !overflow else { return nil }
            count = product
        }
        (self.extents, self.count) = (extents, count)
    }

    public init(arrayLiteral extents: Int...) { self.init(extents) }

    /// Number of elements.
    public let count: Int

    public var rank: Int { extents.count }
    public subscript(axis: Int) -> Int { extents[axis] }

    /// The extents of a feature map or vector; height and width of a vector are 1.
    /// - Precondition: rank 2 or 4.
    public var nchw: (batch: Int, channels: Int, height: Int, width: Int) {
        precondition(rank == 2 || rank == 4, "not a feature map: \(self)")
        return rank == 4 ? (extents[0], extents[1], extents[2], extents[3]) : (extents[0], extents[1], 1, 1)
    }

    /// "2×3×4"; "scalar" without extents.
    public var description: String {
        extents.isEmpty ? "scalar" : extents.map(String.init).joined(separator: "×")
    }

    /// The shape that two shapes repeat to, aligned at the last axis (NumPy's rule); nil if they don't match.
    package static func broadcast(_ a: Shape, _ b: Shape) -> [Int]? {
        let rank = max(a.rank, b.rank)
        let (a, b) = (a.extents(ofRank: rank), b.extents(ofRank: rank))
        guard zip(a, b).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
        return zip(a, b).map(max)
    }

    /// Extents with ones put in front.
    package func extents(ofRank rank: Int) -> [Int] { [Int](repeating: 1, count: rank - self.rank) + extents }
}
