// Power, energy, or volts and amperes of the chips below /sys/class/hwmon. Used on the thread that discovers.

import Glibc

/// Chips are told by their name and channels by their labels: the numbers of both change from boot to boot.
///
/// Source: Linux `Documentation/hwmon/sysfs-interface.rst`, and there `ina2xx`, `ina3221`, `scpi-hwmon`, `amdgpu`,
/// `amd_energy`, `xgene-hwmon`, `acpi_power_meter`.
enum HwmonMeter {
    private static let folder = "sys/class/hwmon"

    static func find(in files: SystemFiles, into finding: inout PowerSensorFinding) {
        // Batteries show themselves here again.
        let supplies = Set(
            files.names(in: "sys/class/power_supply").map { $0.split(separator: "-").joined(separator: "_") })
        var channels: [HwmonChannel] = []
        for name in files.names(in: folder) {
            var base = "\(folder)/\(name)"
            // Old drivers have their files in the device's folder.
            if !files.exists("\(base)/name"), files.exists("\(base)/device/name") { base += "/device" }
            do {
                let chip = HwmonChip(
                    folder: base, name: try files.text("\(base)/name"),
                    address: files.linkTarget("\(folder)/\(name)/device") ?? name, files: files)
                guard !supplies.contains(chip.name) else { continue }
                for channel in chip.channels() {
                    do {
                        channels.append(try channel.working(in: files))
                    } catch {
                        finding.fail("\(chip.meter) \(channel.name)", error)
                    }
                }
            } catch {
                finding.fail("hwmon \(name)", error)
            }
        }
        for channel in channels {
            let hasTwin =
                channels.count { $0.chip.name == channel.chip.name && $0.name == channel.name } > 1
            let total = channels.contains { other in
                // A board's input has everything in it that chips of the same kind measure.
                let isAbove =
                    other.label.isMachine && other.chip.name == channel.chip.name
                    || other.label.isTotal && other.chip.folder == channel.chip.folder
                return isAbove && !channel.label.isTotal
            }
            finding.tryOnce(
                FilePowerSensor(
                    PowerRail(
                        meter: channel.chip.meter,
                        name: hasTwin ? "\(channel.name) (\(channel.chip.address))" : channel.name,
                        quantity: channel.readings[0].quantity, load: channel.load, isPart: total,
                        refreshNanoseconds: channel.refreshNanoseconds),
                    channel.readings[0].reading, in: files))
        }
    }
}

/// One rail of a chip, with the files that tell of it, best first.
struct HwmonChannel {
    struct Source {
        let quantity: PowerRail.Quantity
        let reading: FilePowerSensor.Reading
    }

    let chip: HwmonChip
    /// Among those of its chip.
    let number: Int
    let name: String
    let label: RailLabel
    let load: PowerRail.Load
    let refreshNanoseconds: Int?
    var readings: [Source]

    /// The channel with the first of its files that can be read.
    func working(in files: SystemFiles) throws(SystemFileError) -> HwmonChannel {
        var first: SystemFileError?
        for source in readings {
            do throws(SystemFileError) {
                _ = try source.reading.value(in: files)
                var channel = self
                channel.readings = [source]
                return channel
            } catch {
                first = first ?? error
            }
        }
        throw first!
    }
}

extension SystemFiles {
    /// The last part of what a symbolic link points to.
    fileprivate func linkTarget(_ link: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { buffer in
            readlink(path(link), buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "/").last.map(String.init)
    }
}
