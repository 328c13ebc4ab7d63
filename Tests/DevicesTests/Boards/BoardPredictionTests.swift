import CoExec
import Testing

@testable import Devices

/// The study's co-execution, predicted from its Table I: isolated throughputs, what the networks move, and the boards.
@Suite struct BoardPredictionTests {
    private struct Prediction {
        let row: String
        let configuration: BoardConfiguration
        let published: PublishedTable.Row
        let result: SimulationResult

        var errorPercent: Double { (result.framesPerSecond / published.framesPerSecond - 1) * 100 }
        var composition: [String: Double] {
            Dictionary(uniqueKeysWithValues: zip(configuration.devices.map(\.name), result.composition))
        }
    }

    private static func predictions() throws -> [Prediction] {
        try BoardProfile.builtInNames.flatMap { name in
            try BoardConfiguration.all(of: #require(BoardProfile.builtIn(name))).flatMap { configuration in
                try configuration.networks.map { network in
                    let published = try #require(configuration.published(network: network))
                    let result = StreamSimulator.run(
                        devices: configuration.simulatedDevices(network: network), frames: 1000,
                        window: SchedulingView.defaultWindow(laneCount: configuration.devices.count),
                        busBytesPerSecond: configuration.busBytesPerSecond)
                    return Prediction(
                        row: "\(name), \(published.title), \(network)", configuration: configuration,
                        published: published.row, result: result)
                }
            }
        }
    }

    /// All but one: its LITTLE cluster's throughput is published as 0.2, with one digit.
    @Test func combinedThroughputsAreWithinEightPercent() throws {
        let predictions = try Self.predictions()
        #expect(predictions.count == 14)
        let missed = predictions.filter { abs($0.errorPercent) > 8 }
        let errors = predictions.map { ($0.row, $0.errorPercent) }
        #expect(missed.map(\.row) == ["exynos5422, Table II, resnet50"], "\(errors)")
        for prediction in predictions { #expect(prediction.result.busLoad! > 0.1 && prediction.result.busLoad! < 1) }
    }

    @Test func compositionsAreInOrder() throws {
        let all = try Self.predictions().filter { $0.published.composition != nil }
        #expect(all.count == 4)
        for prediction in all {
            let (shares, published) = (prediction.composition, prediction.published.composition!)
            let order = ["npu", "gpu", "big", "LITTLE"]
            // AlexNet takes GPU and NPU the same time, so the order of the two is left to chance.
            let slack = prediction.row.hasSuffix("alexnet") ? 0.5 : 0
            for (slower, faster) in zip(order.dropFirst(), order) {
                #expect(published[slower]! < published[faster]!)
                #expect(shares[slower]! < shares[faster]! + slack, "\(prediction.row): \(shares)")
            }
            for name in order {
                #expect(abs(shares[name]! - published[name]!) < 3, "\(prediction.row), \(name): \(shares[name]!)")
            }
        }
    }

    /// Each device alone has the throughput of Table I to a nanosecond a frame, whatever its frames move.
    @Test func aloneDevicesAreAsPublished() throws {
        for name in BoardProfile.builtInNames {
            let board = try #require(BoardProfile.builtIn(name))
            for device in board.devices {
                let alone = BoardConfiguration(board: board, devices: [device])
                for (network, framesPerSecond) in device.framesPerSecond {
                    let result = StreamSimulator.run(
                        devices: alone.simulatedDevices(network: network), frames: 20, window: 8,
                        busBytesPerSecond: alone.busBytesPerSecond)
                    let nanoseconds = Double(result.durationNanoseconds) / 20
                    #expect(abs(nanoseconds - 1e9 / framesPerSecond) <= 1, "\(name), \(device.name), \(network)")
                }
            }
        }
    }
}
