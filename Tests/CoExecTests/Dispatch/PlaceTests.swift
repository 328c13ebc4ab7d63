import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct PlaceTests {
    @Test func aPolicyForADeviceThatHasLeftIsNotForTheNextOne() throws {
        let (cpu, gpu, npu) = (FakeDevice(name: "cpu"), FakeDevice(name: "gpu"), FakeDevice(name: "npu"))
        let stream = try FrameStream(
            devices: [cpu, gpu], options: StreamOptions(window: 8, policy: SingleDevice(1)))
        #expect(stream.remove("gpu"))
        try stream.add(npu)
        #expect(stream.push(1))
        usleep(200_000)
        #expect(npu.probe.runCount == 0 && cpu.probe.runCount == 0)
        stream.cancel()
    }
}
