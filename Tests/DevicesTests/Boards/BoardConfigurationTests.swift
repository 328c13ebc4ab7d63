import CoExec
import Testing

@testable import Devices

@Suite struct BoardConfigurationTests {
    /// The scheduler's acceptance: at least 98 % of what devices leave each other, for every network of both boards.
    @Test(arguments: BoardProfile.builtInNames)
    func workStealingReachesWhatDevicesLeaveEachOther(board: String) throws {
        for configuration in BoardConfiguration.all(of: try #require(BoardProfile.builtIn(board))) {
            let window = SchedulingView.defaultWindow(laneCount: configuration.devices.count)
            for network in configuration.networks {
                let devices = configuration.simulatedDevices(network: network)
                let left = configuration.framesPerSecondTogether(
                    devices, isolated: configuration.throughputs(network: network))
                for frames in [500, 777, 2000] {
                    for seed in 1...3 as ClosedRange<UInt64> {
                        let result = StreamSimulator.run(
                            devices: devices, frames: frames, window: window, seed: seed,
                            busBytesPerSecond: configuration.busBytesPerSecond)
                        let efficiency = result.framesPerSecond / left
                        #expect(efficiency >= 0.98 && efficiency <= 1.005, "\(board), \(network): \(efficiency)")
                    }
                }
            }
        }
    }

    @Test func hostThreadsTakeTheirSharesOfSeveralDevices() throws {
        func board(_ cpus: [String]) throws -> BoardConfiguration {
            let hosts = ["big": 0.5, "LITTLE": 0.25].sorted { $0.key < $1.key }.map { BoardHost(device: $0, share: $1) }
            let devices =
                ["big", "LITTLE"].map { BoardDevice(name: $0, unit: "u", framesPerSecond: ["n": 8]) }
                + [BoardDevice(name: "npu", unit: "u", framesPerSecond: ["n": 20], hosts: hosts)]
            let board = try BoardProfile(name: "b", devices: devices)
            let chosen = devices.filter { cpus.contains($0.name) || $0.hosts != nil }
            return BoardConfiguration(board: board, devices: chosen)
        }
        for (cpus, isolated, together) in [
            (["big", "LITTLE"], [8, 8, 20], 4 + 6 + 20), (["LITTLE"], [8, 20], 6 + 20), ([], [20], 20),
        ] as [([String], [Double], Double)] {
            let configuration = try board(cpus)
            let devices = configuration.simulatedDevices(network: "n")
            #expect(configuration.framesPerSecondTogether(devices, isolated: isolated) == together)
        }
    }

    @Test func aBoardIsStudiedAsItWasPublished() throws {
        let configurations = BoardConfiguration.all(of: try #require(BoardProfile.builtIn("kirin970")))
        #expect(
            configurations.map { $0.devices.map(\.name) } == [
                ["big", "LITTLE", "gpu"], ["big", "LITTLE", "gpu", "npu"],
            ])
        #expect(configurations.map { $0.networks.contains("mobilenet_v1") } == [true, false])
        let published = try #require(configurations[1].published(network: "googlenet"))
        #expect(published.title == "Table III" && published.row.framesPerSecond == 59.3)
    }

    @Test func aDeviceOfSeveralLanesHasItsThroughputAllTogether() throws {
        let board = try BoardProfile(
            name: "b", devices: [BoardDevice(name: "gpu", unit: "u", framesPerSecond: ["n": 50], lanes: 2, jitter: 0.1)]
        )
        let whole = BoardConfiguration(board: board, devices: board.devices)
        #expect(whole.simulatedDevices(network: "n").map(\.serviceNanoseconds) == [40e6])
        let half = BoardConfiguration(board: board, devices: board.devices, speeds: [0.5])
        #expect(half.simulatedDevices(network: "n").map(\.serviceNanoseconds) == [80e6])
        #expect(half.throughputs(network: "n") == [25])
    }
}
