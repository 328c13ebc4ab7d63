// /proc/cpuinfo, for what hwloc leaves out: the design of each core, and what instructions there are.

/// What /proc/cpuinfo says of each CPU's core and of the machine.
struct ProcessorInformation: Equatable {
    /// By CPU number; a CPU whose core isn't told is missing.
    private(set) var coreModels: [Int: CoreModel] = [:]
    /// The `Hardware` line of Arm kernels.
    private(set) var hardware: String?
    /// Revision and vector instructions of the first CPU, as one line; nil where neither is told.
    private(set) var features: String?

    /// Reads the text of the file. Never fails: formats differ between kernels, and what isn't there isn't known.
    ///
    /// Each `processor` line starts a CPU. Lines outside of any CPU's block count for every CPU that has none of its
    /// own, as 32-bit Arm kernels before 3.8 name the core once for all.
    init(parsing text: String) {
        var records: [Int: [Substring: Substring]] = [:]
        var common: [Substring: Substring] = [:]
        var current: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: ":") else {
                if line.trimmingBlanks.isEmpty { current = nil }
                continue
            }
            let key = line[..<colon].trimmingBlanks
            let value = line[line.index(after: colon)...].trimmingBlanks
            if key == "processor", let cpu = Int(value) {
                current = cpu
                records[cpu] = [:]
            } else if let current {
                records[current]?[key] = value
            } else {
                common[key] = value
            }
        }
        for (cpu, own) in records {
            coreModels[cpu] = Self.coreModel(common.merging(own) { $1 })
        }
        hardware = common["Hardware"].map(String.init)
        features = records.keys.min().flatMap { Self.features(common.merging(records[$0]!) { $1 }) }
    }

    /// x86 brands of virtual machines ("AMD EPYC") name many processors, which these numbers and instructions tell
    /// apart.
    private static func features(_ record: [Substring: Substring]) -> String? {
        let numbers = ["cpu family", "model", "stepping"].compactMap { key in
            record[key[...]].map { "\(key) \($0)" }
        }
        let flags = (record["flags"] ?? record["Features"] ?? "").split(separator: " ")
        let vectors = flags.filter { flag in vectorInstructions.contains { flag.hasPrefix($0) } }
        let words = numbers + vectors.sorted().map(String.init)
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// The kernel's other flags come and go with its versions, and say nothing of speed.
    private static let vectorInstructions = [
        "sse", "ssse", "avx", "fma", "f16c", "amx", "neon", "asimd", "sve", "fphp", "i8mm", "bf16",
    ]

    /// Arm's "model name" tells only the architecture, so the part number comes first.
    private static func coreModel(_ record: [Substring: Substring]) -> CoreModel? {
        if let implementer = hexadecimal(record["CPU implementer"]), let part = hexadecimal(record["CPU part"]) {
            return CoreModel(armImplementer: implementer, part: part)
        }
        return record["model name"].map { CoreModel(name: String($0)) }
    }

    private static func hexadecimal(_ text: Substring?) -> Int? {
        guard let text, text.hasPrefix("0x") else { return nil }
        return Int(text.dropFirst(2), radix: 16)
    }
}
