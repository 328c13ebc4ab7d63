// The devices that the conformance suite runs on. A new one is a line here.

import CoExec
import Kernels
import System
import Testing

@testable import Devices

/// How the suite gets a device, as often as it wants one.
struct DeviceUnderTest: Sendable {
    let title: String
    /// NAME[:CPULIST][@SPEED].
    let specification: String
    /// What it makes of a frame of one grey; nil where it computes nothing.
    var expects: (@Sendable (_ grey: UInt8) -> Float)? = { Float($0) }
    /// How often its lanes are opened and closed in search of leaks.
    var openings = 50

    /// - Returns: the device, and the CPUs to which its lanes' threads are to be bound.
    func make(named name: String? = nil) throws -> (device: NetworkDevice<Image>, cpus: CPUSet) {
        let selection = try DeviceSelection(specification)
        var resolved = selection.devices[0]
        if let name { resolved.name = name }
        return (try selection.machine.makeDevice(resolved, network: NetworkDeviceTests.meanColour), resolved.cpus)
    }

    private var isThere: Bool {
        do {
            _ = try make()
            return true
        } catch {
            print("no \(title) among the devices under test: \(error)")
            return false
        }
    }

    static let all: [DeviceUnderTest] = {
        let last = ((try? Topology.thisMachine().inventory.allowed.numbers) ?? [0]).last!
        // A process chooses OpenCL's CPUs once, and another test may have done so.
        _ = try? OpenCL.devices(cpuDeviceCores: [last])
        let chosen = OpenCL.cpuDeviceCores.map { CPUSet($0) } ?? [last]
        let openCL = DeviceUnderTest(title: "OpenCL", specification: "gpu:\(chosen)", openings: 20)
        return [
            DeviceUnderTest(title: "template", specification: "template", expects: nil, openings: 10_000),
            DeviceUnderTest(title: "CPU cluster", specification: "cpu"),
            DeviceUnderTest(title: "emulated speed", specification: "cpu:\(last)@0.5", openings: 20),
        ] + (openCL.isThere ? [openCL] : [])
    }()
}

extension DeviceUnderTest: CustomTestStringConvertible {
    var testDescription: String { title }
}
