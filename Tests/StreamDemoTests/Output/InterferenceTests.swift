import Testing

@testable import StreamDemo

@Suite struct InterferenceTests {
    @Test func mediansAreOfRatiosWithinARound() {
        let rounds = [(10.0, 8.0), (20, 10), (40, 36)].map { alone, beside in
            InterferenceRound(
                deviceNames: ["a", "b"], alone: [alone, 5],
                groups: [InterferenceRound.Group(members: [0, 1], framesPerSecond: [beside, 5])])
        }
        let result = Interference(network: "net", rounds: rounds)
        #expect(
            result.rows == [
                Interference.Row(network: "net", device: "a", with: ["b"], fps: 10, relative: 0.8),
                Interference.Row(network: "net", device: "b", with: ["a"], fps: 5, relative: 1),
            ])
        #expect(
            result.text.split(separator: "\n").map {
                $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
            }
            .dropLast() == ["net beside a beside b", "─── ──────── ────────", "a 0.80", "b 1.00"])
    }

    @Test func threeDevicesHaveAColumnForAll() {
        let groups = [([0, 1], [5.0, 5.0]), ([0, 2], [9, 9]), ([1, 2], [8, 8]), ([0, 1, 2], [4, 4, 4])].map {
            InterferenceRound.Group(members: $0.0, framesPerSecond: $0.1)
        }
        let result = Interference(
            network: "net",
            rounds: [InterferenceRound(deviceNames: ["a", "b", "c"], alone: [10, 10, 10], groups: groups)])
        #expect(result.rows.count == 9)
        #expect(
            result.rows.last == Interference.Row(network: "net", device: "c", with: ["a", "b"], fps: 4, relative: 0.4))
        let lines = result.text.split(separator: "\n")
        #expect(
            lines[0].hasSuffix("beside all")
                && lines[4].split(separator: " ").map(String.init) == ["c", "0.90", "0.80", "0.40"])
    }
}
