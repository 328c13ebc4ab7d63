// Which choices are on a Pareto front.

import Testing

@testable import StreamDemo

struct ParetoFrontTests {
    @Test func whatIsBeatenInAllIsOff() {
        #expect(ParetoFront.contains([(1, 10), (2, 20), (3, 15), (2, 19)]) == [true, true, false, false])
    }

    @Test func beatenInOneOnlyIsEnough() {
        #expect(ParetoFront.contains([(1, 10), (1, 11), (2, 11)]) == [false, true, false])
    }

    @Test func equalChoicesStandSideBySide() {
        #expect(ParetoFront.contains([(1, 10), (1, 10)]) == [true, true])
        #expect(ParetoFront.contains([]).isEmpty)
    }

    /// A choice is off the front exactly where one on it beats it.
    @Test func theFrontBeatsTheRest() {
        let choices = (0..<60).map { (cost: Double($0 * 37 % 13), worth: Double(($0 * 53 + 7) % 11)) }
        let isOn = ParetoFront.contains(choices)
        func beats(_ a: (cost: Double, worth: Double), _ b: (cost: Double, worth: Double)) -> Bool {
            a.cost <= b.cost && a.worth >= b.worth && a != b
        }
        for (index, choice) in choices.enumerated() {
            let isBeaten = choices.indices.contains { isOn[$0] && beats(choices[$0], choice) }
            #expect(isBeaten == !isOn[index])
        }
    }
}
