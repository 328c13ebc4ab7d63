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
        let choices: [(cost: Double, worth: Double)] = (0..<60).map { index in
            let (cost, worth) = (index * 37 % 13, (index * 53 + 7) % 11)
            return (Double(cost), Double(worth))
        }
        let isOn = ParetoFront.contains(choices)
        func beats(_ a: (cost: Double, worth: Double), _ b: (cost: Double, worth: Double)) -> Bool {
            if a == b { return false }
            return a.cost <= b.cost && a.worth >= b.worth
        }
        for (index, choice) in choices.enumerated() {
            let isBeaten = choices.indices.contains { other in isOn[other] && beats(choices[other], choice) }
            #expect(isBeaten == !isOn[index])
        }
    }
}
