import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct ManyStreamsTests {
    @Test(.timeLimit(.minutes(1))) func aLaneServesMoreThan64Streams() throws {
        let pool = DevicePool()
        let streams = try (0..<70).map { _ in try FrameStream(devices: [FakeDevice(name: "many")], pool: pool) }
        for stream in streams { #expect(stream.push(1)) }
        for stream in streams { #expect(try stream.pull()?.result.get() == 2) }
        for stream in streams { stream.cancel() }
    }
}
