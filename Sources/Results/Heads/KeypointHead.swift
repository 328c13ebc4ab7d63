// The heads of networks that find the points of one body, face or hand that fills the picture. Pure; any thread.

import NetworkGraph

/// What a point's numbers are.
struct KeypointOrder: Equatable, Sendable {
    /// How many there are.
    let count: Int
    let x: Int
    let y: Int
    /// How sure it is.
    let probability: Int?
    let units: BoxHead.Units

    /// - Precondition: letters x and y, and p, once each; - is left out.
    init(_ letters: String, units: BoxHead.Units) {
        let letters = Array(letters)
        (count, x, y) = (letters.count, letters.firstIndex(of: "x")!, letters.firstIndex(of: "y")!)
        (probability, self.units) = (letters.firstIndex(of: "p"), units)
    }
}

/// A number that says how sure a network is of all its points.
struct Presence: Equatable, Sendable {
    let output: Int
    let activation: ScoreActivation

    /// From 0 to 1; 0 for what is no number.
    func callAsFunction(_ outputs: [Tensor]) -> Float {
        guard outputs.indices.contains(output), let value = outputs[output].values.first, !value.isNaN else { return 0 }
        return min(max(activation == .sigmoid ? sigmoid(value) : value, 0), 1)
    }
}

/// Points in a row.
struct KeypointHead: Head {
    let output: Int
    /// The first number that counts.
    var first = 0
    /// Points.
    let count: Int
    let order: KeypointOrder
    /// Of a network that says whether there is anything: by which output's one number.
    var presence: Presence?
    let name: String
    let reason: String
    var task: ResultTask { .keypoints }
    var classNames: [String]? { nil }
    var classCount: Int? { nil }

    func result(of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices) -> FrameResult {
        guard outputs.indices.contains(output), outputs[output].values.count >= first + count * order.count else {
            return .keypoints([])
        }
        let sureness = presence?(outputs)
        if let sureness, let threshold = choices.threshold, sureness < threshold { return .keypoints([]) }
        let values = outputs[output].values[first..<first + count * order.count]
        let (width, height) = unit(values, geometry)
        return .keypoints(
            (0..<count).map { point in
                let start = first + point * order.count
                let place = geometry.point(x: values[start + order.x] * width, y: values[start + order.y] * height)
                let probability = order.probability.map { min(max(values[start + $0], 0), 1) }
                return Keypoint(x: place.x, y: place.y, probability: probability ?? sureness)
            })
    }

    /// What positions are multiplied by.
    private func unit(_ values: ArraySlice<Float>, _ geometry: FrameGeometry) -> (Float, Float) {
        let whole = (Float(geometry.input.width), Float(geometry.input.height))
        switch order.units {
        case .pixels: return (1, 1)
        case .fractions: return whole
        case .either:
            let isLarge = (0..<count).contains { point in
                let start = first + point * order.count
                return abs(values[start + order.x]) > 2 || abs(values[start + order.y]) > 2
            }
            return isLarge ? (1, 1) : whole
        }
    }
}

/// MoveNet's table of a body's points, and MediaPipe's meshes beside numbers that say whether there is one.
enum KeypointFamily: HeadFamily {
    static func heads(of network: NetworkFacts) -> [any Head] { body(network) + mesh(network) }

    private static func body(_ network: NetworkFacts) -> [any Head] {
        guard let output = network.onlyOutput, output.extents == [17, 3] else { return [] }
        return [
            KeypointHead(
                output: 0, count: 17, order: KeypointOrder("yxp", units: .fractions), name: "17 points of a body",
                reason: "17 rows of y, x and score (MoveNet)")
        ]
    }

    /// What the points are of, by how many numbers an output has: MediaPipe's, of x, y and depth.
    static let meshes: [Int: String] = [468 * 3: "a face", 478 * 3: "a face", 21 * 3: "a hand"]

    private static func mesh(_ network: NetworkFacts) -> [any Head] {
        let meshes = network.outputs.indices.filter { index in
            network.outputs[index].isVector && Self.meshes[network.outputs[index].shape.count] != nil
        }
        // World coordinates of the same points come second, and so does which hand it is.
        guard let first = meshes.first, let flag = network.outputs.firstIndex(where: { $0.shape.count == 1 }) else {
            return []
        }
        let values = network.outputs[first].shape.count
        return [
            KeypointHead(
                output: first, count: values / 3, order: KeypointOrder("xy-", units: .pixels),
                presence: Presence(
                    output: flag, activation: network.outputs[flag].tail.contains(.sigmoid) ? .none : .sigmoid),
                name: "\(values / 3) points of \(Self.meshes[values] ?? "")",
                reason: "\(values) numbers beside one that says whether it is there (MediaPipe)")
        ]
    }
}
