import Glibc
import Testing

@testable import System

@Suite struct ProcessMemoryTests {
    @Test func thePeakGrowsWithWhatIsTouched() throws {
        let size = 32 << 20
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        memset(memory, 1, size)
        let peak = try #require(ProcessMemory.peakBytes)
        memory.deallocate()
        #expect(peak > size && peak < 64 << 30)
        let later = try #require(ProcessMemory.peakBytes)
        #expect(later >= peak)
    }
}
