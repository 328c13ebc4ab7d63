// What results are, for the summary.

import Devices
import Kernels
import Results

/// In JSON; `text` says the same in a line.
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

    init(_ meaning: ResultMeaning, _ network: Network) {
        let head = meaning.head
        task = head?.task.rawValue ?? "tensors"
        (self.head, reason) = (OrNull(head?.name), OrNull(head?.reason))
        (labels, note) = (OrNull(meaning.labelsOrigin), meaning.note?.text)
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

extension ResultNote {
    /// With the options that help.
    fileprivate var text: String {
        switch self {
        case .mayBe: "\(self): --task or --head says which"
        case .unknown: "\(self): --tensors writes them, --head says what they are"
        case .makersFeed: "\(self)"
        }
    }
}
