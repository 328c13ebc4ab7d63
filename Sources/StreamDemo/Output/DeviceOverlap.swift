// What a command says of its choice of devices: units that it leaves out, kinds of core that one mixes, cores that
// several share, memory far from its CPUs.

import Devices

/// An element of the contract's "shared_cores".
struct SharedCoresRow: Encodable {
    let devices: [String]
    let cpus: [Int]

    init(_ shared: SharedCores) { (devices, cpus) = (shared.devices, shared.cpus.numbers) }
}

/// What people should know before they trust a figure, as lines below a table.
struct DeviceOverlap {
    let sharedCores: [SharedCoresRow]
    /// Each with a line feed before it.
    let text: String

    /// - Parameter selection: whose lanes are, or have been, open.
    init(_ selection: DeviceSelection) {
        let shared = selection.sharedCores
        sharedCores = shared.map(SharedCoresRow.init)
        let leftOut = selection.leftOut.map(\.description).joined(separator: ", ")
        let mixtures = selection.machine.hardware.mixtures(of: selection.devices)
        let lines =
            (leftOut.isEmpty ? [] : ["left out: \(leftOut)"]) + mixtures + shared.map(\.description)
            + [selection.machine.topology.memoryBindingProblem].compactMap(\.self)
        text = lines.map { "\n" + $0 }.joined()
    }
}
