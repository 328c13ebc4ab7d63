// The energy counter of one NVIDIA GPU, or its power where it has no counter. Read by a recorder's thread alone.

import CoExec

final class NVMLSensor: PowerSensor {
    let rail: PowerRail
    private let library: NVMLLibrary
    private let device: NVMLLibrary.Device

    /// - Parameter path: of the library, or its name where the system knows where it is.
    /// - Returns: whether the library is there at all.
    static func find(library path: String, into finding: inout PowerSensorFinding) -> Bool {
        do {
            guard let library = try NVMLLibrary(path: path) else { return false }
            var devices: [(index: Int, device: NVMLLibrary.Device)] = []
            for index in 0..<(try library.count()) {
                do {
                    devices.append((index, try library.device(index)))
                } catch {
                    finding.fail("nvml GPU \(index)", error)
                }
            }
            for (index, device) in devices {
                let hasTwin = devices.count { $0.device.name == device.name } > 1
                let name = hasTwin ? "\(device.name) (\(index))" : device.name
                do {
                    finding.tryOnce(try NVMLSensor(device, name: name, of: library))
                } catch {
                    finding.fail("nvml \(name)", error)
                }
            }
        } catch {
            finding.fail("nvml", error)
        }
        return true
    }

    private init(_ device: NVMLLibrary.Device, name: String, of library: NVMLLibrary) throws {
        let counts = try library.joules(of: device) != nil
        (self.device, self.library) = (device, library)
        rail = PowerRail(
            meter: "nvml", name: name, quantity: counts ? .joules(wrapsAt: nil) : .watts, load: .gpu)
    }

    func poll(_ take: (PowerSample) -> Void) throws {
        let before = monotonicNanoseconds()
        let value: Double
        if case .watts = rail.quantity {
            value = try library.watts(of: device)
        } else if let joules = try library.joules(of: device) {
            value = joules
        } else {
            throw PowerSensorError(sensor: "nvml \(rail.name)", reason: "counts its energy no longer")
        }
        take(PowerSample(nanoseconds: before + (monotonicNanoseconds() - before) / 2, value: value))
    }
}
