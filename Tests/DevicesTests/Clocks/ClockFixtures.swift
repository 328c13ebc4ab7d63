// Folders that look like the /sys of a board with two clusters and a GPU, and of a PC.

@testable import Devices

enum ClockFixtures {
    static let little = "sys/devices/system/cpu/cpufreq/policy0"
    static let big = "sys/devices/system/cpu/cpufreq/policy4"
    static let gpu = "sys/class/devfreq/fb000000.gpu"
    static let cpuCooler = "sys/class/thermal/cooling_device0"

    /// Two CPU policies, a GPU, a memory bus, two temperatures, three cooling devices.
    static func board() throws -> FixtureRoot {
        try FixtureRoot(
            policy(little, cpus: "0 1 2 3", megahertz: [600, 1000, 1400])
                .merging(policy(big, cpus: "4 5 6 7", megahertz: [600, 1000, 1400, 1804.8])) { $1 }
                .merging(device(gpu, megahertz: [300, 600, 1000])) { $1 }
                .merging(device("sys/class/devfreq/dmc", megahertz: [528, 2112])) { $1 }
                .merging([
                    "sys/class/thermal/thermal_zone0/type": "cpu-thermal",
                    "sys/class/thermal/thermal_zone0/temp": "45200",
                    "sys/class/thermal/thermal_zone1/type": "gpu-thermal",
                    "sys/class/thermal/thermal_zone1/temp": "44000",
                    "\(cpuCooler)/type": "cpufreq-cpu4",
                    "\(cpuCooler)/cur_state": "0",
                    "\(cpuCooler)/max_state": "3",
                    "sys/class/thermal/cooling_device1/type": "pwm-fan",
                    "sys/class/thermal/cooling_device1/cur_state": "2",
                    "sys/class/thermal/cooling_device2/type": "devfreq-fb000000.gpu",
                    "sys/class/thermal/cooling_device2/cur_state": "0",
                ]) { $1 })
    }

    static func policy(_ folder: String, cpus: String, megahertz: [Double]) -> [String: String] {
        let texts = megahertz.map { "\(Int($0 * 1e3))" }
        return [
            "\(folder)/related_cpus": cpus, "\(folder)/affected_cpus": cpus,
            "\(folder)/scaling_governor": "schedutil",
            "\(folder)/scaling_available_governors": "conservative userspace performance schedutil ",
            "\(folder)/scaling_cur_freq": texts[1], "\(folder)/scaling_min_freq": texts[0],
            "\(folder)/scaling_max_freq": texts.last!, "\(folder)/cpuinfo_min_freq": texts[0],
            "\(folder)/cpuinfo_max_freq": texts.last!,
            "\(folder)/scaling_available_frequencies": texts.joined(separator: " ") + " ",
        ]
    }

    static func device(_ folder: String, megahertz: [Double]) -> [String: String] {
        let texts = megahertz.map { "\(Int($0 * 1e6))" }
        return [
            "\(folder)/governor": "simple_ondemand",
            "\(folder)/available_governors": "userspace performance simple_ondemand",
            "\(folder)/cur_freq": texts[1], "\(folder)/min_freq": texts[0], "\(folder)/max_freq": texts.last!,
            "\(folder)/available_frequencies": texts.joined(separator: " "),
        ]
    }

    /// Both clusters used, the GPU there.
    static let targets = [
        ClockTarget(name: "big", cpus: [4, 5, 6, 7]), ClockTarget(name: "LITTLE", cpus: [0, 1, 2, 3]),
        ClockTarget(name: "gpu", cpus: [], kind: .gpu),
    ]
}
