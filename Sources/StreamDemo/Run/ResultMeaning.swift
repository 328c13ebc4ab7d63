// What a stream's results mean: what the user wants, what was recognised, and what classes are called. Made with the
// stream; values.

import Devices
import Foundation
import Kernels
import Results

/// What a user wants of results.
struct ResultPlan {
    var task = ResultOptions.Task.auto
    var choices = ResultChoices()
    /// What the outputs are, in the user's words.
    var head: HeadDescription?
    /// Where outputs go; nil for nowhere.
    var tensors: TensorFiles?
}

/// How a network's outputs become results.
struct ResultMeaning {
    /// nil: they are told as they are, or not at all.
    let head: (any Head)?
    let choices: ResultChoices
    let labels: Labels?
    /// What doesn't fit between labels and network.
    let labelsNote: String?
    let row: ResultsRow
    private let input: ImageInput

    /// - Parameters:
    ///   - labels: those given, or packed with a model.
    ///   - source: what to call them.
    ///   - isAssumed: whether nobody says what the network's pictures are made of.
    ///   - statedTask: what a model's file says that it is for.
    /// - Throws: `UsageError` where a task is asked for that the network isn't recognised as; what a description
    ///   throws.
    init(
        _ plan: ResultPlan, _ network: Network, labels: Labels?, from source: String, isAssumed: Bool,
        statedTask: String?
    ) throws {
        (choices, input) = (plan.choices, network.frames)
        var note: String?
        let facts = NetworkFacts(network, labelCount: labels?.count, statedTask: statedTask)
        let head = try facts.flatMap { try Self.head(plan, $0, network.name, &note) }
        self.head = head
        // A mask's one name is the foreground's.
        let isOfForeground = head?.task == .segment && head?.classCount == 2 && labels?.count == 1
        let labels = isOfForeground ? Labels(["background", labels?[0] ?? ""]) : labels
        self.labels = labels ?? head?.classNames.map { Labels($0) }
        labelsNote = labels.flatMap { labels in
            head?.classCount.flatMap { labels.mismatch(classCount: $0, in: source) }
        }
        let labelsFrom = labels != nil ? source : head?.classNames != nil ? "the head's usual ones" : nil
        if isAssumed, let pictures = head?.makersPictures { note = "its makers feed it \(pictures)" }
        row = ResultsRow(head, network, note: note, labels: labelsFrom)
    }

    private static func head(
        _ plan: ResultPlan, _ facts: NetworkFacts, _ network: String, _ note: inout String?
    ) throws -> (any Head)? {
        if plan.task == .tensors { return nil }
        if let description = plan.head { return try Heads.described(by: description, facts) }
        // Names that don't fit are warned of, and hide nothing.
        let asStated = Heads.recognize(facts)
        let recognition = asStated.isNone ? Heads.recognize(facts.withoutLabels) : asStated
        guard let task = plan.task.wanted else {
            switch recognition {
            case .one(let head): return head
            case .several(let heads):
                note = "its outputs may be \(heads.map(\.name).joined(separator: ", or ")): --task or --head says which"
            case .none: note = "its outputs are none that are known: --tensors writes them, --head says what they are"
            }
            return nil
        }
        if task == .classify { return Heads.classes(of: facts) }
        switch recognition.only(task) {
        case .one(let head): return head
        case .several(let heads):
            throw UsageError(
                "--task \(task.rawValue): \(network) may be \(heads.map(\.name).joined(separator: ", or "))")
        case .none:
            throw UsageError(
                """
                --task \(task.rawValue): nothing of the kind is recognised in the outputs of \(network) \
                (\(facts.outputs.text)); --head says what they are
                """)
        }
    }

    /// - Parameter size: of the upright frame.
    func result(of outputs: [Tensor], frameWidth: Int, frameHeight: Int) -> FrameResult? {
        head?.result(
            of: outputs, in: FrameGeometry(frameWidth: frameWidth, frameHeight: frameHeight, in: input), choices)
    }
}

extension Recognition {
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}

extension [OutputFacts] {
    /// "'boxes' 1×4420×4, 'scores' 1×4420×2".
    fileprivate var text: String {
        let texts = prefix(16).map { "'\($0.name)' \($0.shape)" }
        return texts.joined(separator: ", ") + (count > 16 ? ", …" : "")
    }
}

/// What results are, for the summary.
struct ResultsRow: Encodable {
    struct Output: Encodable {
        let name: String
        let shape: [Int]
    }

    /// "tensors" where nothing is made of the outputs.
    let task: String
    /// What was recognised; null for tensors.
    let head: OrNull<String>
    /// By what.
    let reason: OrNull<String>
    /// Where the names of classes come from; null for none.
    let labels: OrNull<String>
    /// Why there is no head, where one was looked for; or what its makers feed it, where nobody says it.
    let note: String?
    let outputs: [Output]

    fileprivate init(_ head: (any Head)?, _ network: Network, note: String?, labels: String?) {
        task = head?.task.rawValue ?? "tensors"
        (self.head, reason) = (OrNull(head?.name), OrNull(head?.reason))
        (self.labels, self.note) = (OrNull(labels), note)
        outputs = network.outputs.map { id in
            Output(name: network.nodes[id].name, shape: network.nodes[id].shape.extents)
        }
    }

    var text: String {
        guard let head = head.value, let reason = reason.value else {
            let shapes = outputs.prefix(8).map { "\($0.name) \($0.shape.map(String.init).joined(separator: "×"))" }
            let list = shapes.joined(separator: ", ") + (outputs.count > 8 ? ", …" : "")
            return "results: tensors (\(list))" + (note.map { "; \($0)" } ?? "")
        }
        return "results: \(head) (\(reason))" + (labels.value.map { "; names: \($0)" } ?? "")
            + (note.map { "; \($0)" } ?? "")
    }
}
