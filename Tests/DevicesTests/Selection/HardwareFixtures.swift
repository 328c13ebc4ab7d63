@testable import Devices

/// An OpenCL device, as far as tests of choosing devices need one.
struct OpenCLFixture: Sendable {
    let name: String
    let isCPU: Bool

    static let mali = OpenCLFixture(name: "Mali", isCPU: false)
    static let pocl = OpenCLFixture(name: "PoCL", isCPU: true)
}

extension Hardware {
    /// The units that providers find on a machine with these CPUs and OpenCL devices.
    init(inventory: CPUInventory, openCLDevices: [OpenCLFixture] = []) {
        let openCL = OpenCLProvider.ordered(openCLDevices, isCPU: \.isCPU).enumerated().map { number, device in
            OpenCLProvider.summary(
                OpenCLProvider().naming.name(number), of: device.name, isCPU: device.isCPU, cpus: inventory.allowed)
        }
        self.init(inventory: inventory, units: CPUProvider.units(of: inventory).map(\.summary) + openCL)
    }

    /// A device of the unit that a user names.
    func device(_ text: String) throws -> ResolvedDevice { try resolve(DeviceSpecification(parsing: text)) }
}
