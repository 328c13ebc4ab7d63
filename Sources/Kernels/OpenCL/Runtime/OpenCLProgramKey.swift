// What a program's binary depends on. A value.
import COpenCL

/// Names a binary: the program and its options, and the device, driver and platform that it was built by and for. Where
/// one of these changes, the key is another one, and the program is built anew.
struct OpenCLProgramKey: Hashable, Sendable {
    /// The key itself, as bytes that no other key has.
    let text: [UInt8]

    /// - Throws: `call` where the platform doesn't say its version.
    init(source: [UInt8], options: String, device: OpenCLDevice) throws(OpenCLError) {
        let platform = device.handle.platform
        // PoCL's names the LLVM it compiles with.
        let platformVersion = try openCLString("clGetPlatformInfo", device.name) {
            clGetPlatformInfo(platform, cl_platform_info(CL_PLATFORM_VERSION), $0, $1, $2)
        }
        self.init(
            source: source, options: options,
            target: [
                ("platform", device.platform), ("platform version", platformVersion), ("device", device.name),
                ("vendor", device.vendor), ("device version", device.version), ("driver", device.driverVersion),
                // GPUs of one name come with more or fewer, and drivers may build for the number. CPU runtimes don't,
                // and there it changes with every choice of cores.
                ("compute units", device.kind == .cpu ? "any" : String(device.computeUnits)),
            ])
    }

    /// - Parameter target: name → value, in a fixed order.
    init(source: [UInt8], options: String, target: [(name: String, value: String)]) {
        var text: [UInt8] = []
        // With its length before it, no value can pass for two.
        func append(_ name: String, _ value: some Collection<UInt8>) {
            text += "\(name), \(value.count) bytes:\n".utf8
            text += value
            text.append(UInt8(ascii: "\n"))
        }
        for (name, value) in target { append(name, value.utf8) }
        append("options", options.utf8)
        append("source", source)
        self.text = text
    }
}
