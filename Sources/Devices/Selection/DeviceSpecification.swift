// How a device is written on the command line: NAME[:CPULIST][@SPEED]. Parsing is pure; it knows no hardware, but
// how providers call theirs.

/// A device as a user asks for it: `big`, `LITTLE:1@0.4`, `cpu:0,2-3`, `gpu1`.
public struct DeviceSpecification: Sendable, Hashable, CustomStringConvertible {
    /// Which unit is meant: any word is a name, which a machine has or hasn't.
    public struct Name: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
        /// In small letters, and the shortest of several: `gpu` for `GPU0`.
        public let word: String
        /// As it is spelled.
        public let description: String

        public init(_ text: String, among providers: [any DeviceProvider] = DeviceProviders.all) {
            let lower = text.lowercased()
            let namings = providers.map(\.naming)
            let numbered = namings.lazy.compactMap { naming in naming.number(of: lower).map(naming.name) }.first
            let word = numbered ?? lower
            self.word = word
            description = namings.lazy.flatMap(\.spellings).first { $0.lowercased() == word } ?? word
        }

        public init(stringLiteral text: String) { self.init(text) }
    }

    public let name: Name
    /// nil where no list was written.
    public let cpus: CPUSet?
    /// Slower than this, a frame would take minutes.
    static let minimumSpeed = 0.001
    /// Speed to emulate, relative to the unit as it is, in (0, 1].
    public let speed: Double

    /// - Precondition: `speed` is in (0, 1], and `cpus` isn't empty.
    init(_ name: Name, cpus: CPUSet? = nil, speed: Double = 1) {
        precondition(speed > 0 && speed <= 1, "a relative speed is in (0, 1]")
        precondition(cpus?.isEmpty != true, "a CPU list names at least one CPU")
        (self.name, self.cpus, self.speed) = (name, cpus, speed)
    }

    /// Reads one device. Blanks around it don't matter.
    /// - Parameter providers: that know how their units are called.
    /// - Throws: `DeviceSpecificationError` naming the part that cannot be read.
    public init(
        parsing text: some StringProtocol, providers: [any DeviceProvider] = DeviceProviders.all
    ) throws(DeviceSpecificationError) {
        let text = String(text.trimmingBlanks)
        let (beforeSpeed, speedText) = Self.cut(text, at: "@")
        let (word, listText) = Self.cut(beforeSpeed, at: ":")
        guard let initial = word.first, initial.isLetter, word.allSatisfy({ $0.isLetter || $0.isNumber }) else {
            throw .notAName(String(word), in: text)
        }
        var cpus: CPUSet?
        if let listText {
            do { cpus = try CPUSet(parsing: listText) } catch { throw .badCPUList(error, in: text) }
            guard cpus?.isEmpty == false else { throw .emptyCPUList(in: text) }
        }
        var speed = 1.0
        if let speedText {
            guard let value = Double(speedText), value >= Self.minimumSpeed, value <= 1 else {
                throw .badSpeed(String(speedText), in: text)
            }
            speed = value
        }
        self.init(Name(String(word), among: providers), cpus: cpus, speed: speed)
    }

    /// Reads a comma list of devices. An item that starts with a digit continues the CPU list before it:
    /// `cpu:0,2-3,gpu:1@0.5` is `cpu` on CPUs 0, 2 and 3, and `gpu` on CPU 1 at half speed.
    /// - Throws: `DeviceSpecificationError` naming the part that cannot be read, or a device that stands there twice.
    public static func list(
        parsing text: some StringProtocol, providers: [any DeviceProvider] = DeviceProviders.all
    ) throws(DeviceSpecificationError) -> [DeviceSpecification] {
        let severalNames = providers.compactMap(\.naming.severalName)
        var items: [String] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false).map({ String($0.trimmingBlanks) }) {
            guard let initial = item.first else { throw .emptyItem(in: String(text)) }
            guard initial.isASCII, initial.isNumber else {
                items.append(item)
                continue
            }
            guard let last = items.last, last.contains(":"), !last.contains("@") else {
                throw .danglingCPUs(item, in: String(text))
            }
            items[items.count - 1] = last + "," + item
        }
        var specifications: [DeviceSpecification] = []
        for item in items {
            let specification = try DeviceSpecification(parsing: item, providers: providers)
            // Clusters of the user's own may be several, on CPUs of their own.
            let allowsSeveral = severalNames.contains(specification.name.word)
            let isListed = specifications.contains {
                $0.name == specification.name && (!allowsSeveral || $0.cpus == specification.cpus)
            }
            guard !isListed else { throw .duplicate(specification.name) }
            specifications.append(specification)
        }
        return specifications
    }

    /// As it is written on the command line.
    public var description: String {
        "\(name)" + (cpus.map { ":\($0)" } ?? "") + (speed == 1 ? "" : "@\(speed)")
    }

    /// What stands before and after the first separator; nothing after where there is none.
    private static func cut(_ text: some StringProtocol, at separator: Character) -> (Substring, Substring?) {
        let text = Substring(text)
        guard let index = text.firstIndex(of: separator) else { return (text, nil) }
        return (text[..<index], text[text.index(after: index)...])
    }
}

/// A device that cannot be had: what was written, what is wrong with it, and what would be right.
public enum DeviceSpecificationError: Error, Hashable, CustomStringConvertible {
    // What was written isn't a device.
    case emptyItem(in: String)
    case notAName(String, in: String)
    case badCPUList(CPUSetError, in: String)
    case emptyCPUList(in: String)
    case danglingCPUs(String, in: String)
    case badSpeed(String, in: String)
    case duplicate(DeviceSpecification.Name)
    // This machine doesn't have it.
    case unknownDevice(DeviceSpecification.Name, available: [String])
    case noSuchCPUs(CPUSet, device: DeviceSpecification.Name, machine: CPUSet)
    case forbiddenCPUs(CPUSet, device: DeviceSpecification.Name, allowed: CPUSet)
    case foreignCPUs(CPUSet, cluster: String, cpus: CPUSet)
    /// CPUs for host threads, of which no device has any to place.
    case noHostThreads(CPUSet)

    public var description: String {
        switch self {
        case .emptyItem(let text):
            "an empty name in device list '\(text)': a list looks like big:0,LITTLE:1@0.4"
        case .notAName(let word, let text):
            "'\(word)' in device '\(text)' is not a name: a device looks like NAME[:CPULIST][@SPEED]"
        case .badCPUList(let error, let text):
            "device '\(text)': \(error)"
        case .emptyCPUList(let text):
            "device '\(text)': no CPU after ':'; a CPU list looks like 0-3,6"
        case .danglingCPUs(let item, let text):
            "'\(item)' in device list '\(text)' follows no CPU list: CPUs are written NAME:\(item)[@SPEED]"
        case .badSpeed(let speed, let text):
            "device '\(text)': speed '\(speed)' is not a number from 0.001 to 1"
        case .duplicate(let name):
            "device '\(name)' is listed twice"
        case .unknownDevice(let name, let available):
            "unknown device '\(name)' (this machine has \(available.joined(separator: ", ")))"
        case .noSuchCPUs(let cpus, let device, let machine):
            "device '\(device)': no \(Self.named(cpus)) on this machine, which has \(Self.named(machine))"
        case .forbiddenCPUs(let cpus, let device, let allowed):
            "device '\(device)': this process may not use \(Self.named(cpus)), only \(Self.named(allowed))"
        case .foreignCPUs(let cpus, let cluster, let own):
            "device '\(cluster)': this cluster has \(Self.named(own)), not \(Self.named(cpus)); "
                + "a cluster of any CPUs is written cpu:CPULIST"
        case .noHostThreads(let cpus):
            "no host threads for \(Self.named(cpus)): no device is a GPU whose CPUs aren't written"
        }
    }

    private static func named(_ cpus: CPUSet) -> String { cpus.count == 1 ? "CPU \(cpus)" : "CPUs \(cpus)" }
}
