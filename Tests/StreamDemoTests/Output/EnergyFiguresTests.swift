import CoExec
import Devices
import Foundation
import Testing

@testable import StreamDemo

@Suite struct EnergyFiguresTests {
    private func point(_ fps: Double, _ watts: Double, error: Double = 0, idle: Double? = 1) -> EnergyPoint {
        EnergyPoint(
            framesPerSecond: fps,
            power: PowerFigure(watts: watts, errorWatts: error, idleWatts: idle, rails: ["ina231 A15"]))
    }

    @Test func mediansWithAndWithoutIdlePower() throws {
        let figures = EnergyFigures(
            meter: "ina231", points: [("big", [point(10, 5), point(12, 5), point(30, 5)]), ("gpu", [])], streams: [])
        #expect(figures.watts == ["big": 5] && figures.idleWatts == ["big": OrNull(1)])
        #expect(figures.framesPerJoule == ["big": 2.4])
        #expect(abs(try #require(figures.joulesPerFrame?["big"]) - 5.0 / 12) < 1e-12)
        #expect(figures.activeFramesPerJoule == ["big": 3])
        #expect(figures.rails == ["big": ["ina231 A15"]] && figures.notes == nil)
    }

    @Test("the error holds both the scatter of streams and the meter's sampling")
    func errors() throws {
        let one = EnergyFigures(meter: "m", points: [("big", [point(10, 5, error: 0.1)])], streams: [])
        #expect(abs(try #require(one.errorPercent?["big"]) - 2) < 1e-9)
        let four = EnergyFigures(
            meter: "m", points: [("big", Array(repeating: point(10, 5, error: 0.1), count: 4))], streams: [])
        #expect(abs(try #require(four.errorPercent?["big"]) - 1) < 1e-9)
        let scattered = EnergyFigures(
            meter: "m", points: [("big", [point(9, 5), point(10, 5), point(11, 5)])], streams: [])
        // Student's t for 2 degrees of freedom, deviation 10 %, three values.
        #expect(abs(try #require(scattered.errorPercent?["big"]) - 4.303 * 10 / 3.0.squareRoot()) < 1e-6)
    }

    @Test("without a meter there are no numbers, and it says why")
    func noMeter() throws {
        let figures = EnergyFigures(meter: "m", points: [("big", [])], streams: [], notes: ["no meter: none found"])
        let json = try #require(
            JSONSerialization.jsonObject(with: JSON.line(figures)) as? [String: Any])
        #expect(json.keys.sorted() == ["notes"])
        #expect(EnergyFigures.text([("squeezenet", figures)], names: ["big"]) == "energy: no meter: none found")
    }

    @Test("no frames, no power, or a power that can't be: no figure, and JSON all the same")
    func nothingInfinite() throws {
        for point in [point(0, 5), point(10, 0), point(10, -1), point(10, .infinity), point(0, 0, error: .nan)] {
            let figures = EnergyFigures(meter: "m", points: [("big", [point])], streams: [])
            #expect(figures.framesPerJoule == nil && figures.joulesPerFrame == nil)
            _ = try JSON.line(figures)
            _ = EnergyFigures.text([(nil, figures)], names: ["big"])
        }
    }

    @Test("a load that can't be told from idleness has no efficiency without idle power")
    func idleIsAll() {
        let figures = EnergyFigures(meter: "m", points: [("big", [point(10, 1)])], streams: [])
        #expect(figures.framesPerJoule == ["big": 10] && figures.activeFramesPerJoule == nil)
    }

    @Test func tableLeavesOutWhatNobodyKnows() {
        let known = EnergyFigures(
            meter: "ina231", points: [("big", [point(10, 5, idle: nil)]), ("combined", [point(20, 8, idle: nil)])],
            streams: [])
        let text = EnergyFigures.text([(nil, known)], names: ["big", "gpu"])
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].split(separator: " ").joined(separator: " ") == "energy W frames/J ± % J/frame")
        #expect(lines[2].split(separator: " ") == ["big", "5.000", "2.000", "0.0", "0.5000"])
        #expect(lines.contains("big, combined: ina231 A15 (0 samples)") && !text.contains("gpu"))
    }
}
