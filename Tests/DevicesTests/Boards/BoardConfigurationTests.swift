import CoExec
import Testing

@testable import Devices

@Suite struct BoardConfigurationTests {
    /// The scheduler's acceptance: at least 98 % of what the host threads leave, for every network of both boards.
    @Test(arguments: BoardProfile.builtInNames, [500, 777, 2000])
    func workStealingReachesWhatTheHostThreadsLeave(board: String, frames: Int) throws {
        for configuration in BoardConfiguration.all(of: try #require(BoardProfile.builtIn(board))) {
            let window = SchedulingView.defaultWindow(laneCount: configuration.devices.count)
            for network in configuration.networks {
                let left = configuration.framesPerSecondAfterHostThreads(
                    isolated: configuration.throughputs(network: network))
                for seed in 1...3 as ClosedRange<UInt64> {
                    let result = StreamSimulator.run(
                        devices: configuration.simulatedDevices(network: network), frames: frames, window: window,
                        seed: seed)
                    let efficiency = result.framesPerSecond / left
                    #expect(efficiency >= 0.98 && efficiency <= 1.005, "\(board), \(network): \(efficiency)")
                }
            }
        }
    }

    @Test func hostThreadsTakeOneCoreEach() throws {
        let kirin = try #require(BoardProfile.builtIn("kirin970"))
        let all = BoardConfiguration(board: kirin, devices: kirin.devices)
        #expect(abs(all.framesPerSecondAfterHostThreads(isolated: [7.6, 2.2, 32.5, 32.5]) - (74.8 - 0.5 * 2.2)) < 1e-9)
        // Without the LITTLE cluster they take nothing that counts.
        let others = BoardConfiguration(board: kirin, devices: kirin.devices.filter { $0.name != "LITTLE" })
        #expect(abs(others.framesPerSecondAfterHostThreads(isolated: [7.6, 32.5, 32.5]) - 72.6) < 1e-9)
        #expect(others.simulatedDevices(network: "alexnet").allSatisfy { $0.host == nil })
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
