// The OpenCL engines that the tests run: on the first device, with its own tuning, and with those of other devices, so
// that every kernel's other shapes are checked where there is no such hardware.
import System
import Testing

@testable import EnginePlanning
@testable import OpenCLKernels

enum OpenCLUnderTest {
    /// The cores that CPU devices get in this test process: the last two that it may use, the very last first.
    static let cores = Array(((try? ThreadAffinity.cpus().numbers) ?? [0]).suffix(2).reversed())

    static let devices = Result { () throws(OpenCLError) -> [OpenCLDevice] in
        do throws(OpenCLError) {
            return try OpenCL.devices(cpuDeviceCores: cores)
        } catch .coresAlreadyChosen {
            // Another suite of this process looked first.
            return try OpenCL.devices()
        }
    }

    /// Why nothing can run here; any failure but a missing platform fails the tests.
    static let skipReason: String? =
        switch devices {
        case .failure(.noPlatform): "\(OpenCLError.noPlatform)"
        case .success(let found) where found.isEmpty: "no OpenCL device"
        default: nil
        }

    /// Why FP16 can't be computed with here.
    static let halfSkipReason: String? =
        skipReason ?? ((try? devices.get()[0].supportsHalf) == true ? nil : "the OpenCL device lacks cl_khr_fp16")

    /// As on a GPU, but with small groups: PoCL compiles each kernel anew for each size of a group.
    static let gpu: OpenCLTraits = {
        var traits = OpenCLTraits.gpu(2)
        traits.groupSize = 4
        return traits
    }()

    /// Values in half precision, which any device can load and store; sums in single precision.
    static func halves(_ traits: OpenCLTraits) -> OpenCLTraits {
        var traits = traits
        traits.precision = .fp16
        return traits
    }

    /// Layers between grids computed with integers, whatever the device has for it.
    static func integers(_ traits: OpenCLTraits) -> OpenCLTraits {
        var traits = traits
        traits.usesQuantizedKernels = true
        return traits
    }

    static func engine(_ traits: OpenCLTraits? = nil, _ tuning: Tuning = .off) throws -> OpenCLEngine {
        let device = try devices.get()[0]
        return try OpenCLEngine(device: device, traits: traits ?? OpenCLTraits(for: device), tuning: tuning)
    }
}

extension EngineUnderTest {
    static let openCL: [EngineUnderTest] = [
        EngineUnderTest("OpenCL", skipReason: OpenCLUnderTest.skipReason) {
            try OpenCLUnderTest.engine()
        },
        EngineUnderTest("OpenCL, measured", skipReason: OpenCLUnderTest.skipReason) {
            try OpenCLUnderTest.engine(nil, Tuning(.remembered, cache: nil))
        },
        EngineUnderTest("OpenCL as on a GPU", skipReason: OpenCLUnderTest.skipReason) {
            try OpenCLUnderTest.engine(OpenCLUnderTest.gpu)
        },
        EngineUnderTest("OpenCL as on AVX2", skipReason: OpenCLUnderTest.skipReason) {
            try OpenCLUnderTest.engine(.cpu(8, 1))
        },
        EngineUnderTest("OpenCL as on a GPU, integers", skipReason: OpenCLUnderTest.skipReason) {
            try OpenCLUnderTest.engine(OpenCLUnderTest.integers(OpenCLUnderTest.gpu))
        },
        EngineUnderTest("OpenCL, values in FP16", skipReason: OpenCLUnderTest.skipReason, tolerance: 1e-2) {
            try OpenCLUnderTest.engine(OpenCLUnderTest.halves(.cpu(16, 1)))
        },
        EngineUnderTest("OpenCL as on a GPU, values in FP16", skipReason: OpenCLUnderTest.skipReason, tolerance: 1e-2) {
            try OpenCLUnderTest.engine(OpenCLUnderTest.halves(OpenCLUnderTest.gpu))
        },
        EngineUnderTest("OpenCL, FP16", skipReason: OpenCLUnderTest.halfSkipReason, tolerance: 1e-2) {
            try OpenCLEngine(device: OpenCLUnderTest.devices.get()[0], precision: .fp16)
        },
    ]
}
