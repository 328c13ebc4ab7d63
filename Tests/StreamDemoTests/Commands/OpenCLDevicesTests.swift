// OpenCL devices as users see them: their facts, their cores, what they take of the host. On the machine's own OpenCL.

import Foundation
import Testing

@testable import Devices
@testable import StreamDemo

@Suite(.serialized, .needsTwoDevices) struct OpenCLDevicesTests {
    @Test func devicesTellsWhatClinfoWould() throws {
        let result = try Program.run(["devices", "--json", "-"])
        let json = try result.json()
        let devices = try #require(json["opencl"] as? [[String: Any]])
        #expect((json["opencl_failures"] as? [Any])?.isEmpty == true)
        for device in devices {
            for key in ["name", "platform", "vendor", "version", "driver_version", "opencl_c_version", "kind"] {
                #expect((device[key] as? String)?.isEmpty == false, "\(key)")
            }
            let counts = [
                "compute_units", "global_memory_bytes", "max_allocation_bytes", "local_memory_bytes",
                "max_work_group_size", "native_float_width", "preferred_float_width",
            ]
            for key in counts { #expect(device[key] as? Int ?? 0 > 0, "\(key)") }
            for key in ["fp16", "fp64", "int8_dot_product", "images", "sub_groups", "unified_memory"] {
                #expect(device[key] is Bool, "\(key)")
            }
            let others = [
                "cache_bytes", "cache_line_bytes", "clock_mhz", "native_half_width", "preferred_half_width",
                "max_sub_groups", "max_subdevices", "partition_types", "worker_cpus", "extensions",
            ]
            for key in others { #expect(device[key] != nil, "\(key)") }
        }
        #expect(result.errors.contains("driver \(try #require(devices[0]["driver_version"] as? String))"))
        #expect(result.errors.split(separator: "\n").allSatisfy { $0.count < 200 })
    }

    /// Two devices of one runtime: whichever runs, the other's worker computes nothing. PoCL wakes it at each launch,
    /// to find that the work isn't its own; that takes some of its core where kernels are as short as here.
    @Test func eachDeviceComputesOnItsOwnCore() throws {
        guard let environment = try twoCPUDevices() else { return }
        for (busy, idle) in [("gpu", "gpu1"), ("gpu1", "gpu")] {
            let result = try Program.run(
                [
                    "run", "--network", "mobilenet_v1_0.25", "--devices", "gpu:1,gpu1:0", "--policy", "single:\(busy)",
                    "--json", "-",
                ], environment: environment)
            #expect(result.exitCode == 0, "\(result.errors)")
            let rows = try #require(try result.json()["devices"] as? [[String: Any]])
            let (worked, woken) = (try workerPercent(busy, rows), try workerPercent(idle, rows))
            #expect(worked > 10 && woken < worked / 2, "\(worked) % and \(woken) %")
            #expect(result.errors.contains("on CPU 1, sub-device of 1 of its 2 compute units"))
        }
    }

    @Test func devicesWithoutCoresGetSomeEach() throws {
        guard let environment = try twoCPUDevices() else { return }
        let arguments = ["run", "--network", "mobilenet_v1_0.25", "--devices", "gpu,gpu1", "--json", "-"]
        let result = try Program.run(arguments, environment: environment)
        let rows = try #require(try result.json()["devices"] as? [[String: Any]])
        let cpus = rows.compactMap { row in
            (row["description"] as? String)?.firstMatch(of: /on CPU ([0-9]+(?:[,-][0-9]+)*)/)?.1
        }
        let sets = try cpus.map { try CPUSet(parsing: $0) }
        #expect(sets.count == 2 && sets[0].isDisjoint(with: sets[1]), "\(cpus)")
    }

    @Test func hostThreadsAreToldApartFromWorkers() throws {
        let command = ["bench", "--network", "mobilenet_v1_0.25", "--frames", "40", "--json", "-", "--device"]
        let result = try Program.run(command + ["gpu:1"])
        let use = try #require(try result.json()["host_use"] as? [String: Double])
        let host = try #require(use["host_percent"])
        #expect(host > 0 && host < 250)
        #expect(result.errors.contains("host threads "))
        let devices = try #require(try Program.run(["devices", "--json", "-"]).json()["opencl"] as? [[String: Any]])
        if (devices[0]["worker_cpus"] as? [[Int]])?.isEmpty == false {
            let workers = try #require(use["worker_percent"])
            // They compute, while the host waits.
            #expect(workers > host)
        }
        let cluster = try Program.run(command + ["cpu:0"])
        #expect(try cluster.json()["host_use"] == nil)
        #expect(!cluster.errors.contains("host threads"))
    }

    private func workerPercent(_ name: String, _ rows: [[String: Any]]) throws -> Double {
        let row = try #require(rows.first { $0["name"] as? String == name })
        return try #require((row["host_use"] as? [String: Double])?["worker_percent"])
    }

    /// The settings with which PoCL shows the same cores as two devices; nil where OpenCL isn't PoCL.
    private func twoCPUDevices() throws -> [String: String]? {
        // Older releases call the driver so, newer ones otherwise.
        for driver in ["pthread", "cpu"] {
            let environment = ["POCL_DEVICES": "\(driver) \(driver)"]
            let json = try Program.run(["devices", "--json", "-"], environment: environment).json()
            let devices = json["opencl"] as? [[String: Any]] ?? []
            if devices.count(where: { ($0["worker_cpus"] as? [Any])?.isEmpty == false }) == 2 { return environment }
        }
        return nil
    }
}
