// Boxes out of made-up outputs, through recognition, in the source picture's pixels.

import Glibc
import NetworkGraph
import Testing

@testable import Results

@Suite struct DetectorTests {
    private let choices = ResultChoices()

    private func boxes(
        _ made: MadeNetwork, _ outputs: [Tensor], _ width: Int, _ height: Int, labels: Int? = nil
    ) throws -> [Detection] {
        let heads = made.heads(labels: labels)
        try #require(heads.count == 1)
        let input = made.facts().input
        return heads[0].result(
            of: outputs, in: FrameGeometry(frameWidth: width, frameHeight: height, in: input), choices
        ).boxes
    }

    @Test func anchorFreeTables() throws {
        var made = MadeNetwork(width: 640, height: 640, fit: .letterbox(grey: 114))
        made.output([1, 84, 8400], nil, .sigmoid, .sum)
        var table = TestTable([1, 84, 8400])
        let candidate = 5000
        for (row, value) in [Float](arrayLiteral: 320, 320, 64, 32).enumerated() {
            table[row * 8400 + candidate] = value
        }
        table[(4 + 33) * 8400 + candidate] = 0.8
        // A picture of 1280 × 640 lies between rows 160 and 480, two of its pixels in one.
        let found = try boxes(made, [table.tensor], 1280, 640)
        #expect(found.count == 1 && found[0].index == 33 && found[0].probability == 0.8)
        #expect(found[0].area.isNear(576, 288, 128, 64))
        // TensorFlow's exporter writes fractions.
        for row in 0..<4 { table[row * 8400 + candidate] /= 640 }
        let same = try boxes(made, [table.tensor], 1280, 640)
        #expect(same.count == 1 && same[0].area.isNear(576, 288, 128, 64))
    }

    @Test func undecodedTables() throws {
        var made = MadeNetwork(width: 416, height: 416)
        made.output([1, 3549, 7], nil, .sigmoid)
        var table = TestTable([1, 3549, 7])
        // Column 5, row 3 of the second level's 26 × 26.
        let start = (2704 + 3 * 26 + 5) * 7
        for (number, value) in [Float](arrayLiteral: 0.5, 0.5, log(4), log(2), 0.9, 0.1, 0.8).enumerated() {
            table[start + number] = value
        }
        let found = try boxes(made, [table.tensor], 416, 416)
        #expect(found.count == 1 && found[0].index == 1 && abs(found[0].probability - 0.72) < 1e-5)
        #expect(found[0].area.isNear(88 - 32, 56 - 16, 64, 32))
    }

    @Test func mapsWithAnchors() throws {
        var made = MadeNetwork(width: 416, height: 416)
        for cells in [13, 26, 52] { made.output([1, 18, cells, cells]) }
        var tables = [13, 26, 52].map { TestTable([1, 18, $0, $0], -20) }
        // The third anchor of stride 32, in the middle: 373 × 326.
        for number in 0..<4 { tables[0][(12 + number) * 169 + 84] = 0 }
        for number in 4..<6 { tables[0][(12 + number) * 169 + 84] = 10 }
        let found = try boxes(made, tables.map(\.tensor), 416, 416)
        #expect(found.count == 1 && found[0].area.isNear(208 - 186.5, 208 - 163, 373, 326))
    }

    @Test func facesWithPoints() throws {
        var made = MadeNetwork(width: 128, height: 128)
        made.output([1, 896, 16])
        made.output([1, 896, 1])
        var (numbers, scores) = (TestTable([1, 896, 16]), TestTable([1, 896, 1], -50))
        // The first anchor of column 2, row 1 of 8 × 8 cells of 16 pixels: its middle is 40, 24.
        let candidate = 512 + (1 * 8 + 2) * 6
        for (number, value) in [Float](arrayLiteral: 0, 8, 32, 16, -8, 4).enumerated() {
            numbers[candidate * 16 + number] = value
        }
        scores[candidate] = 3
        let found = try boxes(made, [numbers.tensor, scores.tensor], 256, 256)
        #expect(found.count == 1 && found[0].area.isNear(48, 48, 64, 32) && found[0].keypoints.count == 6)
        #expect(abs(found[0].keypoints[0].x - 64) < 0.1 && abs(found[0].keypoints[0].y - 56) < 0.1)
    }

    /// An ultra-light face low in the picture: 240 rows are four of stride 64's, 60 apart.
    @Test func evenlyDividedPriors() throws {
        var made = MadeNetwork(width: 320, height: 240)
        made.output([1, 4420, 2], nil, .softmax(axis: 2))
        made.output([1, 4420, 4])
        var (scores, numbers) = (TestTable([1, 4420, 2]), TestTable([1, 4420, 4]))
        for candidate in 0..<4420 { scores[candidate * 2] = 1 }
        // The first anchor of column 2 in the last row: 128 × 128 around 160, 210.
        let candidate = 4420 - 15 + 2 * 3
        (scores[candidate * 2], scores[candidate * 2 + 1]) = (0.1, 0.9)
        // A quarter as large.
        (numbers[candidate * 4 + 2], numbers[candidate * 4 + 3]) = (-log(4) * 5, -log(4) * 5)
        let outputs = [scores.tensor, numbers.tensor]
        let found = try boxes(made, outputs, 640, 480)
        #expect(found.count == 1 && found[0].area.isNear(320 - 32, 420 - 32, 64, 64) && found[0].index == 0)
        // Names that have one for the background.
        let named = try boxes(made, outputs, 640, 480, labels: 2)
        #expect(named.count == 1 && named[0].index == 1 && made.heads(labels: 2)[0].classCount == 2)
    }

    /// The background's column is told by a softmax; sigmoids have none.
    @Test func backgrounds() throws {
        func head(_ step: Operation, labels: Int?) -> any Head {
            var made = MadeNetwork(width: 300, height: 300)
            made.output([1, 1917, 4])
            made.output([1, 1917, 3], nil, step)
            return made.heads(labels: labels)[0]
        }
        var scores = TestTable([1, 1917, 3])
        for candidate in 0..<1917 { scores[candidate * 3] = 0.9 }
        scores[5 * 3 + 2] = 0.8
        let outputs = [Tensor(zeros: [1, 1917, 4]), scores.tensor]
        for (labels, index, count) in [(nil, 1, 2), (2, 1, 2), (3, 2, 3)] as [(Int?, Int, Int)] {
            let head = head(.sigmoid, labels: labels)
            let input = MadeNetwork(width: 300, height: 300).facts().input
            let geometry = FrameGeometry(frameWidth: 300, frameHeight: 300, in: input)
            let found = head.result(of: outputs, in: geometry, choices).boxes
            #expect(found.map(\.index) == [index] && head.classCount == count)
        }
        // Corners that the network has decoded, beside sigmoids of two classes.
        var network = Network(name: "corners")
        let input = ImageInput(height: 64, width: 64, mean: [0, 0, 0], scale: [1, 1, 1], fit: .stretch)
        _ = try network.append(.image(input))
        let halves = try (0..<2).map { _ in try network.append(.tensor([1, 50, 2])) }
        let low = try network.append(.binary(.subtract), halves)
        let high = try network.append(.binary(.add), halves)
        let corners = try network.append(.concatenation(axis: 2), [low, high])
        let raw = try network.append(.tensor([1, 50, 2]))
        for (step, classes) in [(.sigmoid, 2), (.softmax(axis: 2), 1)] as [(Operation, Int)] {
            var whole = network
            whole.setOutputs([corners, try whole.append(step, [raw])])
            let facts = try #require(NetworkFacts(whole))
            guard case .one(let head) = Heads.recognize(facts) else {
                Issue.record("\(step): none, or several")
                continue
            }
            #expect(head.classCount == classes && (head.classNames == ["face"]) == (classes == 1))
        }
    }

    /// NanoDet-Plus: distances from cells' corners, not their middles.
    @Test func joinedDistances() throws {
        var made = MadeNetwork(width: 320, height: 320)
        made.output([1, 2125, 33], nil, .sigmoid)
        var table = TestTable([1, 2125, 33])
        // Column 2, row 1 of the last level's 5 × 5: its corner is 128, 64.
        let start = (2100 + 5 + 2) * 33
        table[start] = 0.9
        for side in 0..<4 { table[start + 1 + side * 8 + 1] = 99 }
        let found = try boxes(made, [table.tensor], 320, 320)
        #expect(found.count == 1 && found[0].area.isNear(64, 0, 128, 128))
    }

    @Test func peaks() throws {
        var made = MadeNetwork(width: 64, height: 64)
        made.output([1, 3, 16, 16], nil, .sigmoid)
        made.output([1, 2, 16, 16], "wh")
        made.output([1, 2, 16, 16], "reg")
        var heat = TestTable([1, 3, 16, 16])
        var (sizes, offsets) = (TestTable([1, 2, 16, 16], 4), TestTable([1, 2, 16, 16], 0.5))
        let cell = 5 * 16 + 6
        (heat[256 + cell], heat[256 + cell + 1], heat[256 + cell + 3]) = (0.9, 0.8, 0.7)
        sizes[cell] = 2
        offsets[cell] = 0
        let found = try boxes(made, [heat.tensor, sizes.tensor, offsets.tensor], 64, 64)
        // The neighbour of the greatest is none.
        #expect(found.map(\.probability) == [0.9, 0.7] && found[0].index == 1)
        #expect(found[0].area.isNear(24 - 4, 22 - 8, 8, 16))
    }

    @Test func selectedRows() throws {
        var made = MadeNetwork(width: 640, height: 640)
        made.output([1, 300, 6])
        var table = TestTable([1, 300, 6])
        for (number, value) in [Float](arrayLiteral: 64, 128, 128, 256, 0.9, 7).enumerated() { table[number] = value }
        // A class that is none.
        for (number, value) in [Float](arrayLiteral: 64, 128, 128, 256, 0.9, .nan).enumerated() {
            table[6 + number] = value
        }
        let found = try boxes(made, [table.tensor], 320, 320)
        #expect(found.count == 1 && found[0].index == 7 && found[0].area.isNear(32, 64, 32, 64))
    }

    /// Whatever the numbers are, there are boxes inside the picture, or none.
    @Test func anyNumbersAreTaken() throws {
        var networks: [(MadeNetwork, [Shape])] = []
        func add(_ width: Int, _ height: Int, _ shapes: [Shape], _ steps: Operation...) {
            var made = MadeNetwork(width: width, height: height)
            for shape in shapes {
                if steps.isEmpty { made.output(shape) } else { made.output(shape, nil, steps[0]) }
            }
            networks.append((made, shapes))
        }
        add(640, 640, [[1, 84, 8400]], .sum)
        add(416, 416, [[1, 3549, 85]])
        add(640, 640, [[1, 300, 6]])
        add(300, 300, [[1, 1917, 4], [1, 1917, 91]])
        add(128, 128, [[1, 896, 16], [1, 896, 1]])
        add(320, 320, [[1, 2125, 112]])
        add(512, 512, [[1, 80, 128, 128], [1, 2, 128, 128], [1, 2, 128, 128]])
        add(256, 256, [[1, 21, 256, 256]], .softmax(axis: 1))
        add(192, 192, [[1, 1, 17, 3]])
        add(224, 224, [[1, 1000]], .softmax(axis: 1))
        let odd: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, 1e9, 0, 1, -1, 0.5, 88, 1e-40]
        var random = SystemRandomNumberGenerator()
        for (made, shapes) in networks {
            let heads = made.heads()
            #expect(heads.count == 1, "\(shapes)")
            for round in 0..<3 {
                let outputs = shapes.map { shape in
                    let values = (0..<shape.count).map { _ in
                        round == 0 ? Float.nan : odd[Int.random(in: 0..<odd.count, using: &random)]
                    }
                    return Tensor(shape, values)
                }
                for head in heads {
                    let geometry = FrameGeometry(frameWidth: 37, frameHeight: 1001, in: made.facts().input)
                    let found = head.result(of: outputs, in: geometry, choices).boxes
                    #expect(
                        found.allSatisfy {
                            $0.area.x >= 0 && $0.area.x + $0.area.width <= 37.001
                                && $0.area.y + $0.area.height <= 1001.001
                                && $0.probability >= 0 && $0.probability <= 1
                        })
                    // Outputs that aren't the network's.
                    _ = head.result(of: [], in: geometry, choices)
                    _ = head.result(of: [Tensor(zeros: [1, 1])], in: geometry, choices)
                }
            }
        }
    }
}
