// Finds the power sensors of a machine. Used on any one thread; what it finds belongs to the caller.

/// Which meter to use, as written on a command line.
public enum PowerMeterSpecification: Sendable, Hashable, CustomStringConvertible {
    /// Counters of processor packages: RAPL of Intel and AMD, SCMI of Arm, in /sys/class/powercap.
    case rapl
    /// The Odroid XU3's sensors under its maker's kernel.
    case ina231
    /// Chips below /sys/class/hwmon.
    case hwmon
    /// NVIDIA's GPUs.
    case nvml
    /// The batteries that feed the machine.
    case battery
    /// A meter that writes lines of "time watts", or of watts alone, to a file, a pipe or a serial port. Times are
    /// seconds with a fraction, or whole ms, µs or ns, since 1970 or any other origin.
    case external(path: String, baud: Int? = nil)

    /// The meters that a machine may have by itself.
    public static let builtIn: [PowerMeterSpecification] = [.rapl, .ina231, .hwmon, .nvml, .battery]

    /// How each is written.
    public static let forms = builtIn.map(\.description) + ["external:PATH[@BAUD]"]

    /// Reads `rapl`, `ina231`, `hwmon`, `nvml`, `battery` or `external:PATH[@BAUD]`.
    /// - Throws: `PowerSensorError` that names what there is.
    public init(_ text: String) throws(PowerSensorError) {
        if let meter = Self.builtIn.first(where: { $0.description == text.lowercased() }) {
            self = meter
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "external" else {
            throw PowerSensorError(
                sensor: "meter '\(text)'", reason: "is none of \(Self.forms.joined(separator: ", "))")
        }
        var path = String(parts[1])
        var baud: Int?
        // A path may have an '@' too, but hardly one with a number after it.
        if let at = path.lastIndex(of: "@"), let number = Int(path[path.index(after: at)...]) {
            guard SerialPort.baudRates.contains(number) else {
                let rates = SerialPort.baudRates.map(String.init).joined(separator: ", ")
                throw PowerSensorError(sensor: "meter '\(text)'", reason: "\(number) Bd is none of \(rates)")
            }
            (path, baud) = (String(path[..<at]), number)
        }
        guard !path.isEmpty else { throw PowerSensorError(sensor: "meter '\(text)'", reason: "has no path") }
        self = .external(path: path, baud: baud)
    }

    public var description: String {
        switch self {
        case .rapl: "rapl"
        case .ina231: "ina231"
        case .hwmon: "hwmon"
        case .nvml: "nvml"
        case .battery: "battery"
        case .external(let path, let baud): "external:\(path)" + (baud.map { "@\($0)" } ?? "")
        }
    }
}

public enum PowerMeters {
    /// Finds sensors, and tries each once: started, read, stopped.
    /// - Parameters:
    ///   - files: the machine's.
    ///   - meters: which to look for; nil for all that the machine has by itself.
    ///   - isDump: the files are another machine's, or a copy: sensors aren't switched on.
    ///   - nvmlLibrary: NVIDIA's library; nil for the machine's own, which another machine's dump does not have.
    /// - Returns: the sensors that work, and why the others that are there don't. A meter that was asked for by name
    ///   and isn't there is a failure too.
    public static func discover(
        _ files: SystemFiles = .thisMachine, meters: [PowerMeterSpecification]? = nil, isDump: Bool = false,
        nvmlLibrary: String? = nil
    ) -> (sensors: [any PowerSensor], failures: [PowerSensorError]) {
        var all = PowerSensorFinding(isDump: isDump)
        for meter in meters ?? PowerMeterSpecification.builtIn {
            var finding = PowerSensorFinding(isDump: isDump)
            var absence = "this machine has no such sensor"
            switch meter {
            case .rapl: PowercapMeter.find(in: files, into: &finding)
            case .ina231: INA231Meter.find(in: files, into: &finding)
            case .hwmon: HwmonMeter.find(in: files, into: &finding)
            case .battery: BatterySensor.find(in: files, into: &finding)
            case .nvml:
                let library = nvmlLibrary ?? (files.root.isEmpty ? NVMLLibrary.defaultPath : nil)
                if library == nil { absence = "NVIDIA's library is not asked where sensors are below another folder" }
                if let library, !NVMLSensor.find(library: library, into: &finding) {
                    absence = "'\(library)', which comes with NVIDIA's driver, is not installed"
                }
            case .external(let path, let baud): finding.tryOnce(ExternalMeter(path: path, baud: baud))
            }
            if meters != nil, finding.sensors.isEmpty, finding.failures.isEmpty {
                finding.fail("\(meter)", PowerSensorError(sensor: "meter '\(meter)'", reason: absence))
            }
            all.append(finding)
        }
        return (all.sensors, all.failures)
    }
}
