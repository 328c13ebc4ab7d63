import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct OpeningFromALaneTests {
    @Test(.timeLimit(.minutes(1))) func itIsRefused() throws {
        let pool = DevicePool()
        let stream = try FrameStream(devices: [FakeDevice(name: "a")], pool: pool)
        #expect(throws: DeviceConfigurationError.self) {
            try stream.runOnLanes(source: counting(to: 3)) { _ in
                _ = try FrameStream(devices: [FakeDevice(name: "a")], pool: pool)
            }
        }
    }
}
