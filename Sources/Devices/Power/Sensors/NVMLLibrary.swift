// The part of NVIDIA's management library that tells of energy, loaded while the program runs: machines without such a
// GPU don't have it. Shared by the sensors of its GPUs; NVML may be called from any thread.

import Glibc

/// The loaded library; unloaded with the last sensor that uses it.
///
/// Source: NVML API Reference Guide (vR535), and its `nvml.h`.
final class NVMLLibrary: @unchecked Sendable {  // constants after init; NVML is thread-safe
    /// One GPU, as the library refers to it.
    struct Device: @unchecked Sendable {  // an address that is only handed back to the library
        fileprivate let handle: OpaquePointer
        let name: String
    }

    /// The name by which the driver installs it.
    static let defaultPath = "libnvidia-ml.so.1"

    private typealias Plain = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    private typealias Name = @convention(c) (OpaquePointer, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Energy = @convention(c) (OpaquePointer, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias Power = @convention(c) (OpaquePointer, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Message = @convention(c) (Int32) -> UnsafePointer<CChar>?

    private let image: UnsafeMutableRawPointer
    private let deviceCount: Count
    private let deviceHandle: Handle
    private let deviceName: Name
    /// Missing from libraries older than the Volta generation.
    private let totalEnergy: Energy?
    private let powerUsage: Power
    private let message: Message
    private let shutdown: Plain

    /// Loads and starts the library.
    /// - Returns: nil where it isn't installed.
    /// - Throws: where it is, but doesn't load or start.
    init?(path: String) throws(PowerSensorError) {
        guard let image = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "cannot be loaded"
            if reason.contains("cannot open shared object file: No such file") { return nil }
            throw PowerSensorError(sensor: "nvml", reason: reason)
        }
        guard let initialize = Self.function("nvmlInit_v2", in: image, as: Plain.self),
            let shutdown = Self.function("nvmlShutdown", in: image, as: Plain.self),
            let deviceCount = Self.function("nvmlDeviceGetCount_v2", in: image, as: Count.self),
            let deviceHandle = Self.function("nvmlDeviceGetHandleByIndex_v2", in: image, as: Handle.self),
            let deviceName = Self.function("nvmlDeviceGetName", in: image, as: Name.self),
            let powerUsage = Self.function("nvmlDeviceGetPowerUsage", in: image, as: Power.self),
            let message = Self.function("nvmlErrorString", in: image, as: Message.self)
        else {
            dlclose(image)
            throw PowerSensorError(sensor: "nvml", reason: "'\(path)' lacks functions of NVML")
        }
        let status = initialize()
        guard status == 0 else {
            let reason = Self.words(status, message)
            dlclose(image)
            throw PowerSensorError(sensor: "nvml", reason: "nvmlInit_v2: \(reason)")
        }
        self.image = image
        (self.deviceCount, self.deviceHandle, self.deviceName) = (deviceCount, deviceHandle, deviceName)
        totalEnergy = Self.function("nvmlDeviceGetTotalEnergyConsumption", in: image, as: Energy.self)
        (self.powerUsage, self.message, self.shutdown) = (powerUsage, message, shutdown)
    }

    deinit {
        _ = shutdown()
        dlclose(image)
    }

    /// The number of GPUs. `nvmlDeviceGetCount_v2`.
    func count() throws(PowerSensorError) -> Int {
        var count: UInt32 = 0
        try check(deviceCount(&count), "nvmlDeviceGetCount_v2", "nvml")
        return Int(count)
    }

    /// `nvmlDeviceGetHandleByIndex_v2`, `nvmlDeviceGetName`.
    func device(_ index: Int) throws(PowerSensorError) -> Device {
        var handle: OpaquePointer?
        try check(deviceHandle(UInt32(index), &handle), "nvmlDeviceGetHandleByIndex_v2", "nvml GPU \(index)")
        guard let handle else { throw PowerSensorError(sensor: "nvml GPU \(index)", reason: "has no handle") }
        var name = [CChar](repeating: 0, count: 96)
        try check(deviceName(handle, &name, UInt32(name.count)), "nvmlDeviceGetName", "nvml GPU \(index)")
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return Device(handle: handle, name: String(decoding: bytes, as: UTF8.self))
    }

    /// What the GPU has used since its driver was loaded, in J; nil where it doesn't count that.
    /// `nvmlDeviceGetTotalEnergyConsumption`.
    func joules(of device: Device) throws(PowerSensorError) -> Double? {
        guard let totalEnergy else { return nil }
        var millijoules: UInt64 = 0
        let status = totalEnergy(device.handle, &millijoules)
        if status == Self.notSupported { return nil }
        try check(status, "nvmlDeviceGetTotalEnergyConsumption", "nvml \(device.name)")
        return Double(millijoules) * 1e-3
    }

    /// What the GPU draws, with its memory, in W. `nvmlDeviceGetPowerUsage`.
    func watts(of device: Device) throws(PowerSensorError) -> Double {
        var milliwatts: UInt32 = 0
        try check(powerUsage(device.handle, &milliwatts), "nvmlDeviceGetPowerUsage", "nvml \(device.name)")
        return Double(milliwatts) * 1e-3
    }

    private static let notSupported: Int32 = 3

    private func check(_ status: Int32, _ function: String, _ sensor: String) throws(PowerSensorError) {
        guard status != 0 else { return }
        throw PowerSensorError(sensor: sensor, reason: "\(function): \(Self.words(status, message))")
    }

    private static func words(_ status: Int32, _ message: Message) -> String {
        message(status).map { String(cString: $0) } ?? "error \(status)"
    }

    private static func function<F>(_ name: String, in image: UnsafeMutableRawPointer, as _: F.Type) -> F? {
        dlsym(image, name).map { unsafeBitCast($0, to: F.self) }
    }
}
