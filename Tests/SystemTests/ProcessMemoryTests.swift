import Glibc
import Testing

@testable import System

@Suite struct ProcessMemoryTests {
    @Test func whatIsTouchedCounts() throws {
        let size = 32 << 20
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        memset(memory, 1, size)
        let peak = try #require(ProcessMemory.peakBytes)
        memory.deallocate()
        // The kernel sums its counters up now and then, so a little may be missing.
        #expect(peak > size / 2 && peak < 64 << 30)
    }
}
