// Which power rail feeds a GPU. Pure.

enum GPURails {
    /// A machine may have several GPUs: NVIDIA's meter tells their names, RAPL measures Intel's only. Where it stays
    /// open which rail is a GPU's, none is.
    /// - Parameters:
    ///   - name: as its driver has it, like `vendor`.
    ///   - rails: as meters are preferred.
    static func positions(of name: String, _ vendor: String, in rails: [PowerRail]) -> [Int] {
        let isNVIDIA = vendor.uppercased().contains("NVIDIA")
        let isIntel = vendor.uppercased().contains("INTEL")
        let possible = rails.indices.filter { index in
            let rail = rails[index]
            guard rail.load == .gpu else { return false }
            return switch rail.meter {
            case "nvml": isNVIDIA && (rail.name == name || rail.name.hasPrefix("\(name) ("))
            case "rapl": isIntel
            case "hwmon amdgpu", "hwmon radeon": !isNVIDIA && !isIntel
            default: !isNVIDIA
            }
        }
        return possible.count == 1 ? possible : []
    }
}
