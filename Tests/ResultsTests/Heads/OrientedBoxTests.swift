// Boxes that are turned: recognised, brought back to the picture, and suppressed as their makers do.

import Glibc
import NetworkGraph
import Testing

@testable import Results

@Suite struct OrientedBoxTests {
    /// 84 candidates of 64 × 64, two classes.
    private func made() -> MadeNetwork {
        var made = MadeNetwork(width: 64, height: 64)
        made.output([1, 7, 84], nil, .sigmoid, .unary(.cosine), .sum)
        return made
    }

    private func table(_ boxes: [[Float]]) -> Tensor {
        var table = TestTable([1, 7, 84])
        for (candidate, numbers) in boxes.enumerated() {
            for (number, value) in numbers.enumerated() { table[number * 84 + candidate] = value }
        }
        return table.tensor
    }

    private func found(_ made: MadeNetwork, _ boxes: [[Float]], _ width: Int, _ height: Int) throws -> [Detection] {
        let head = try #require(made.heads().first)
        let geometry = FrameGeometry(frameWidth: width, frameHeight: height, in: made.facts().input)
        return head.result(of: [table(boxes)], in: geometry, ResultChoices()).boxes
    }

    @Test func areToldByTurning() {
        #expect(made().heads().map(\.name) == ["YOLOv8 or v11 turned boxes, 2 classes"])
        #expect(made().heads(labels: 2).count == 1 && made().heads(labels: 3).isEmpty)
        // The file's word counts more; without turning it is the only one.
        #expect(made().heads(task: "detect").map(\.name) == ["YOLOv8 or v11 boxes, 3 classes"])
        var plain = MadeNetwork(width: 64, height: 64)
        plain.output([1, 7, 84], nil, .sigmoid, .sum)
        #expect(plain.heads(task: "obb").map(\.name) == ["YOLOv8 or v11 turned boxes, 2 classes"])
        #expect(plain.heads().map(\.name) == ["YOLOv8 or v11 boxes, 3 classes"])
    }

    /// 20 × 8 around 30, 40, turned by 30°: its corners by hand.
    @Test func cornersAreTurned() throws {
        let angle = Float.pi / 6
        let boxes = try found(made(), [[30, 40, 20, 8, 0.1, 0.8, angle]], 128, 64)
        try #require(boxes.count == 1)
        #expect(boxes[0].index == 1 && boxes[0].probability == 0.8)
        // cos 30° = 0.866, sin 30° = 0.5; the picture is twice as wide as the input.
        let right: [(Float, Float)] = [(36.660, 48.464), (40.660, 41.536), (23.340, 31.536), (19.340, 38.464)]
        for (corner, place) in zip(boxes[0].corners, right) {
            #expect(abs(corner.x - 2 * place.0) < 0.01 && abs(corner.y - place.1) < 0.01, "\(corner)")
        }
        #expect(boxes[0].corners.count == 4)
        #expect(boxes[0].area.isNear(2 * 19.340, 31.536, 2 * 21.320, 16.928))
    }

    /// Two that cross are two, though the upright boxes around them are one.
    @Test func onlyAlikeBoxesMakeWay() throws {
        let boxes: [[Float]] = [
            [32, 32, 40, 6, 0.9, 0, .pi / 4], [32, 32, 40, 6, 0.8, 0, -.pi / 4],
            [32.2, 32, 40, 6, 0.7, 0, .pi / 4 + 0.01], [32, 32, 40, 6, 0, 0.6, .pi / 4],
        ]
        let kept = try found(made(), boxes, 64, 64)
        #expect(kept.map(\.probability) == [0.9, 0.8, 0.6])
    }

    /// By the formula with covariance matrices, in doubles.
    @Test func likenessIsHellingers() {
        typealias Numbers = (x: Double, y: Double, w: Double, h: Double, r: Double)
        func matrix(_ b: Numbers) -> (Double, Double, Double) {
            let (c, s) = (cos(b.r), sin(b.r))
            let (u, v) = (b.w * b.w / 12, b.h * b.h / 12)
            return (u * c * c + v * s * s, (u - v) * c * s, u * s * s + v * c * c)
        }
        func likeness(_ a: Numbers, _ b: Numbers) -> Double {
            let (p, q) = (matrix(a), matrix(b))
            let mean = ((p.0 + q.0) / 2, (p.1 + q.1) / 2, (p.2 + q.2) / 2)
            func determinant(_ m: (Double, Double, Double)) -> Double { m.0 * m.2 - m.1 * m.1 }
            let whole = determinant(mean)
            let (dx, dy) = (a.x - b.x, a.y - b.y)
            let mahalanobis = (mean.2 * dx * dx - 2 * mean.1 * dx * dy + mean.0 * dy * dy) / whole
            let distance = mahalanobis / 8 + log(whole / (determinant(p) * determinant(q)).squareRoot()) / 2
            return 1 - (1 - exp(-distance)).squareRoot()
        }
        func box(_ b: Numbers) -> OrientedBox {
            let corners = Corners(
                centreX: Float(b.x), centreY: Float(b.y), width: Float(b.w), height: Float(b.h))
            return OrientedBox(corners, angle: Float(b.r))
        }
        let boxes: [Numbers] = [
            (10, 10, 8, 4, 0), (11, 10, 8, 4, 0.3), (10, 14, 4, 8, 1.2), (30, 30, 5, 50, -0.7), (10.1, 10, 8.2, 4, 3.1),
        ]
        for a in boxes {
            for b in boxes where a != b {
                #expect(abs(Double(box(a).likeness(box(b))) - likeness(a, b)) < 2e-3, "\(a) \(b)")
            }
            #expect(box(a).likeness(box(a)) > 0.99)
        }
        // What has no area is like nothing, and what is no number too.
        #expect(box((1, 1, 0, 5, 0)).likeness(box((1, 1, 0, 5, 0))) == 0)
        #expect(!(box((.nan, 1, 2, 5, 0)).likeness(box((1, 1, 2, 5, 0))) > 0.5))
    }

    @Test func whatIsNoNumberIsLeftOut() throws {
        for odd in [Float.nan, .infinity] {
            #expect(try found(made(), [[30, 40, 20, 8, 0.9, 0, odd], [odd, 40, 20, 8, 0.9, 0, 0]], 64, 64).isEmpty)
        }
    }
}
