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

/// Points in a row.
struct KeypointHead: Head {
    let output: Int
    /// The first number that counts.
    var first = 0
    /// Points.
    let count: Int
    let order: KeypointOrder
    let name: String
    let reason: String
    var task: ResultTask { .keypoints }
    var classNames: [String]? { nil }
    var classCount: Int? { nil }

    func result(of outputs: [Tensor], in geometry: FrameGeometry, _ choices: ResultChoices) -> FrameResult {
        guard outputs.indices.contains(output), outputs[output].values.count >= first + count * order.count else {
            return .keypoints([])
        }
        let values = outputs[output].values[first..<first + count * order.count]
        let (width, height) = unit(values, geometry)
        return .keypoints(
            (0..<count).map { point in
                let start = first + point * order.count
                let place = geometry.point(x: values[start + order.x] * width, y: values[start + order.y] * height)
                let probability = order.probability.map { min(max(values[start + $0], 0), 1) }
                return Keypoint(x: place.x, y: place.y, probability: probability)
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
        let flags = network.outputs.count { $0.shape.count == 1 }
        // World coordinates of the same points come second.
        guard let first = meshes.first, flags > 0 else { return [] }
        let values = network.outputs[first].shape.count
        return [
            KeypointHead(
                output: first, count: values / 3, order: KeypointOrder("xy-", units: .pixels),
                name: "\(values / 3) points of \(Self.meshes[values] ?? "")",
                reason: "\(values) numbers beside one that says whether it is there (MediaPipe)")
        ]
    }
}
