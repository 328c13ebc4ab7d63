// Failures say which call, under which name, on which device.
import COpenCL
import Testing

@testable import OpenCLKernels

@Suite("OpenCL errors")
struct OpenCLErrorTests {
    @Test func namesAreTheStandards() {
        #expect(openCLStatusName(CL_OUT_OF_RESOURCES) == "CL_OUT_OF_RESOURCES")
        #expect(openCLStatusName(-4) == "CL_MEM_OBJECT_ALLOCATION_FAILURE")
        #expect(openCLStatusName(-36) == "CL_INVALID_COMMAND_QUEUE")
        #expect(openCLStatusName(-1001) == "CL_PLATFORM_NOT_FOUND_KHR")
        #expect(openCLStatusName(-12345) == "error -12345")
    }

    @Test func aFailedCallNamesItsDevice() {
        #expect(throws: OpenCLError.call("clFinish", status: "CL_OUT_OF_RESOURCES", device: "Mali-G610")) {
            try checkOpenCL(CL_OUT_OF_RESOURCES, "clFinish", "Mali-G610")
        }
        let error = OpenCLError.call("clFinish", status: "CL_OUT_OF_RESOURCES", device: "Mali-G610")
        #expect("\(error)" == "clFinish failed with CL_OUT_OF_RESOURCES on 'Mali-G610'")
    }

    @Test(.enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
    func aFailedBuildHasTheCompilersLog() throws {
        let device = try OpenCLUnderTest.devices.get()[0]
        let context = try OpenCLContextHandle(device)
        #expect {
            _ = try OpenCLProgram(
                context, name: "broken", source: Array("__kernel void broken(void) { misspelt(); }".utf8), options: "")
        } throws: { error in
            guard case .build("broken", device.name, let log) = error as? OpenCLError else { return false }
            return log.contains("misspelt") && "\(error)".contains("'broken' does not build for '\(device.name)'")
        }
    }

    @Test(.enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
    func memoryThatCantBeIsRefused() throws {
        let device = try OpenCLUnderTest.devices.get()[0]
        let context = try OpenCLContextHandle(device)
        #expect {
            _ = try OpenCLBuffer(context, byteCount: device.maxAllocationBytes * 64)
        } throws: { error in
            guard case .call(let call, let status, device.name) = error as? OpenCLError else { return false }
            return call.hasPrefix("clCreateBuffer of") && status == "CL_INVALID_BUFFER_SIZE"
        }
    }
}
