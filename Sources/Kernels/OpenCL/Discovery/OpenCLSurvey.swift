// What all platforms answer when they are asked for their devices. Used under discovery's lock.
import COpenCL
import System

/// A platform that cannot tell its devices, or a device that cannot be used.
public struct OpenCLFailure: Error, Equatable, CustomStringConvertible {
    /// nil where not even the name can be told.
    public let platform: String?
    public let error: OpenCLError

    public var description: String { "OpenCL platform \(platform.map { "'\($0)'" } ?? "without a name"): \(error)" }
}

/// A look at all platforms: one that fails doesn't hide the others.
struct OpenCLSurvey<Device> {
    var devices: [Device] = []
    var failures: [OpenCLFailure] = []

    /// Asks each platform for its name and its devices, and makes what can be made of them.
    init<Platform, ID>(
        of platforms: [Platform], name: (Platform) throws(OpenCLError) -> String,
        devices list: (Platform) throws(OpenCLError) -> [ID],
        make: (ID, Platform, String) throws(OpenCLError) -> Device
    ) {
        for platform in platforms {
            var called: String?
            do throws(OpenCLError) {
                let name = try name(platform)
                called = name
                for id in try list(platform) {
                    do throws(OpenCLError) {
                        devices.append(try make(id, platform, name))
                    } catch {
                        failures.append(OpenCLFailure(platform: name, error: error))
                    }
                }
            } catch {
                failures.append(OpenCLFailure(platform: called, error: error))
            }
        }
    }
}

extension OpenCLSurvey<OpenCLDevice> {
    /// The threads that runtimes start take no signals of the host's.
    /// - Parameter workerCount: of a runtime that computes on CPUs; nil for its own.
    /// - Throws: `noPlatform`; `call` if platforms can't be listed.
    static func all(workerCount: Int?) throws(OpenCLError) -> OpenCLSurvey {
        try withProcessSignalsBlocked { () throws(OpenCLError) in try allWithSignalsAsTheyAre(workerCount: workerCount) }
    }

    private static func allWithSignalsAsTheyAre(workerCount: Int?) throws(OpenCLError) -> OpenCLSurvey {
        var count: cl_uint = 0
        let status = clGetPlatformIDs(0, nil, &count)
        if status == platformNotFound || (status == CL_SUCCESS && count == 0) { throw .noPlatform }
        try checkOpenCL(status, "clGetPlatformIDs", nil)
        var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
        try checkOpenCL(clGetPlatformIDs(count, &platforms, nil), "clGetPlatformIDs", nil)
        let listed = platforms.compactMap(\.self)
        // Its name asks PoCL for no device yet.
        if let workerCount, listed.contains(where: { (try? name($0)) == PoCL.platform }) {
            PoCL.limitWorkerCount(workerCount)
        }
        return OpenCLSurvey(of: listed, name: name, devices: devices) {
            (id, platform, name) throws(OpenCLError) in try OpenCLDevice(id, of: platform, platform: name)
        }
    }

    private static func name(_ platform: cl_platform_id) throws(OpenCLError) -> String {
        try openCLString("clGetPlatformInfo", nil) {
            clGetPlatformInfo(platform, cl_platform_info(CL_PLATFORM_NAME), $0, $1, $2)
        }
    }

    private static func devices(_ platform: cl_platform_id) throws(OpenCLError) -> [cl_device_id] {
        let all = cl_device_type(CL_DEVICE_TYPE_ALL)
        var count: cl_uint = 0
        let status = clGetDeviceIDs(platform, all, 0, nil, &count)
        if status == CL_DEVICE_NOT_FOUND { return [] }
        try checkOpenCL(status, "clGetDeviceIDs", nil)
        if count == 0 { return [] }
        var ids = [cl_device_id?](repeating: nil, count: Int(count))
        try checkOpenCL(clGetDeviceIDs(platform, all, count, &ids, nil), "clGetDeviceIDs", nil)
        return ids.compactMap(\.self)
    }
}
