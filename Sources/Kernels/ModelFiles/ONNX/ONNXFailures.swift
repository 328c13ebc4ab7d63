// What an importer lacks for a model, all of it, so that one message names it. A value type.

struct ONNXFailures {
    private var reasons: [(text: String, places: [String])] = []
    /// Values that nothing makes because of them.
    private var missing: Set<String> = []

    /// Notes what isn't supported.
    /// - Parameters:
    ///   - place: the node; nil for what names itself.
    ///   - names: the values that are missing now.
    /// - Throws: the failure, if it is another: damage may make nonsense of all that follows.
    mutating func note(
        _ failure: ImportFailure, at place: String?, making names: [String]
    ) throws(ImportFailure) {
        guard failure.kind == .unsupported else { throw failure }
        skip(names)
        let index = reasons.firstIndex { $0.text == failure.reason } ?? reasons.count
        if index == reasons.count {
            guard reasons.count < 16 else { return }
            reasons.append((failure.reason, []))
        }
        if let place, reasons[index].places.count < 8 { reasons[index].places.append(place) }
    }

    /// Values that can't be made without others.
    mutating func skip(_ names: [String]) { missing.formUnion(names.filter { !$0.isEmpty }) }

    func lack(any names: [String]) -> Bool { !missing.isEmpty && names.contains { missing.contains($0) } }

    /// nil if nothing is lacking.
    func error(_ model: String) -> ONNXError? {
        guard let first = reasons.first else { return nil }
        if reasons.count == 1, first.places.count < 2 {
            return ONNXError(kind: .unsupported, model: model, node: first.places.first, reason: first.text)
        }
        let list = reasons.map { reason in
            reason.places.isEmpty ? reason.text : "\(reason.text) (\(reason.places.joined(separator: ", ")))"
        }
        return ONNXError(kind: .unsupported, model: model, node: nil, reason: list.joined(separator: "; "))
    }
}
