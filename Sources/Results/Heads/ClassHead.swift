// The head of classifiers: one number a class. Pure; any thread.

import Glibc
import NetworkGraph

/// The greatest values of an output, as probabilities where they are, or can be made some.
struct ClassHead: Head {
    enum Values: Equatable {
        /// Probabilities already: of a softmax, or each for itself.
        case probabilities
        /// Their logarithms.
        case logarithms
        /// Scores of which a softmax makes probabilities.
        case scores
        /// Scores of which a sigmoid makes a probability each.
        case sigmoids
        /// Anything else.
        case plain
    }

    let output: Int
    let values: Values
    let count: Int
    let name: String
    let reason: String
    var classNames: [String]?
    /// The least probability that is told, where a user says so.
    var threshold: Float?
    var task: ResultTask { .classify }
    var classCount: Int? { count }

    /// - Parameters:
    ///   - areClasses: whether a layer's numbers are scores of classes; they may as well be points, or a description.
    ///   - isForced: whether it is so because a user says so.
    init(_ output: Int, _ facts: OutputFacts, areClasses: Bool = true, isForced: Bool = false) {
        self.output = output
        count = facts.shape.count
        values =
            switch facts.end {
            case .softmax(facts.shape.count): .probabilities
            case .sigmoid: .probabilities
            case .logSoftmax(facts.shape.count): .logarithms
            case .linear where facts.isVector && areClasses: .scores
            default: .plain
            }
        name = areClasses ? "\(count) classes" : "\(count) values"
        let end =
            switch values {
            case .probabilities: facts.end == .sigmoid ? "each its own sigmoid" : "a softmax"
            case .logarithms: "logarithms of a softmax"
            case .scores: "scores of a layer, softmax applied"
            case .sigmoids: "scores, sigmoids applied"
            case .plain where !areClasses: "a layer's, of classes or not (--task classify says they are)"
            case .plain: "values that are no probabilities"
            }
        reason = isForced ? "\(end), as asked for" : "one row of \(count) numbers: \(end)"
    }

    init(
        _ output: Int, count: Int, _ values: Values, reason: String, name: String?, classNames: [String]?,
        threshold: Float?
    ) {
        (self.output, self.count, self.values, self.reason) = (output, count, values, reason)
        (self.classNames, self.threshold) = (classNames, threshold)
        self.name = name ?? "\(count) classes"
    }

    func result(of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices) -> FrameResult {
        guard outputs.indices.contains(output) else { return .classes([], areProbabilities: values != .plain) }
        let all = outputs[output].values
        var best = Self.greatest(choices.classCount, of: all)
        switch values {
        case .probabilities, .plain: break
        case .logarithms: best = best.map { ClassValue(index: $0.index, value: exp($0.value)) }
        case .scores:
            let largest = best.first?.value ?? 0
            let total = all.reduce(Float(0)) { $1.isNaN ? $0 : $0 + exp($1 - largest) }
            best = best.map { ClassValue(index: $0.index, value: exp($0.value - largest) / total) }
        case .sigmoids: best = best.map { ClassValue(index: $0.index, value: sigmoid($0.value)) }
        }
        if values != .plain, let threshold = choices.threshold ?? threshold {
            best.removeAll { !($0.value >= threshold) }
        }
        return .classes(best, areProbabilities: values != .plain)
    }

    /// The most for which placing each value among the best takes less than sorting all.
    private static let placedCount = 64

    /// The greatest values, greatest first; the lower index first where two are equal. What is no number is left out.
    package static func greatest(_ count: Int, of values: [Float]) -> [ClassValue] {
        if count > placedCount {
            let numbers = values.indices.filter { !values[$0].isNaN }
            let sorted = numbers.sorted { a, b in values[a] == values[b] ? a < b : values[a] > values[b] }
            return sorted.prefix(count).map { ClassValue(index: $0, value: values[$0]) }
        }
        var best: [Int] = []
        for index in values.indices where !values[index].isNaN {
            guard best.count < count || values[index] > values[best[count - 1]] else { continue }
            let place = best.firstIndex { values[index] > values[$0] } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map { ClassValue(index: $0, value: values[$0]) }
    }
}

/// One row of numbers.
enum ClassFamily: HeadFamily {
    /// How many classes published networks are trained for whose last layer is no softmax: digits and CIFAR, Places,
    /// ImageNet with and without a background, and all of it.
    private static let usualCounts: Set = [10, 100, 365, 1000, 1001, 21841, 21843]

    static func heads(of network: NetworkFacts) -> [any Head] {
        guard let output = network.onlyOutput, output.isVector, output.end != .argMax else { return [] }
        guard output.end == .linear else { return [ClassHead(0, output)] }
        let count = output.shape.count
        let areClasses = network.labelCount == count || usualCounts.contains(count)
        // A mesh's points without the number beside them.
        guard areClasses || KeypointFamily.meshes[count] == nil else { return [] }
        return [ClassHead(0, output, areClasses: areClasses)]
    }
}

extension Heads {
    /// The first output's values as those of classes, whatever the network is.
    package static func classes(of network: NetworkFacts) -> any Head {
        ClassHead(0, network.outputs[0], isForced: true)
    }
}
