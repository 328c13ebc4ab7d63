// The channels of one hwmon chip that tell of power. Used on the thread that discovers.

struct HwmonChip {
    /// From the root, as in `sys/class/hwmon/hwmon3`.
    let folder: String
    /// As its driver calls it: "ina3221", "scmi_sensors".
    let name: String
    /// Where it is on its bus, as in `1-0040`.
    let address: String
    let files: SystemFiles

    var meter: String { "hwmon \(name)" }

    /// Rails with their energy counters where there are some, else with their power, else with volts and amperes.
    func channels() -> [HwmonChannel] {
        let names = Set(files.names(in: folder))
        var channels: [HwmonChannel] = []
        for number in numbers(of: "energy", ["input"], in: names) {
            let source = HwmonChannel.Source(
                quantity: .joules(wrapsAt: nil), reading: .value("\(folder)/energy\(number)_input", scale: 1e-6))
            add("energy", number, [source], to: &channels)
        }
        for number in numbers(of: "power", ["input", "average"], in: names) {
            let sources = ["input", "average"].map { "power\(number)_\($0)" }.filter(names.contains).map { file in
                HwmonChannel.Source(quantity: .watts, reading: .value("\(folder)/\(file)", scale: 1e-6))
            }
            add("power", number, sources, to: &channels)
        }
        guard channels.isEmpty else { return channels }
        for number in numbers(of: "curr", ["input"], in: names) where names.contains("in\(number)_input") {
            // Channels 4 to 7 of this chip are the voltages over its shunts, and their sum.
            guard name != "ina3221" || number <= 3 else { continue }
            let source = HwmonChannel.Source(
                quantity: .watts,
                reading: .product("\(folder)/in\(number)_input", "\(folder)/curr\(number)_input", scale: 1e-6))
            add("in", number, [source], to: &channels)
        }
        return channels
    }

    /// The numbers of the channels of a kind that are switched on.
    private func numbers(of kind: String, _ suffixes: [String], in names: Set<String>) -> [Int] {
        let numbers = names.compactMap { name -> Int? in
            guard name.hasPrefix(kind), let suffix = suffixes.first(where: { name.hasSuffix("_\($0)") }) else {
                return nil
            }
            return Int(name.dropFirst(kind.count).dropLast(suffix.count + 1))
        }
        return Set(numbers).sorted().filter { number in
            (kind == "curr" ? ["curr", "in"] : [kind]).allSatisfy {
                (try? files.number("\(folder)/\($0)\(number)_enable")) != 0
            }
        }
    }

    /// Adds a rail, or gives a rail that is there already another source.
    private func add(
        _ kind: String, _ number: Int, _ sources: [HwmonChannel.Source], to channels: inout [HwmonChannel]
    ) {
        let text = label(kind, number)
        let label = RailLabel(text ?? "")
        guard text == nil || !label.isUnconnected else { return }
        // Each core's counter is in its socket's too, and there are as many of them as cores.
        guard name != "amd_energy" || !(text ?? "").hasPrefix("Ecore") else { return }
        if let index = channels.firstIndex(where: { channel in
            text == nil ? channel.number == number : channel.label.key == label.key
        }) {
            channels[index].readings += sources
            return
        }
        let rail = odroidRail
        let channelName = kind == "in" ? "channel \(number)" : "\(kind)\(number)"
        channels.append(
            HwmonChannel(
                chip: self, number: number, name: text ?? rail?.name ?? chipLabel ?? channelName, label: label,
                load: load(label, isLabelled: text != nil, rail: rail?.load),
                refreshNanoseconds: refreshNanoseconds(kind, number), readings: sources))
    }

    private func label(_ kind: String, _ number: Int) -> String? {
        var places = ["\(kind)\(number)_label"]
        if kind == "in" { places.append("curr\(number)_label") }
        if kind == "power" { places.append("power\(number)_oem_info") }
        // From the device tree, where the driver doesn't pass it on: its channels count from 0.
        for node in ["of_node", "device/of_node"] {
            places += ["input", "channel"].map { "\(node)/\($0)@\(number - 1)/label" }
        }
        return places.lazy.compactMap { try? files.text("\(folder)/\($0)") }.first { !$0.isEmpty }
    }

    private var chipLabel: String? { (try? files.text("\(folder)/label")).flatMap { $0.isEmpty ? nil : $0 } }

    /// Under a mainline kernel the Odroid XU3's four chips have no labels, but the addresses that they always had.
    private var odroidRail: (name: String, load: PowerRail.Load)? {
        guard name == "ina231" || name == "ina2xx", let end = address.split(separator: "-").last,
            let compatible = try? files.text("proc/device-tree/compatible"), compatible.contains("odroid-xu3")
        else { return nil }
        return INA231Meter.rails[String(end)]
    }

    private func load(_ label: RailLabel, isLabelled: Bool, rail: PowerRail.Load?) -> PowerRail.Load {
        // In a processor with its own GPU, amdgpu's power is that of both; only there it tells the voltage of the north
        // bridge.
        if name == "amdgpu", (try? files.text("\(folder)/in1_label")) == "vddnb" { return .package }
        if ["amdgpu", "radeon", "nouveau", "i915", "xe"].contains(name) { return .gpu }
        if name == "zenpower" { return .package }
        if isLabelled { return label.load }
        if let rail { return rail }
        // The meter of ACPI, where it has no label, is that of the whole machine.
        if name == "power_meter" { return .machine }
        return chipLabel.map { RailLabel($0).load } ?? .other
    }

    private func refreshNanoseconds(_ kind: String, _ number: Int) -> Int? {
        var files = ["update_interval"]
        if kind == "power" { files.append("power\(number)_average_interval") }
        let milliseconds = files.lazy.compactMap { try? self.files.number("\(folder)/\($0)") }.first { $0 > 0 }
        return milliseconds.flatMap { Int(exactly: ($0 * 1_000_000).rounded()) }
    }
}
