// Misses of the last cache: counted where the machine does, else it is said why not.

import System
import Testing

@Suite struct MemoryCounterTests {
    @Test func itCountsOrSaysWhyNot() {
        do throws(MemoryCounterError) {
            let counter = try MemoryCounter()
            #expect(counter.bytes ?? -1 >= 0)
        } catch {
            #expect("\(error)".hasPrefix("perf_event_open: ") && "\(error)".count > 30)
        }
    }

    @Test func whatTheKernelAnswersIsSaidInWords() {
        #expect("\(MemoryCounterError(code: 2))".contains("no counter of cache misses"))
        #expect("\(MemoryCounterError(code: 13))".contains("perf_event_paranoid"))
    }
}
