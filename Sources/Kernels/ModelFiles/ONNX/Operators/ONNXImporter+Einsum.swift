// Einsum of one tensor or two: sums, transposes and a product of matrices.
import NetworkGraph

/// Axes by their letters; those of an ellipsis are numbers beyond all letters.
private struct EinsumTerms {
    var operands: [[Int]] = []
    var result: [Int] = []

    private static let ellipsis = 1 << 32

    /// - Throws: unless the equation is one for operands of these ranks.
    init(_ equation: String, ranks: [Int]) throws(ImportFailure) {
        let text = equation.filter { $0 != " " }
        let sides = Self.split(text, at: "->")
        let terms = Self.split(sides[0], at: ",")
        guard sides.count <= 2, terms.count == ranks.count, text.utf8.count <= 256 else { throw Self.wrong(equation) }
        var common = 0
        for (term, rank) in zip(terms, ranks) {
            let letters = try Self.letters(term, equation)
            let open = rank - letters.count
            guard letters.hasEllipsis ? open >= 0 : open == 0 else { throw Self.wrong(equation) }
            common = max(common, open)
        }
        for (term, rank) in zip(terms, ranks) {
            let letters = try Self.letters(term, equation)
            operands.append(letters.axes(open: rank - letters.count, of: common))
        }
        if sides.count == 2 {
            result = try Self.letters(sides[1], equation).axes(open: common, of: common)
        } else {
            let all = operands.flatMap { $0 }.filter { $0 < Self.ellipsis }
            let single = Set(all).filter { letter in all.filter { $0 == letter }.count == 1 }
            result = (0..<common).map { Self.ellipsis + $0 } + single.sorted()
        }
        let known = Set(operands.flatMap { $0 })
        guard Set(result).count == result.count, result.allSatisfy(known.contains) else { throw Self.wrong(equation) }
    }

    private static func wrong(_ equation: String) -> ImportFailure {
        .invalid("the equation '\(equation.prefix(64))' does not fit the operands")
    }

    private static func split(_ text: String, at mark: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while let place = rest.firstRange(of: mark) {
            parts.append(String(rest[..<place.lowerBound]))
            rest = rest[place.upperBound...]
        }
        return parts + [String(rest)]
    }

    private struct Letters {
        var before: [Int] = []
        var after: [Int] = []
        var hasEllipsis = false
        var count: Int { before.count + after.count }

        func axes(open: Int, of common: Int) -> [Int] {
            guard hasEllipsis else { return before }
            return before + (common - open..<common).map { EinsumTerms.ellipsis + $0 } + after
        }
    }

    private static func letters(_ term: String, _ equation: String) throws(ImportFailure) -> Letters {
        var letters = Letters()
        let parts = split(term, at: "...")
        guard parts.count <= 2 else { throw wrong(equation) }
        for (index, part) in parts.enumerated() {
            for byte in part.utf8 {
                guard (65...90).contains(byte) || (97...122).contains(byte) else { throw wrong(equation) }
                if index == 0 { letters.before.append(Int(byte)) } else { letters.after.append(Int(byte)) }
            }
        }
        letters.hasEllipsis = parts.count == 2
        return letters
    }
}

extension ONNXImporter {
    mutating func einsum(_ operands: ONNXOperands) throws(ImportFailure) -> ONNXValue {
        guard let equation = try operands.text("equation") else { throw .invalid("attribute 'equation' is left out") }
        guard (1...2).contains(operands.inputs.count) else {
            throw .unsupported("Einsum of \(operands.inputs.count) tensors")
        }
        var ranks: [Int] = []
        for input in operands.inputs { ranks.append(try extents(input).count) }
        let terms = try EinsumTerms(equation, ranks: ranks)
        var parts: [Labelled] = []
        for (index, axes) in terms.operands.enumerated() {
            let others = Set(terms.result + (terms.operands.count == 2 ? terms.operands[1 - index] : []))
            parts.append(try summed(try diagonal(Labelled(value: operands[index], axes: axes)), keeping: others))
        }
        let result = parts.count == 1 ? parts[0] : try product(parts[0], parts[1], terms.result)
        return try ordered(result, terms.result).value
    }

    private struct Labelled {
        var value: ONNXValue
        var axes: [Int]
    }

    /// Axes in another order.
    private mutating func ordered(_ part: Labelled, _ axes: [Int]) throws(ImportFailure) -> Labelled {
        if part.axes == axes { return part }
        var permutation: [Int] = []
        for axis in axes {
            guard let place = part.axes.firstIndex(of: axis) else { throw .invalid("an axis is missing") }
            permutation.append(place)
        }
        return Labelled(value: try transposed(part.value, permutation), axes: axes)
    }

    /// Of axes with the same letter only what lies on their diagonal stays.
    private mutating func diagonal(_ part: Labelled) throws(ImportFailure) -> Labelled {
        var part = part
        while let twice = part.axes.first(where: { axis in part.axes.filter { $0 == axis }.count > 1 }) {
            let places = part.axes.indices.filter { part.axes[$0] == twice }
            let (first, second) = (places[0], places[1])
            let others = part.axes.indices.filter { $0 != first && $0 != second }
            let extents = try extents(part.value)
            let extent = extents[first]
            guard extents[second] == extent, extent > 0 else { throw .invalid("a diagonal of \(extents)") }
            let turned = try transposed(part.value, others + [first, second])
            let kept = others.map { extents[$0] }
            let flat = try reshaped(turned, kept + [try ONNXConstant.count(of: [extent, extent])])
            let onDiagonal = try indices(count: extent) { $0 * (extent + 1) }
            part.value = try gathered(flat, axis: kept.count, onDiagonal)
            part.axes = others.map { part.axes[$0] } + [twice]
        }
        return part
    }

    /// Axes that nothing else has are summed up.
    private mutating func summed(_ part: Labelled, keeping axes: Set<Int>) throws(ImportFailure) -> Labelled {
        let places = part.axes.indices.filter { !axes.contains(part.axes[$0]) }
        if places.isEmpty { return part }
        let sum = try emit(.reduction(Reduction(.sum, axes: places)), part.value)
        let kept = try extents(part.value).without(places)
        return Labelled(value: try reshaped(sum, kept), axes: part.axes.without(places))
    }

    /// As a product of matrices: axes of both that stay are in front, those that don't are summed over.
    private mutating func product(_ a: Labelled, _ b: Labelled, _ result: [Int]) throws(ImportFailure) -> Labelled {
        let common = a.axes.filter { b.axes.contains($0) && result.contains($0) }
        let inner = a.axes.filter { b.axes.contains($0) && !result.contains($0) }
        let rows = a.axes.filter { !b.axes.contains($0) }
        let columns = b.axes.filter { !a.axes.contains($0) }
        let first = try ordered(a, common + rows + inner).value
        let second = try ordered(b, common + inner + columns).value
        let (x, y) = (try extents(first), try extents(second))
        let depth = Array(y[common.count..<common.count + inner.count])
        guard Array(x.suffix(inner.count)) == depth else { throw .invalid("cannot multiply \(x) and \(y)") }
        let m = Array(x[common.count..<common.count + rows.count])
        let n = Array(y.suffix(columns.count))
        let k = depth.reduce(1, *)
        let left = try reshaped(first, Array(x.prefix(common.count)) + [m.reduce(1, *), k])
        let right = try reshaped(second, Array(y.prefix(common.count)) + [k, n.reduce(1, *)])
        let product = try matrixMultiplication(left, right)
        let outer = Array(try extents(product).dropLast(2))
        return Labelled(value: try reshaped(product, outer + m + n), axes: common + rows + columns)
    }
}
