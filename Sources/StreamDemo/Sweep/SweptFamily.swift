// Which networks a sweep can measure: families of one network in several widths and number formats.

import ArgumentParser
import Devices

/// Families of networks that can be swept.
enum SweptFamily: String, CaseIterable, ExpressibleByArgument {
    /// MobileNet v1 in four widths, in FP32 and INT8.
    case mobilenet

    var networks: NetworkFamily {
        switch self {
        case .mobilenet:
            NetworkFamily(
                name: "mobilenet_v1", alphas: [0.25, 0.5, 0.75, 1], formats: [.fp32, .int8], accuracy: .mobileNetV1)
        }
    }
}

/// One network in several widths, each in several number formats.
struct NetworkFamily {
    /// In `NetworkCatalog`, up to the width multiplier.
    let name: String
    /// The width multipliers.
    let alphas: [Double]
    let formats: [NumberFormat]
    /// Of each width in each format.
    let accuracy: PublishedAccuracy

    /// A width's name in `NetworkCatalog`.
    func networkName(alpha: Double) -> String { "\(name)_\(alpha)" }
}
