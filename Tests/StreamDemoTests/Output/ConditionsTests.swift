import Foundation
import Testing

@testable import Devices
@testable import StreamDemo

@Suite struct ConditionsTests {
    /// Policies of two CPUs each of a machine with so many, as a monitor of two samples saw them.
    private func conditions(policies: Int, limitedMegahertz: Int? = nil) throws -> Conditions {
        let folder = try TemporaryFolder()
        func write(_ text: String, _ file: String) throws {
            let url = URL(fileURLWithPath: folder.file("sys/" + file))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        for index in 0..<policies {
            let policy = "devices/system/cpu/cpufreq/policy\(2 * index)"
            let limit = "\((limitedMegahertz ?? 4000) * 1000)"
            for (file, text) in [
                "related_cpus": "\(2 * index) \(2 * index + 1)", "scaling_governor": "powersave",
                "scaling_cur_freq": "\(1000 + index)000", "scaling_max_freq": limit, "cpuinfo_min_freq": "800000",
                "cpuinfo_max_freq": "4000000",
            ] { try write(text, "\(policy)/\(file)") }
        }
        for zone in 0..<6 {
            try write("zone \(zone)", "class/thermal/thermal_zone\(zone)/type")
            try write("\(40 + zone)600", "class/thermal/thermal_zone\(zone)/temp")
        }
        let monitor = ClockMonitor(files: SystemFiles(root: folder.path))
        for second in 0..<2 { monitor.sample(at: second * 1_000_000_000) }
        return Conditions(monitor.summary())
    }

    @Test func clocksThatAreAlikeTakeALineTogether() throws {
        #expect(
            try conditions(policies: 3).text == """
                clock of CPUs 0-5: powersave, 1000–1002 MHz, mean 1001, at most 4000
                temperature, at the start and the most: zone 5 46 → 46 °C, zone 4 45 → 45 °C, zone 3 44 → 44 °C, \
                zone 2 43 → 43 °C
                """)
    }

    @Test func throttlingIsALineOfItsOwn() throws {
        let conditions = try conditions(policies: 8, limitedMegahertz: 2000)
        let lines = conditions.text.split(separator: "\n")
        #expect(lines.first?.hasSuffix("at most 4000, throttled 100 % of the time") == true, "\(lines)")
        #expect(
            lines.last == """
                THROTTLED: policy0 limited to 2000 of 4000 MHz; policy2 limited to 2000 of 4000 MHz; \
                policy4 limited to 2000 of 4000 MHz; policy6 limited to 2000 of 4000 MHz; and 4 more
                """)
        #expect(conditions.causes.count == 8)
    }

    @Test func whatIsNotKnownIsNull() throws {
        let json = try JSON.line(
            Conditions.Clock(
                name: "dmc", kind: "other", cpus: [], used: false, governor: OrNull(nil), mhz: OrNull(nil),
                maxMhz: OrNull(nil), limitMhz: OrNull(nil), throttledPercent: 0))
        #expect(
            String(decoding: json, as: UTF8.self) == """
                {"cpus":[],"governor":null,"kind":"other","limit_mhz":null,"max_mhz":null,"mhz":null,"name":"dmc",\
                "throttled_percent":0,"used":false}
                """)
    }
}
