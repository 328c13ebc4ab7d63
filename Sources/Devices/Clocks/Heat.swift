// Where a machine tells how hot it is and what it does against that. Values, found once; a monitor reads their files.

/// A sensor of temperature, above all one that the kernel acts on.
struct ThermalZone: Sendable, Hashable {
    /// The zone's type, "cpu-thermal", with the zone's number where several are alike.
    let name: String
    /// m°C.
    let temperatureFile: String

    /// The machine's thermal zones, and the sensors of x86 processors, for which there may be no zone.
    static func all(of files: SystemFiles) -> [ThermalZone] {
        let zones = files.names(in: "sys/class/thermal").filter { $0.hasPrefix("thermal_zone") }
            .map { (folder: "sys/class/thermal/\($0)", type: "type", temperature: "temp") }
        let chips = files.names(in: "sys/class/hwmon")
            .map { (folder: "sys/class/hwmon/\($0)", type: "name", temperature: "temp1_input") }
            .filter { ["coretemp", "k10temp", "zenpower"].contains(try? files.text("\($0.folder)/name")) }
        let sensors = zones + chips
        let types = sensors.map { (try? files.text("\($0.folder)/\($0.type)")) ?? "temperature" }
        return zip(sensors, types).map { sensor, type in
            let isAlone = types.count { $0 == type } == 1
            let number = sensor.folder.split(separator: "/").last!
            return ThermalZone(
                name: isAlone ? type : "\(type) (\(number))",
                temperatureFile: "\(sensor.folder)/\(sensor.temperature)")
        }
    }

    /// nil for what no sensor means: some give absolute zero, or a huge number, while they are off.
    static func celsius(millidegrees: Double) -> Double? {
        (-60...250).contains(millidegrees / 1e3) ? millidegrees / 1e3 : nil
    }
}

/// What slows processors down when they get hot. Its state is 0 while it doesn't; a fan is none of these.
struct CoolingDevice: Sendable, Hashable {
    enum Target: Sendable, Hashable {
        case cpu(Int)
        /// Some CPUs; the kernel doesn't tell which.
        case cpus
        case device(String)
        /// Some devfreq device, most likely the GPU.
        case gpus
    }

    /// The kernel's: "cpufreq-cpu0", "thermal-cpufreq-0", "Processor", "intel_powerclamp", "devfreq-fb000000.gpu".
    let type: String
    /// In `sys/class/thermal`, which tells those of one type apart.
    let name: String
    let target: Target
    /// `intel_powerclamp` reads -1 while it is off.
    var stateFile: String { "sys/class/thermal/\(name)/cur_state" }
    /// nil where the kernel doesn't tell.
    let maximumState: Double?

    static func all(of files: SystemFiles) -> [CoolingDevice] {
        files.names(in: "sys/class/thermal").filter { $0.hasPrefix("cooling_device") }.compactMap { name in
            guard let type = try? files.text("sys/class/thermal/\(name)/type"), let target = target(of: type) else {
                return nil
            }
            return CoolingDevice(
                type: type, name: name, target: target,
                maximumState: try? files.number("sys/class/thermal/\(name)/max_state"))
        }
    }

    /// nil for what doesn't slow a processor. (`TCC Offset` has a state above 0 without doing anything.)
    static func target(of type: String) -> Target? {
        let text = type.lowercased()
        guard !text.contains("fan") else { return nil }
        for prefix in ["cpufreq-cpu", "idle-cpu"] where text.hasPrefix(prefix) {
            if let cpu = Int(text.dropFirst(prefix.count)) { return .cpu(cpu) }
        }
        if text.hasPrefix("devfreq-") { return .device(String(type.dropFirst("devfreq-".count))) }
        if ["gpu", "mali", "devfreq"].contains(where: text.contains) { return .gpus }
        if ["cpu", "processor", "powerclamp", "thermal-idle"].contains(where: text.contains) { return .cpus }
        return nil
    }

    /// Whether it may slow this clock down.
    func slows(_ domain: ClockDomain) -> Bool {
        switch target {
        case .cpu(let cpu): domain.cpus.contains(cpu)
        case .cpus: domain.kind == .cpu
        case .device(let name): domain.name == name
        case .gpus: domain.kind == .gpu
        }
    }
}

/// How often an x86 processor slowed itself down because of heat: a counter that only grows.
///
/// Source: `drivers/base` ABI, /sys/devices/system/cpu/cpuX/thermal_throttle/{core,package}_throttle_count.
struct ThrottleCounter: Sendable, Hashable {
    /// "CPU 3", "package 0".
    let name: String
    /// Which it slowed down.
    let cpus: CPUSet
    let file: String

    /// What happened when it grew by so much.
    func cause(growth: Double) -> String { "\(name) slowed itself down \(shortText(growth)) times" }

    /// The counters of these CPUs, one for each package; of all if nil.
    static func all(of files: SystemFiles, cpus: CPUSet?) -> [ThrottleCounter] {
        let folder = "sys/devices/system/cpu"
        var cores: [ThrottleCounter] = []
        var packages: [String: (file: String, cpus: [Int])] = [:]
        for (name, cpu) in files.cpuNames(in: folder) where cpus?.contains(cpu) ?? true {
            let own = "\(folder)/\(name)/thermal_throttle"
            if files.exists("\(own)/core_throttle_count") {
                cores.append(ThrottleCounter(name: "CPU \(cpu)", cpus: [cpu], file: "\(own)/core_throttle_count"))
            }
            if files.exists("\(own)/package_throttle_count") {
                let package = (try? files.text("\(folder)/\(name)/topology/physical_package_id")) ?? "of CPU \(cpu)"
                packages[package, default: ("\(own)/package_throttle_count", [])].cpus.append(cpu)
            }
        }
        return cores
            + packages.sorted { $0.key < $1.key }.map {
                ThrottleCounter(name: "package \($0.key)", cpus: CPUSet($0.value.cpus), file: $0.value.file)
            }
    }
}
