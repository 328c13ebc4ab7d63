// Instance masks out of made-up outputs, beside masks worked out here pixel by pixel.

import Glibc
import NetworkGraph
import Testing

@testable import Results

@Suite struct MaskTests {
    private let side = 64
    private let shared = 4

    /// What a mask's maker does, in doubles: the sum of the shared masks, resized bilinearly (middles of pixels on
    /// middles), above 0, cut to the box.
    private func expected(
        _ shares: [Double], _ prototypes: (Int, Int, Int) -> Double, left: Double, top: Double, right: Double,
        bottom: Double
    ) -> Set<[Int]> {
        let cells = side / 4
        func sum(_ x: Int, _ y: Int) -> Double {
            shares.indices.reduce(0) { $0 + shares[$1] * prototypes($1, x, y) }
        }
        func resized(_ x: Int, _ y: Int) -> Double {
            let places: [Double] = [x, y].map { pixel in
                let place = (Double(pixel) + 0.5) / 4 - 0.5
                return min(max(place, 0), Double(cells - 1))
            }
            let (x0, y0) = (Int(places[0]), Int(places[1]))
            let (x1, y1) = (min(x0 + 1, cells - 1), min(y0 + 1, cells - 1))
            let (fx, fy) = (places[0] - Double(x0), places[1] - Double(y0))
            let above: Double = sum(x0, y0) * (1 - fx) + sum(x1, y0) * fx
            let below: Double = sum(x0, y1) * (1 - fx) + sum(x1, y1) * fx
            return above * (1 - fy) + below * fy
        }
        var inside: Set<[Int]> = []
        for y in 0..<side {
            for x in 0..<side {
                let (middleX, middleY) = (Double(x) + 0.5, Double(y) + 0.5)
                guard middleX >= left, middleX < right, middleY >= top, middleY < bottom else { continue }
                if resized(x, y) > 0 { inside.insert([x, y]) }
            }
        }
        return inside
    }

    /// A disc, a slope, a wave and a plane.
    private func prototype(_ number: Int, _ x: Int, _ y: Int) -> Double {
        let (across, down) = (Double(x), Double(y))
        switch number {
        case 0:
            let (fromX, fromY): (Double, Double) = (across - 8, down - 7)
            return 20 - fromX * fromX - fromY * fromY
        case 1: return across / 4 - 2
        case 2: return sin(down)
        default: return -1
        }
    }

    private func cells(_ mask: InstanceMask, left: Int, top: Int) -> Set<[Int]> {
        var inside: Set<[Int]> = []
        for (index, isInside) in mask.isInside.enumerated() where isInside {
            inside.insert([left + index % mask.width, top + index / mask.width])
        }
        return inside
    }

    private func prototypes(byPixels: Bool) -> TestTable {
        let cells = side / 4
        var table = TestTable(byPixels ? [1, cells, cells, shared] : [1, shared, cells, cells])
        for number in 0..<shared {
            for y in 0..<cells {
                for x in 0..<cells {
                    let index = byPixels ? (y * cells + x) * shared + number : (number * cells + y) * cells + x
                    table[index] = Float(prototype(number, x, y))
                }
            }
        }
        return table
    }

    /// v8: 84 candidates of 64 × 64 (64 + 16 + 4), three classes, in rows or in columns.
    @Test(arguments: [false, true]) func anchorFree(byRows: Bool) throws {
        var made = MadeNetwork(width: side, height: side)
        let columns = 4 + 3 + shared
        made.output(byRows ? [1, 84, columns] : [1, columns, 84], nil, .sigmoid, .sum)
        made.output(byRows ? [1, 16, 16, shared] : [1, shared, 16, 16])
        let head = try #require(made.heads(labels: 3).first)
        #expect(made.heads(labels: 3).count == 1 && head.name == "YOLOv8 or v11 boxes with masks, 3 classes")
        #expect(head.reason.contains("4 masks of 16×16"), "\(head.reason)")
        var table = TestTable(byRows ? [1, 84, columns] : [1, columns, 84])
        let numbers: [Float] = [30, 26, 41, 45, 0.1, 0.9, 0, 1, 0.5, 2, 0.25]
        for (number, value) in numbers.enumerated() { table[byRows ? 70 * columns + number : number * 84 + 70] = value }
        let outputs = [table.tensor, prototypes(byPixels: byRows).tensor]
        let geometry = FrameGeometry(frameWidth: side, frameHeight: side, in: made.facts().input)
        let found = head.result(of: outputs, in: geometry, ResultChoices()).boxes
        try #require(found.count == 1)
        let mask = try #require(found[0].mask)
        let right = expected([1, 0.5, 2, 0.25], prototype, left: 9.5, top: 3.5, right: 50.5, bottom: 48.5)
        #expect(cells(mask, left: 9, top: 3) == right)
        #expect(right.count > 200 && right.count < 41 * 45)
        #expect(mask.area == PixelArea(x: 9, y: 3, width: 41, height: 45) && mask.width == 41 && mask.height == 45)
        #expect(mask.runs.reduce(0, +) == 41 * 45)
    }

    /// v5: an objectness, and three anchors a cell. The picture lies between rows 16 and 48, a quarter of its size.
    @Test func withObjectness() throws {
        var made = MadeNetwork(width: side, height: side, fit: .letterbox(grey: 114))
        let columns = 5 + 2 + shared
        made.output([1, 252, columns], nil, .sigmoid, .sum)
        made.output([1, shared, 16, 16])
        let head = try #require(made.heads(task: "segment").first)
        #expect(head.name == "YOLOv5, v7 or v3 boxes with masks, 2 classes")
        var table = TestTable([1, 252, columns])
        let numbers: [Float] = [32, 28, 64, 40, 0.9, 0, 0.9, 1, 0, 0, 0]
        for (number, value) in numbers.enumerated() { table[100 * columns + number] = value }
        let outputs = [table.tensor, prototypes(byPixels: false).tensor]
        let geometry = FrameGeometry(frameWidth: 256, frameHeight: 128, in: made.facts().input)
        let found = head.result(of: outputs, in: geometry, ResultChoices()).boxes
        let mask = try #require(found.first?.mask)
        let right = expected([1, 0, 0, 0], prototype, left: 0, top: 16, right: 64, bottom: 48)
        #expect(cells(mask, left: 0, top: 16) == right && !right.isEmpty)
        #expect(mask.area == PixelArea(x: 0, y: 0, width: 256, height: 128))
    }

    /// What is no number is outside, and nothing traps.
    @Test func whatIsNoNumberIsOutside() throws {
        var made = MadeNetwork(width: side, height: side)
        made.output([1, 11, 84], nil, .sigmoid, .sum)
        made.output([1, shared, 16, 16])
        let head = try #require(made.heads(labels: 3).first)
        let geometry = FrameGeometry(frameWidth: 100, frameHeight: 50, in: made.facts().input)
        for odd in [Float.nan, .infinity, -.infinity, 3e38] {
            var table = TestTable([1, 11, 84], 0.5)
            for number in 0..<4 { table[number * 84] = 30 }
            for number in 7..<11 { table[number * 84] = odd }
            table[3 * 84 + 1] = odd
            let outputs = [table.tensor, TestTable([1, shared, 16, 16], .nan).tensor]
            let found = head.result(of: outputs, in: geometry, ResultChoices()).boxes
            #expect(found.allSatisfy { $0.mask?.isInside.contains(true) != true })
        }
        let none = head.result(of: [TestTable([1, 11, 84], 0.9).tensor], in: geometry, ResultChoices()).boxes
        #expect(none.allSatisfy { $0.mask == nil })
    }

    @Test func runsBeginOutside() {
        let area = PixelArea(x: 0, y: 0, width: 3, height: 2)
        func runs(_ isInside: [Bool]) -> [Int] {
            InstanceMask(area: area, width: 3, height: 2, isInside: isInside).runs
        }
        #expect(runs([false, true, true, true, false, false]) == [1, 3, 2])
        #expect(runs([true, false, false, false, false, true]) == [0, 1, 4, 1])
        #expect(runs([Bool](repeating: false, count: 6)) == [6])
    }
}
