// What a study says of figures that can't be trusted, and of those that there aren't.

import CoExec
import Devices
import Foundation
import Testing

@testable import StreamDemo

@Suite struct StudyNotesTests {
    /// Rounds of simulated devices, each round with service times of its own in milliseconds.
    private func rounds(_ services: [[String: Double]]) -> [StudyRound] {
        services.map { services in
            let devices = services.sorted { $0.key < $1.key }.map {
                SimulatedDevice(name: $0.key, serviceNanoseconds: $0.value * 1e6)
            }
            return StudyRound(
                devices: devices,
                isolated: devices.map { StreamSimulator.run(devices: [$0], frames: 50, window: 8) },
                combined: StreamSimulator.run(devices: devices, frames: 50, window: 8),
                meter: ModelEnergyMeter(powers: [:], network: nil))
        }
    }

    @Test func aWideGainHasItsReason() throws {
        let wild = rounds([["a": 10, "b": 10], ["a": 10, "b": 40], ["a": 10, "b": 11]])
        let note = try #require(StudyResult.Row.notes(rounds: wild, gainInterval: 214).first)
        #expect(note.hasPrefix("the gain is known to ±214 % only: b alone ran at 25.0 to 100 frames/s"), "\(note)")
        #expect(note.contains("3 rounds are few (--rounds)"))
        #expect(StudyResult.Row.notes(rounds: wild, gainInterval: 9).isEmpty)
    }

    @Test func oneDeviceHasNothingToGain() {
        let notes = StudyResult.Row.notes(rounds: rounds([["a": 10]]), gainInterval: nil)
        #expect(notes == ["one device: there is nothing to gain"])
    }

    @Test func aStudyOfOneDeviceHasNoGain() throws {
        let result = try Program.run(
            ["simulate", "--board", "kirin970", "--devices", "big", "--networks", "alexnet", "--json", "-"])
        let row = try #require((try result.json()["rows"] as? [[String: Any]])?.first)
        #expect(row["gain_percent"] is NSNull && row["efficiency"] is NSNull && row["combined"] is Double)
        #expect(row["notes"] as? [String] == ["one device: there is nothing to gain"])
        #expect(!result.errors.contains("gain %") && result.errors.contains("nothing to gain"), "\(result.errors)")
    }
}
