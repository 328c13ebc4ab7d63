import Testing

@testable import Devices
@testable import StreamDemo

@Suite struct LimitsTests {
    private func limits(_ quota: Double?, cpus count: Int = 8, busyThreads: Int? = nil) -> Limits {
        Limits(CPUInventory(online: CPUSet(0..<count), quota: quota), busyThreads: busyThreads)
    }

    @Test func aQuotaThatBindsIsALine() {
        #expect(limits(nil, busyThreads: 8).text == nil && limits(8, busyThreads: 8).text == nil)
        #expect(limits(1.5).text == "CPU quota: the time of 1.50 of 8 CPUs")
        #expect(limits(1.5, busyThreads: 1).text == "CPU quota: the time of 1.50 of 8 CPUs, for 1 busy thread")
        #expect(
            limits(1.5, busyThreads: 3).text == """
                CPU quota: the time of 1.50 of 8 CPUs, for 3 busy threads: all stand still together whenever it is \
                used up
                """)
    }

    @Test func moreThreadsThanItKeepsBusyExceedIt() {
        #expect(!limits(1.5, busyThreads: 2).isExceeded && limits(1.5, busyThreads: 3).isExceeded)
        #expect(!limits(nil, busyThreads: 100).isExceeded && !limits(0.1, busyThreads: 1).isExceeded)
    }

    @Test func theContractsJSON() throws {
        #expect(String(decoding: try JSON.line(limits(1.5, busyThreads: 2)), as: UTF8.self) == #"{"cpu_quota":1.5}"#)
        #expect(String(decoding: try JSON.line(limits(nil)), as: UTF8.self) == #"{"cpu_quota":null}"#)
    }

    @Test func theyAreAmongTheConditions() {
        let clocks = ClockMonitor(files: SystemFiles(root: "/nonexistent")).summary()
        let moved = BindingChange(device: "big", lane: 1, cpus: cpus(4...7), now: [4])
        let conditions = Conditions(clocks, limits: limits(2, busyThreads: 2), moved: [moved])
        let lines = conditions.text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1] == "CPU quota: the time of 2.00 of 8 CPUs, for 2 busy threads")
        #expect(lines[2].hasPrefix("big: threads bound to CPUs 4-7 run on CPU 4 now"))
    }
}
