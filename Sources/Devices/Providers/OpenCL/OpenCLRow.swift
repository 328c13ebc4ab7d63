// What `devices` says of one OpenCL device: the facts that `clinfo` shows.

import Kernels

/// All of a device's facts as JSON, and those that people compare as text. Null for what a driver doesn't tell.
struct OpenCLRow: Encodable, Sendable {
    /// What `--devices` calls it.
    let device: String
    let name: String
    let platform: String
    let vendor: String
    let version: String
    let driverVersion: String
    let openclCVersion: String
    let kind: String
    let computeUnits: Int
    let clockMhz: Int
    let globalMemoryBytes: Int
    let maxAllocationBytes: Int
    let localMemoryBytes: Int
    let cacheBytes: OrNull<Int>
    let cacheLineBytes: OrNull<Int>
    let unifiedMemory: Bool
    let maxWorkGroupSize: Int
    let preferredFloatWidth: Int
    let nativeFloatWidth: Int
    let preferredHalfWidth: OrNull<Int>
    let nativeHalfWidth: OrNull<Int>
    let fp16: Bool
    let fp64: Bool
    let int8DotProduct: Bool
    let images: Bool
    let subGroups: Bool
    let maxSubGroups: OrNull<Int>
    let partitionTypes: [String]
    let maxSubdevices: Int
    /// Of each compute unit's thread, where that is known: the CPUs to which it was bound.
    let workerCpus: [[Int]]
    let extensions: [String]

    init(_ unit: OpenCLDevice, device: String) {
        let facts = unit.facts
        self.device = device
        (name, platform, vendor, version) = (unit.name, unit.platform, unit.vendor, unit.version)
        (driverVersion, openclCVersion, kind) = (unit.driverVersion, facts.languageVersion, unit.kind.rawValue)
        (computeUnits, clockMhz) = (unit.computeUnits, facts.clockMegahertz)
        (globalMemoryBytes, maxAllocationBytes) = (unit.globalMemoryBytes, unit.maxAllocationBytes)
        localMemoryBytes = facts.localMemoryBytes
        (cacheBytes, cacheLineBytes) = (OrNull(facts.cacheBytes), OrNull(facts.cacheLineBytes))
        (unifiedMemory, maxWorkGroupSize) = (unit.hasHostUnifiedMemory, unit.maxWorkGroupSize)
        (preferredFloatWidth, nativeFloatWidth) = (facts.preferredFloatWidth, facts.nativeFloatWidth)
        (preferredHalfWidth, nativeHalfWidth) = (OrNull(facts.preferredHalfWidth), OrNull(facts.nativeHalfWidth))
        (fp16, fp64, int8DotProduct) = (unit.supportsHalf, unit.supportsDouble, unit.supportsIntegerDotProduct)
        (images, subGroups) = (facts.supportsImages, unit.supportsSubgroups)
        maxSubGroups = OrNull(facts.maxSubgroups)
        (partitionTypes, maxSubdevices) = (facts.partitions.map(\.rawValue), facts.maxSubdevices)
        workerCpus = unit.workers.map(\.allowedCPUs)
        extensions = unit.extensions
    }

    /// Of the table.
    var cells: [String] { [device, name, kind == "cpu" ? "CPU, no GPU" : kind, String(computeUnits)] }

    /// Two lines: versions, then sizes and abilities.
    var text: String {
        var sizes = ["\(shortText(bytes: globalMemoryBytes)) memory\(unifiedMemory ? " shared with the host" : "")"]
        sizes.append("\(shortText(bytes: maxAllocationBytes)) at once, \(shortText(bytes: localMemoryBytes)) local")
        if let cache = cacheBytes.value, cache > 0 {
            let lines = cacheLineBytes.value.map { " in lines of \($0) bytes" } ?? ""
            sizes.append("\(shortText(bytes: cache)) cache\(lines)")
        }
        sizes.append("work-groups to \(maxWorkGroupSize)")
        if nativeFloatWidth > 1 { sizes.append("vectors of \(nativeFloatWidth) floats") }
        var abilities = [
            (fp16, "fp16"), (fp64, "fp64"), (int8DotProduct, "int8 dot products"), (images, "images"),
            (subGroups, "sub-groups"),
        ].filter(\.0).map(\.1)
        if maxSubdevices > 1, !partitionTypes.isEmpty { abilities.append("up to \(maxSubdevices) sub-devices") }
        return """
            \(device): \(platform); \(version); \(openclCVersion); \(vendor), driver \(driverVersion), \(clockMhz) MHz
              \((sizes + abilities).joined(separator: ", "))
            """
    }
}

/// A platform or device that OpenCL has and that cannot be used.
struct OpenCLFault: Encodable, Sendable {
    let platform: OrNull<String>
    let error: String

    init(_ failure: OpenCLFailure) {
        (platform, error) = (OrNull(failure.platform), "\(failure.error)")
    }
}
