import Testing

@testable import CoExec

@Suite struct ContentionTests {
    private static let bus = 10e9

    /// - Parameters:
    ///   - load: part of the bus that it asks for alone.
    ///   - memory: part of its frames' time in which bytes move; nil for a device that takes the whole bus then.
    private static func device(
        _ name: String, load: Double, memory: Double? = nil, goesFirst: Bool = false,
        hosts: [(device: Int, share: Double)] = [], milliseconds: Double = 20
    ) -> SimulatedDevice {
        SimulatedDevice(
            name: name, serviceNanoseconds: milliseconds * 1e6, hosts: hosts,
            traffic: SimulatedTraffic(
                bytesPerFrame: load * bus * milliseconds / 1e3, bytesPerSecond: memory.map { load * bus / $0 },
                goesFirst: goesFirst))
    }

    private static func speeds(_ devices: [SimulatedDevice], busy: [Int]? = nil) -> [Double] {
        Contention(devices, busBytesPerSecond: bus).speeds(busyLanes: busy ?? devices.map(\.laneCount))
    }

    private static func isClose(_ value: Double, _ other: Double) -> Bool { abs(value - other) < 1e-12 }

    @Test func memoryWaitsForOthersAndComputingDoesNot() {
        let cpu = Self.device("cpu", load: 0.2, memory: 0.5)
        // A quarter of the bus is another's: accesses take 4/3 as long, a frame half of that more.
        let beside = Self.speeds([cpu, Self.device("other", load: 0.25, memory: 1)])
        #expect(Self.isClose(beside[0], 1 / (0.5 + 0.5 / 0.75)))
        #expect(Self.isClose(beside[1], 1 / (1 / 0.8)))
        // Those that go first count twice, and lose nothing.
        let behind = Self.speeds([cpu, Self.device("gpu", load: 0.25, goesFirst: true)])
        #expect(Self.isClose(behind[0], 1 / (0.5 + 0.5 / (0.75 * 0.75))) && behind[1] == 1)
        // Only while they run.
        #expect(Self.speeds([cpu, Self.device("gpu", load: 0.25, goesFirst: true)], busy: [1, 0]) == [1, 1])
    }

    @Test func thoseThatGoFirstShareWhatThereIs() {
        let devices = [
            Self.device("gpu", load: 0.9, goesFirst: true), Self.device("npu", load: 0.7, goesFirst: true),
            Self.device("cpu", load: 0.1, memory: 0.5),
        ]
        let speeds = Self.speeds(devices)
        #expect(Self.isClose(speeds[0], 1 / 1.6) && Self.isClose(speeds[1], 1 / 1.6))
        #expect(speeds[2] > 0 && speeds[2] < 0.1)
    }

    @Test func hostThreadsStretchComputingOnly() {
        let gpu = Self.device("gpu", load: 0, goesFirst: true, hosts: [(1, 0.5), (2, 0.2)])
        let speeds = Self.speeds([gpu, Self.device("big", load: 0), Self.device("LITTLE", load: 0.2, memory: 0.25)])
        #expect(speeds[0] == 1 && Self.isClose(speeds[1], 0.5) && Self.isClose(speeds[2], 1 / (0.75 / 0.8 + 0.25)))
    }

    // MARK: properties

    /// One to five devices with random loads, lanes and hosts among those before them.
    private static func mix(seed: UInt64) -> [SimulatedDevice] {
        var random = SplitMix64(seed: seed)
        return (0..<Int.random(in: 1...5, using: &random)).map { index in
            let bandwidth = Double.random(in: 0.05...1, using: &random) * bus
            let service = Double.random(in: 1e6...1e8, using: &random)
            let lanes = Int.random(in: 1...3, using: &random)
            // Some ask for more than their bandwidth, which they cannot have been given.
            let bytes = Double.random(in: 0...1.2, using: &random) * bandwidth * service / 1e9 / Double(lanes)
            return SimulatedDevice(
                name: "d\(index)", laneCount: lanes, serviceNanoseconds: service,
                hosts: index > 0 && Bool.random(using: &random) ? [(0, 0.2)] : [],
                traffic: SimulatedTraffic(
                    bytesPerFrame: bytes, bytesPerSecond: Bool.random(using: &random) ? bandwidth : nil,
                    goesFirst: Bool.random(using: &random)))
        }
    }

    private static func with(_ device: SimulatedDevice, moreTraffic factor: Double) -> SimulatedDevice {
        SimulatedDevice(
            name: device.name, laneCount: device.laneCount, serviceNanoseconds: device.serviceNanoseconds,
            hosts: device.hosts,
            traffic: SimulatedTraffic(
                bytesPerFrame: device.traffic!.bytesPerFrame * factor, bytesPerSecond: device.traffic!.bytesPerSecond,
                goesFirst: device.traffic!.goesFirst))
    }

    /// But for a device that hosts others' threads, which take less of one that waits for memory.
    @Test func moreTrafficMakesNobodyFaster() {
        for seed in 0..<2000 as Range<UInt64> {
            let devices = Self.mix(seed: seed)
            let before = Self.speeds(devices)
            for index in devices.indices {
                var heavier = devices
                heavier[index] = Self.with(devices[index], moreTraffic: 1.5)
                let after = Self.speeds(heavier)
                let isSlower = devices.indices.allSatisfy { position in
                    (position == 0 && index == 0) || after[position] <= before[position] + 1e-12
                }
                #expect(isSlower, "seed \(seed)")
            }
        }
    }

    @Test func moreDevicesMakeNobodyFaster() {
        for seed in 0..<2000 as Range<UInt64> {
            let devices = Self.mix(seed: seed)
            let all = Self.speeds(devices)
            for index in devices.indices {
                let others = Self.speeds(devices, busy: devices.indices.map { $0 == index ? 0 : devices[$0].laneCount })
                let isSlower = devices.indices.allSatisfy { $0 == index || all[$0] <= others[$0] + 1e-12 }
                #expect(isSlower, "seed \(seed)")
            }
        }
    }

    /// Whatever devices ask for, no more crosses than the bus takes, but for the least that is left behind those that go
    /// first.
    @Test func noMoreCrossesThanTheBusTakes() {
        for seed in 0..<2000 as Range<UInt64> {
            let devices = Self.mix(seed: seed)
            let contention = Contention(devices, busBytesPerSecond: Self.bus)
            let speeds = contention.speeds(busyLanes: devices.map(\.laneCount))
            let moved = devices.indices.reduce(0.0) { sum, index in
                let device = devices[index]
                let alone = contention.bytesPerFrame[index] * Double(device.laneCount) / device.serviceNanoseconds * 1e9
                return sum + alone * speeds[index]
            }
            #expect(moved <= Self.bus * 1.01 + 1, "seed \(seed): \(moved / Self.bus)")
        }
    }

    /// A device alone is exactly as fast with a bus as without, and so are several that move nothing.
    @Test func aBusThatNobodyElseUsesChangesNothing() {
        for seed in 0..<200 as Range<UInt64> {
            let devices = Self.mix(seed: seed)
            func duration(_ devices: [SimulatedDevice], bus: Double?) -> [Int] {
                let result = StreamSimulator.run(
                    devices: devices, frames: 60, window: 16, seed: seed, busBytesPerSecond: bus)
                return [result.durationNanoseconds] + result.frames + result.busyNanoseconds
            }
            for device in devices {
                let alone = SimulatedDevice(
                    name: device.name, laneCount: device.laneCount, serviceNanoseconds: device.serviceNanoseconds,
                    jitter: 0.1, traffic: device.traffic)
                #expect(duration([alone], bus: Self.bus) == duration([alone], bus: nil), "seed \(seed)")
            }
            let hostless = devices.map {
                SimulatedDevice(name: $0.name, laneCount: $0.laneCount, serviceNanoseconds: $0.serviceNanoseconds)
            }
            #expect(duration(hostless, bus: Self.bus) == duration(hostless, bus: nil), "seed \(seed)")
        }
    }

    // MARK: in a stream

    @Test func aStreamIsSlowedWhileOthersRun() {
        let devices = [
            Self.device("gpu", load: 0.5, goesFirst: true, milliseconds: 10), Self.device("cpu", load: 0.1, memory: 1),
        ]
        let result = StreamSimulator.run(devices: devices, frames: 2000, window: 64, busBytesPerSecond: Self.bus)
        // 100 of the GPU, and a quarter of 50.
        #expect(abs(result.framesPerSecond / 112.5 - 1) < 0.01)
        #expect(abs(result.busLoad! - 0.525) < 0.01)
        #expect(StreamSimulator.run(devices: devices, frames: 10, window: 8).busLoad == nil)
    }
}
