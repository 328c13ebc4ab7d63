// What of a machine has a clock of its own, and by which files of /sys it is seen and set. Values, read once.

/// A part of the machine with one frequency: CPUs of a cpufreq policy, or a devfreq device.
///
/// Source: "CPU Performance Scaling" and "Device Frequency Scaling" in the kernel's documentation.
public struct ClockDomain: Sendable, Hashable {
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// As reports have it.
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let cpu = Kind(rawValue: "cpu")
        public static let gpu = Kind(rawValue: "gpu")
        /// A memory bus, or what no provider knows: logged, but never set.
        public static let other = Kind(rawValue: "other")
    }

    public let kind: Kind
    /// The kernel's: "policy4", "cpu4" (a kernel without policies' folders), "fb000000.gpu".
    public let name: String
    /// Those that share the clock; empty for what is no CPU.
    public let cpus: CPUSet
    /// Those that can be set; empty where that isn't known.
    public let governors: [String]
    /// Frequencies to choose from, ascending; empty where any within the range goes, or nothing is known.
    public let availableMegahertz: [Double]
    /// nil where the kernel doesn't tell.
    public let rangeMegahertz: ClosedRange<Double>?

    let folder: String
    private let interface: Interface

    /// cpufreq has kHz in its files, devfreq Hz.
    private enum Interface { case cpufreq, devfreq }

    var unitsPerMegahertz: Double { interface == .cpufreq ? 1e3 : 1e6 }
    var governorFile: String { file(cpufreq: "scaling_governor", devfreq: "governor") }
    var currentFile: String { file(cpufreq: "scaling_cur_freq", devfreq: "cur_freq") }
    var minimumFile: String { file(cpufreq: "scaling_min_freq", devfreq: "min_freq") }
    var maximumFile: String { file(cpufreq: "scaling_max_freq", devfreq: "max_freq") }
    /// What the governor `userspace` holds the clock at.
    var userspaceFile: String { file(cpufreq: "scaling_setspeed", devfreq: "userspace/set_freq") }

    private func file(cpufreq: String, devfreq: String) -> String {
        "\(folder)/\(interface == .cpufreq ? cpufreq : devfreq)"
    }

    /// All clocks that a machine shows: CPUs by their numbers, then devices by name.
    public static func all(of files: SystemFiles) -> [ClockDomain] { cpuPolicies(of: files) + devices(of: files) }
}

extension ClockDomain {
    private static let cpuFolder = "sys/devices/system/cpu"

    private static func cpuPolicies(of files: SystemFiles) -> [ClockDomain] {
        let policies = files.names(in: "\(cpuFolder)/cpufreq").filter { $0.hasPrefix("policy") }
        if !policies.isEmpty {
            return policies.compactMap { name in
                let folder = "\(cpuFolder)/cpufreq/\(name)"
                // A policy stays when its last CPU has gone offline.
                guard let cpus = files.cpus("\(folder)/related_cpus"),
                    files.cpus("\(folder)/affected_cpus")?.isEmpty != true
                else { return nil }
                return ClockDomain(cpuPolicy: name, cpus: cpus, folder: folder, files: files)
            }
        }
        // Before Linux 4.3 every CPU has a folder, the same one for CPUs of a policy. There `related_cpus` may count
        // CPUs that only the hardware ties together; `affected_cpus` are those of the policy.
        var domains: [ClockDomain] = []
        for name in files.cpuNames(in: cpuFolder) where files.exists("\(cpuFolder)/\(name.text)/cpufreq") {
            let folder = "\(cpuFolder)/\(name.text)/cpufreq"
            let cpus =
                files.cpus("\(folder)/affected_cpus")
                ?? files.cpus("\(folder)/related_cpus") ?? [name.number]
            guard !domains.contains(where: { $0.cpus.contains(name.number) }) else { continue }
            domains.append(ClockDomain(cpuPolicy: name.text, cpus: cpus, folder: folder, files: files))
        }
        return domains
    }

    private init(cpuPolicy name: String, cpus: CPUSet, folder: String, files: SystemFiles) {
        func megahertz(_ file: String) -> Double? { (try? files.number("\(folder)/\(file)")).map { $0 / 1e3 } }
        let range: ClosedRange<Double>? =
            if let low = megahertz("cpuinfo_min_freq"), let high = megahertz("cpuinfo_max_freq"), low <= high {
                low...high
            } else { nil }
        let boost = files.numbers("\(folder)/scaling_boost_frequencies").filter { range?.contains($0 / 1e3) ?? false }
        self.init(
            kind: .cpu, name: name, cpus: cpus, folder: folder, interface: .cpufreq,
            governors: files.words("\(folder)/scaling_available_governors"),
            frequencies: files.numbers("\(folder)/scaling_available_frequencies") + boost, range: range)
    }

    private static func devices(of files: SystemFiles) -> [ClockDomain] {
        files.names(in: "sys/class/devfreq").map { name in
            let folder = "sys/class/devfreq/\(name)"
            return ClockDomain(
                kind: kind(name, folder: folder, files: files), name: name, cpus: [], folder: folder,
                interface: .devfreq, governors: files.words("\(folder)/available_governors"),
                frequencies: files.numbers("\(folder)/available_frequencies"), range: nil)
        }
    }

    /// That of the first provider that knows it by its name, its node in the device tree or its driver.
    private static func kind(_ name: String, folder: String, files: SystemFiles) -> Kind {
        let driver = files.words("\(folder)/device/uevent").filter { $0.hasPrefix("DRIVER=") }
        let others = files.words("\(folder)/name") + files.words("\(folder)/device/of_node/name") + driver
        return DeviceProviders.all.lazy.compactMap(\.clocks).first { $0.match(name, others) }?.kind ?? .other
    }

    private init(
        kind: Kind, name: String, cpus: CPUSet, folder: String, interface: Interface, governors: [String],
        frequencies: [Double], range: ClosedRange<Double>?
    ) {
        (self.kind, self.name, self.cpus, self.folder) = (kind, name, cpus, folder)
        (self.interface, self.governors) = (interface, governors)
        let units = interface == .cpufreq ? 1e3 : 1e6
        let available = Set(frequencies.filter { $0 > 0 }.map { $0 / units }).sorted()
        availableMegahertz = available
        rangeMegahertz = range ?? available.last.map { available[0]...$0 }
    }
}

/// By what the clocks of a kind of hardware are known among the machine's devfreq devices.
public struct ClockMarks: Sendable {
    public let kind: ClockDomain.Kind
    /// In small letters: a part of the device's name, of its node in the device tree, or of its driver.
    public let marks: [String]
    /// A device with one of these in its name is something else.
    public let except: [String]

    public init(kind: ClockDomain.Kind, marks: [String], except: [String] = []) {
        (self.kind, self.marks, self.except) = (kind, marks, except)
    }

    func match(_ name: String, _ others: [String]) -> Bool {
        let name = name.lowercased()
        guard !except.contains(where: name.contains) else { return false }
        return ([name] + others.map { $0.lowercased() }).contains { text in marks.contains(where: text.contains) }
    }
}
