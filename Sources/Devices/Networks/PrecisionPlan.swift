// The numbers that devices compute with: one kind for all, or a kind for each. Values.

import Kernels

/// Numbers that a network can be computed with.
package enum NumberFormat: String, CaseIterable, Sendable {
    case fp32, bf16, fp16, int8

    /// Of what isn't on a grid of 8 bits.
    package var precision: Precision {
        switch self {
        case .fp32, .int8: .fp32
        case .bf16: .bf16
        case .fp16: .fp16
        }
    }
}

/// A network as one device runs it.
package struct FormattedNetwork: Sendable {
    package let network: Network
    package let format: NumberFormat

    package init(network: Network, format: NumberFormat) { (self.network, self.format) = (network, format) }
}

/// What a user says of the numbers that devices compute with: "bf16", or of each device "gpu=fp16,big=int8". What is
/// left out is fp32, and int8 for a network in 8 bits.
package struct PrecisionPlan: Hashable, Sendable {
    private enum Choice: Hashable {
        case left
        case all(NumberFormat)
        case each([String: NumberFormat])
    }

    private let choice: Choice

    /// Devices are known by their names, whose case doesn't matter.
    /// - Parameter text: nil where nothing is said.
    /// - Throws: `PrecisionPlanError` naming what there isn't.
    package init(parsing text: String?, for devices: [String]) throws(PrecisionPlanError) {
        guard let text else {
            choice = .left
            return
        }
        guard text.contains("=") else {
            choice = .all(try Self.format(text))
            return
        }
        var formats: [String: NumberFormat] = [:]
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw .notADevice(String(item)) }
            guard let device = devices.first(where: { $0.lowercased() == parts[0].lowercased() }) else {
                throw .unknownDevice(parts[0], available: devices)
            }
            guard formats.updateValue(try Self.format(parts[1]), forKey: device) == nil else { throw .twice(device) }
        }
        choice = .each(formats)
    }

    private static func format(_ name: String) throws(PrecisionPlanError) -> NumberFormat {
        guard let format = NumberFormat(rawValue: name.lowercased()) else { throw .unknownFormat(name) }
        return format
    }

    /// nil where nothing is said of a device.
    private func format(of device: String) -> NumberFormat? {
        switch choice {
        case .left: nil
        case .all(let format): format
        case .each(let formats): formats[device]
        }
    }

    /// The network for each device, quantised where that is asked for.
    /// - Parameters:
    ///   - devices: that will run it.
    ///   - quantize: makes a network in 8 bits of it; called once, if at all.
    /// - Throws: `PrecisionPlanError`; what `quantize` throws.
    package func networks(
        _ network: Network, for devices: [ResolvedDevice], quantize: (Network) throws -> Network
    ) throws -> [FormattedNetwork] {
        let formats: [NumberFormat?] = devices.map { format(of: $0.name) }
        if network.isQuantized {
            if let other = formats.compactMap(\.self).first(where: { $0 != .int8 }) {
                throw PrecisionPlanError.inEightBits(network: network.name, other)
            }
            return devices.map { _ in FormattedNetwork(network: network, format: .int8) }
        }
        let quantized = formats.contains(.int8) ? try quantize(network) : network
        return formats.map { format in
            FormattedNetwork(network: format == .int8 ? quantized : network, format: format ?? .fp32)
        }
    }
}

/// A precision that can't be had.
package enum PrecisionPlanError: Error, Equatable, CustomStringConvertible {
    case notADevice(String)
    case unknownDevice(String, available: [String])
    case twice(String)
    case unknownFormat(String)
    /// The network is in 8 bits already.
    case inEightBits(network: String, NumberFormat)

    package var description: String {
        switch self {
        case .notADevice(let item): "precision: '\(item)' is not DEVICE=PRECISION"
        case .unknownDevice(let name, let available):
            "precision: no device '\(name)' (there are: \(available.joined(separator: ", ")))"
        case .twice(let device): "precision names '\(device)' twice"
        case .unknownFormat(let name):
            """
            precision: no precision '\(name)' (there are: \
            \(NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")))
            """
        case .inEightBits(let network, let format):
            "'\(network)' is in 8 bits: it can't be computed in \(format.rawValue)"
        }
    }
}
