// The order in which a model's nodes can be translated: only those that outputs need, each behind those that it reads,
// and in place of a condition the branch that it takes. Owned by the importer, on its thread.

/// A walk through the graph, depth first with a stack of its own: chains may be long. Branches join the walk when their
/// condition is known. Nodes that only the other branch reads are never looked at, and inputs may then be anything.
struct ONNXOrder {
    /// Where names are known: the model's graph, or a branch within another scope.
    private struct Scope {
        let parent: Int?
        let names: Set<String>
    }

    private enum State {
        /// What it reads is being translated.
        case open
        /// A condition whose branch is being translated.
        case branched
        case done
    }

    /// Those of branches behind the model's own, their names made unique.
    private(set) var nodes: [ONNXNode] = []
    private(set) var initializers: [String: ONNXTensor] = [:]
    private var scopes: [Scope] = []
    private var scopeOfNode: [Int] = []
    private var states: [State?] = []
    private var isCounted: [Bool] = []
    private var stack: [Int] = []
    /// By output name: the node that makes it.
    private var producers: [String: Int] = [:]
    /// How many still read a name; the network's outputs read as well.
    private var readers: [String: Int] = [:]

    /// - Throws: where two values have one name.
    init(_ graph: ONNXGraph) throws(ImportFailure) {
        var inputs: Set<String> = []
        for input in graph.inputs {
            guard inputs.insert(input.name).inserted else { throw .invalid("two inputs are called '\(input.name)'") }
        }
        try add(graph, parent: nil)
        for name in inputs {
            if let maker = producers[name] { throw Self.twice(name, nodes[maker]) }
        }
        count(graph.outputs.map(\.name))
    }

    private static func twice(_ name: String, _ node: ONNXNode) -> ImportFailure {
        .invalid("two values are called '\(name)'; node \(node.label) makes one of them")
    }

    // MARK: The walk

    /// What errors name: the node that was returned last, or whose inputs are looked at.
    var label: String? { stack.last.map { nodes[$0].label } }

    /// Begins with the node that makes a value, if any does.
    mutating func begin(_ name: String) {
        if let maker = producers[name] { stack.append(maker) }
    }

    /// The next node whose inputs are all done; nil at the end of the walk.
    /// - Throws: for a cycle, `label` being one of its nodes.
    mutating func next() throws(ImportFailure) -> ONNXNode? {
        while let index = stack.last {
            switch states[index] {
            case .done: stack.removeLast()
            case .open, .branched: return nodes[index]
            case nil:
                states[index] = .open
                try push(nodes[index].inputs)
            }
        }
        return nil
    }

    /// The node that was returned last is translated.
    mutating func finish() { states[stack.removeLast()] = .done }

    private mutating func push(_ names: [String]) throws(ImportFailure) {
        var open: [Int] = []
        for name in names {
            guard let maker = producers[name] else { continue }
            switch states[maker] {
            case .done: break
            case .open, .branched:
                throw .invalid("reads '\(name)', which depends on this node: the graph has a cycle")
            case nil: open.append(maker)
            }
        }
        stack += open
    }

    // MARK: Branches

    /// Whether the node that was returned last is a condition whose branch is translated.
    var isBranched: Bool { stack.last.map { states[$0] == .branched } ?? false }

    /// Has the walk go through a branch of the node that was returned last, before it comes back to it.
    /// - Returns: what the branch's results are called.
    mutating func take(_ branch: ONNXGraph) throws(ImportFailure) -> [String] {
        guard let index = stack.last else { preconditionFailure("no node asks for a branch") }
        guard branch.inputs.isEmpty else { throw .invalid("a branch with inputs") }
        let scope = scopes.count
        try add(branch, parent: scopeOfNode[index])
        let results = branch.outputs.map { resolved($0.name, in: scope) }
        count(results)
        states[index] = .branched
        try push(results)
        return results
    }

    /// Adds a graph's nodes and initializers.
    private mutating func add(_ graph: ONNXGraph, parent: Int?) throws(ImportFailure) {
        let scope = scopes.count
        scopes.append(Scope(parent: parent, names: graph.ownNames))
        for tensor in graph.initializers {
            let name = resolved(tensor.name, in: scope)
            guard initializers.updateValue(tensor, forKey: name) == nil else {
                throw .invalid("two initializers are called '\(name)'")
            }
        }
        for node in graph.nodes {
            let node = scope == 0 ? node : renamed(node, in: scope)
            for output in node.outputs where !output.isEmpty {
                guard producers.updateValue(nodes.count, forKey: output) == nil, initializers[output] == nil else {
                    throw Self.twice(output, node)
                }
            }
            nodes.append(node)
            scopeOfNode.append(scope)
            states.append(nil)
            isCounted.append(false)
        }
    }

    private func renamed(_ node: ONNXNode, in scope: Int) -> ONNXNode {
        node.reading(
            node.inputs.map { resolved($0, in: scope) }, making: node.outputs.map { resolved($0, in: scope) })
    }

    /// What a name of a branch is called here: branches may use the same ones.
    private func resolved(_ name: String, in scope: Int) -> String {
        var known: Int? = scope
        while let scope = known, scope > 0 {
            if scopes[scope].names.contains(name) { return "\(name) of branch \(scope)" }
            known = scopes[scope].parent
        }
        return name
    }

    // MARK: Readers

    func isRead(_ name: String) -> Bool { readers[name] != nil }

    /// A reader of a value has read it.
    /// - Returns: whether nobody else does.
    mutating func release(_ name: String) -> Bool {
        readers[name, default: 0] -= 1
        return readers[name] == 0
    }

    /// What the node that was returned last reads, or may read in either of its branches.
    var namesRead: [String] { stack.last.map { nodes[$0].inputs + outerNames(of: $0) } ?? [] }

    private func outerNames(of index: Int) -> [String] {
        nodes[index].outerNames.map { resolved($0, in: scopeOfNode[index]) }
    }

    /// Counts the readers among the nodes that these values need.
    private mutating func count(_ names: [String]) {
        var waiting = names
        while let name = waiting.popLast() {
            readers[name, default: 0] += 1
            guard let maker = producers[name], !isCounted[maker] else { continue }
            isCounted[maker] = true
            waiting += nodes[maker].inputs
            waiting += outerNames(of: maker)
        }
    }
}

extension ONNXGraph {
    /// Names that mean something else outside.
    fileprivate var ownNames: Set<String> {
        var names = Set(initializers.map(\.name) + inputs.map(\.name))
        for node in nodes { names.formUnion(node.outputs) }
        names.remove("")
        return names
    }

    /// Names that are read and not made here.
    fileprivate var outerNames: Set<String> {
        var names = Set(outputs.map(\.name))
        for node in nodes { names.formUnion(node.inputs.filter { !$0.isEmpty } + node.outerNames) }
        return names.subtracting(ownNames)
    }
}

extension ONNXNode {
    static let branches = ["then_branch", "else_branch"]

    /// What its branches read from around it.
    fileprivate var outerNames: Set<String> {
        guard operatorName == "If" else { return [] }
        return Self.branches.compactMap { graph($0) }.reduce(into: []) { $0.formUnion($1.outerNames) }
    }
}
