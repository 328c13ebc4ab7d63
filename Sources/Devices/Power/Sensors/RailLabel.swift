// What the label of a rail tells of what it feeds. Pure.

/// A label such as "VDD_CPU_BIG", "POM_5V_IN", "SYS_POW_A57", taken apart in words.
struct RailLabel {
    private let words: [String]

    init(_ label: String) {
        words = label.lowercased().split { !$0.isLetter && !$0.isNumber }.map { Self.normalized(String($0)) }
    }

    /// What the rail feeds. A rail that several units of the table share is none of theirs: `.other`.
    var load: PowerRail.Load {
        if isMachine { return .machine }
        let kinds = Set(words.compactMap { Self.kinds[$0] })
        let cores = words.filter(Self.cores.contains)
        let isCPU = kinds.contains(.cpu) || !cores.isEmpty || cluster != nil
        let others = kinds.subtracting([.cpu])
        switch (isCPU, others.count) {
        case (true, 0):
            if cores.count == 1 { return .core("Cortex-\(cores[0].uppercased())") }
            return cluster.map { .cluster($0) } ?? .cpus
        case (false, 1): return others.contains(.gpu) ? .gpu : others.contains(.memory) ? .memory : .package
        default: return .other
        }
    }

    /// Whether all that a board draws goes through the rail. "SYS" alone is no such word: Juno's is what its clusters
    /// and its GPU leave, Xavier's SYS5V and Orin's VIN_SYS_5V0 feed the 5 V parts.
    var isMachine: Bool {
        guard let last = words.last else { return false }
        return last == "in" || last == "input" || last == "vin"
            || words.contains { ["total", "system", "board", "module"].contains($0) }
    }

    /// Whether the chip's other channels measure parts of what this one does.
    var isTotal: Bool { isMachine || words == ["pin"] || words == ["card"] }

    /// No wire goes to this channel.
    var isUnconnected: Bool { words.isEmpty || words == ["nc"] }

    /// The same for the energy and the power of a rail: Juno's SYS_ENM_A57 and SYS_POW_A57.
    var key: String {
        words.filter { !["energy", "enm", "power", "pow", "pwr"].contains($0) }.joined(separator: " ")
    }

    private enum Kind { case cpu, gpu, memory, package }

    private static let kinds: [String: Kind] = [
        "cpu": .cpu, "cpus": .cpu,
        "gpu": .gpu, "g3d": .gpu, "mali": .gpu, "gfx": .gpu, "graphics": .gpu,
        "mem": .memory, "memory": .memory, "ddr": .memory, "lpddr": .memory, "dram": .memory, "mif": .memory,
        "emc": .memory, "vddq": .memory, "vddrq": .memory,
        "package": .package, "pkg": .package, "esocket": .package, "grace": .package,
    ]

    /// Of Cortex-A; "X1" is a width of PCIe at least as often as a core.
    private static let cores: Set<String> = [
        "a5", "a7", "a8", "a9", "a15", "a17", "a32", "a34", "a35", "a53", "a55", "a57", "a65", "a72", "a73", "a75",
        "a76", "a77", "a78", "a510", "a520", "a710", "a715", "a720", "a725",
    ]

    /// The cluster's name; a single letter tells it only next to "CPU": CPU_B, CPU_L.
    private var cluster: String? {
        for (index, word) in words.enumerated() {
            switch word {
            case "big", "cpub": return "big"
            case "mid", "cpum": return "mid"
            case "little", "lit", "cpul": return "LITTLE"
            case "b" where index > 0 && words[index - 1] == "cpu": return "big"
            case "m" where index > 0 && words[index - 1] == "cpu": return "mid"
            case "l" where index > 0 && words[index - 1] == "cpu": return "LITTLE"
            default: continue
            }
        }
        return nil
    }

    /// A word of the tables where the label has it with a number or a V for "voltage": GPU0, VA57.
    private static func normalized(_ word: String) -> String {
        if kinds[word] != nil || cores.contains(word) { return word }
        if word.hasPrefix("v") {
            let rest = String(word.dropFirst())
            if kinds[rest] != nil || cores.contains(rest) { return rest }
        }
        var bare = Substring(word)
        while bare.last?.isNumber == true { bare.removeLast() }
        return bare.isEmpty || bare.count == 1 ? word : String(bare)
    }
}
