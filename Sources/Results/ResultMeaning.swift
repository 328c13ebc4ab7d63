// What a network's results mean: what the user wants, what was recognised, and what classes are called. Made once a
// stream; values.

import NetworkGraph

/// What a user wants of a network's results.
package struct WantedResults: Sendable {
    package enum Task: Equatable, Sendable {
        /// What the network is recognised as.
        case auto
        case only(ResultTask)
        /// Nothing: outputs are told as they are.
        case tensors
    }

    package var task: Task
    /// What the outputs are, in the user's words, which say the task too.
    package var head: HeadDescription?
    package var choices: ResultChoices

    package init(task: Task = .auto, head: HeadDescription? = nil, choices: ResultChoices = ResultChoices()) {
        (self.task, self.head, self.choices) = (task, head, choices)
    }
}

/// How a network's outputs become results.
package struct ResultMeaning: Sendable {
    /// nil: they are told as they are, or not at all.
    package let head: (any Head)?
    package let choices: ResultChoices
    package let labels: Labels?
    /// Where the names of classes come from; nil for none.
    package let labelsOrigin: String?
    /// What doesn't fit between labels and network.
    package let labelsNote: String?
    package let note: ResultNote?
    /// nil for a network that doesn't take frames, one at a time: it has no head.
    private let input: ImageInput?

    /// - Parameters:
    ///   - labels: those given, or packed with a model.
    ///   - source: what to call them.
    ///   - isAssumed: whether nobody says what the network's pictures are made of.
    ///   - statedTask: what a model's file says that it is for.
    /// - Throws: `ResultTaskError`; `HeadDescriptionError`.
    package init(
        _ wanted: WantedResults, _ network: Network, labels: Labels?, from source: String, isAssumed: Bool,
        statedTask: String?
    ) throws {
        let facts = NetworkFacts(network, labelCount: labels?.count, statedTask: statedTask)
        let choice = try facts.map { try HeadChoice(wanted, $0, network.name) }
        let head = choice?.head
        (self.head, choices, input) = (head, wanted.choices, facts?.input)
        // A mask's one name is the foreground's.
        let isOfForeground = head?.task == .segment && head?.classCount == 2 && labels?.count == 1
        let labels = isOfForeground ? Labels(["background", labels?[0] ?? ""]) : labels
        self.labels = labels ?? head?.classNames.map { Labels($0) }
        labelsNote = labels.flatMap { labels in
            head?.classCount.flatMap { labels.mismatch(classCount: $0, in: source) }
        }
        labelsOrigin = labels != nil ? source : head?.classNames != nil ? "the head's usual ones" : nil
        let makers = isAssumed ? head?.makersPictures : nil
        note = makers.map { .makersFeed($0) } ?? choice?.note
    }

    /// - Parameters frameWidth, frameHeight: of the upright frame.
    package func result(of outputs: [Tensor], frameWidth: Int, frameHeight: Int) -> FrameResult? {
        guard let head, let input else { return nil }
        let geometry = FrameGeometry(frameWidth: frameWidth, frameHeight: frameHeight, in: input)
        return head.result(of: outputs, in: geometry, choices)
    }
}

/// What is to be said of a network's head, or of there being none.
package enum ResultNote: Equatable, Sendable, CustomStringConvertible {
    /// The outputs fit these heads alike.
    case mayBe([String])
    case unknown
    /// What nobody says of the pictures, as the program's options.
    case makersFeed(String)

    package var description: String {
        switch self {
        case .mayBe(let heads): "its outputs may be \(heads.joined(separator: ", or "))"
        case .unknown: "its outputs are none that are known"
        case .makersFeed(let pictures): "its makers feed it \(pictures)"
        }
    }
}

/// A task that is asked for and that a network isn't recognised as.
package enum ResultTaskError: Error, Equatable, CustomStringConvertible {
    /// Several heads of the task fit.
    case mayBe([String], ResultTask, network: String)
    case notRecognized(ResultTask, network: String, outputs: String)

    package var description: String {
        switch self {
        case .mayBe(let heads, let task, let network):
            "\(task.rawValue): \(network) may be \(heads.joined(separator: ", or "))"
        case .notRecognized(let task, let network, let outputs):
            "\(task.rawValue): nothing of the kind is recognised in the outputs of \(network) (\(outputs))"
        }
    }
}

/// A network's head, and what is to be said of it.
private struct HeadChoice {
    var head: (any Head)?
    var note: ResultNote?

    init(_ wanted: WantedResults, _ facts: NetworkFacts, _ network: String) throws {
        if wanted.task == .tensors { return }
        if let description = wanted.head {
            head = try Heads.described(by: description, facts)
            return
        }
        // Names that don't fit are warned of, and hide nothing.
        let asStated = Heads.recognize(facts)
        let recognition = asStated.isNone ? Heads.recognize(facts.withoutLabels) : asStated
        guard case .only(let task) = wanted.task else {
            switch recognition {
            case .one(let one): head = one
            case .several(let heads): note = .mayBe(heads.map(\.name))
            case .none: note = .unknown
            }
            return
        }
        if task == .classify {
            head = Heads.classes(of: facts)
            return
        }
        switch recognition.only(task) {
        case .one(let one): head = one
        case .several(let heads): throw ResultTaskError.mayBe(heads.map(\.name), task, network: network)
        case .none: throw ResultTaskError.notRecognized(task, network: network, outputs: facts.outputs.text)
        }
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
