// Clusters, shared cores and interference as users and scripts see them.

import Foundation
import Testing

@testable import Devices
@testable import StreamDemo

private let hasTwoCPUsAndOneNode: Bool = {
    guard let inventory = try? Topology.thisMachine().inventory else { return false }
    return inventory.numaNodeCount == 1 && inventory.allowed.contains(0) && inventory.allowed.contains(1)
}()

@Suite struct ClusterCommandsTests {
    /// The contract's JSON of a dump, by cluster.
    private func clusters(_ sysroot: String) throws -> (json: [String: Any], clusters: [[String: Any]], text: String) {
        let result = try Program.run(["devices", "--sysroot", sysroot, "--json", "-"])
        #expect(result.exitCode == 0, "\(result.errors)")
        let json = try result.json()
        let clusters = try #require(json["clusters"] as? [[String: Any]])
        for cluster in clusters {
            #expect(cluster["name"] is String && cluster["cpus"] is [Int] && cluster["efficiency"] is Int)
            #expect(cluster["max_mhz"] is Double || cluster["max_mhz"] is NSNull)
            #expect(cluster["core"] is String || cluster["core"] is NSNull)
            #expect(cluster["cores"] is [[Int]] && cluster["caches"] is [[String: Any]])
        }
        #expect(json["offline_cpus"] is [Int] && json["forbidden_cpus"] is [Int] && json["foreign"] as? Bool == true)
        #expect((json["opencl"] as? [Any])?.isEmpty == true && json["meters"] is [Any])
        return (json, clusters, result.errors)
    }

    @Test(
        .enabled(if: dataFolder != nil, "COEXEC_DATA is not set"),
        arguments: [
            ("exynos5422-galaxy-s5", ["big", "LITTLE"], [cpus(4...7), cpus(0...3)], ["Cortex-A15", "Cortex-A7"]),
            ("kirin970-mate-10", ["big", "LITTLE"], [cpus(4...7), cpus(0...3)], ["Cortex-A73", "Cortex-A53"]),
            (
                "tensor-g3-pixel-8", ["big", "mid", "LITTLE"], [[8], cpus(4...7), cpus(0...3)],
                ["Cortex-X3", "Cortex-A715", "Cortex-A510"]
            ),
        ] as [(String, [String], [CPUSet], [String])])
    func realBoards(folder: String, names: [String], sets: [CPUSet], cores: [String]) throws {
        let (_, clusters, text) = try clusters(try #require(dataFolder) + "/boards/" + folder)
        #expect(clusters.map { $0["name"] as? String } == names)
        #expect(clusters.map { $0["cpus"] as? [Int] } == sets.map(\.numbers))
        #expect(clusters.map { $0["core"] as? String } == cores)
        #expect(clusters.map { $0["efficiency"] as? Int } == names.indices.reversed().map { $0 })
        #expect(clusters.allSatisfy { $0["max_mhz"] is Double })
        #expect(text.contains("another machine"))
    }

    @Test func hybridX86() throws {
        let dump = try MachineDump.meteorLake()
        let (_, clusters, text) = try clusters(dump.path)
        #expect(clusters.map { $0["name"] as? String } == ["P", "E", "LPE"])
        #expect(clusters[0]["cores"] as? [[Int]] == [[0, 1], [2, 3]])
        let caches = try #require(clusters[1]["caches"] as? [[String: Any]])
        #expect(caches.contains { $0["level"] as? Int == 2 && $0["cpus"] as? [Int] == [4, 5, 6, 7] })
        #expect(text.contains("P: 2 cores, siblings 0-1 2-3"), "\(text)")
        #expect(text.contains("E: 4 cores, L2 2 MiB for 4 CPUs, L3 18 MiB for 8 CPUs"), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(text)")
    }

    @Test func offlineCPUsAreNamed() throws {
        let dump = try MachineDump(
            processors: (0..<8).map {
                .init(part: $0 < 4 ? "0xd03" : "0xd09", megahertz: $0 < 4 ? 1844 : 2362, isOnline: $0 != 2 && $0 != 3)
            })
        let (json, clusters, text) = try clusters(dump.path)
        #expect(clusters.map { $0["cpus"] as? [Int] } == [[4, 5, 6, 7], [0, 1]])
        #expect(json["offline_cpus"] as? [Int] == [2, 3])
        #expect(text.contains("CPUs 2-3 are offline"))
    }

    @Test func aCPUQuotaIsNamed() throws {
        let dump = try MachineDump(processors: (0..<8).map { _ in .init(megahertz: 3000) })
        #expect((try clusters(dump.path).json["limits"] as? [String: Any])?["cpu_quota"] is NSNull)
        try dump.root.write("0::/box", "proc/self/cgroup")
        try dump.root.write("35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "proc/self/mountinfo")
        try dump.root.write("150000 100000", "sys/fs/cgroup/box/cpu.max")
        let (json, clusters, text) = try clusters(dump.path)
        #expect(json["limits"] as? [String: Double] == ["cpu_quota": 1.5])
        #expect(clusters.map { $0["name"] as? String } == ["cpu"])
        #expect(text.contains("CPU quota: the time of 1.50 of 8 CPUs"), "\(text)")
    }

    @Test func forbiddenCPUsAreNamed() {
        #expect(
            CPUInventory.unusedLines(offline: [], forbidden: [3]) == ["CPU 3 is not allowed for this process"])
        #expect(
            CPUInventory.unusedLines(offline: [4, 5], forbidden: [1, 3])
                == ["CPUs 4-5 are offline", "CPUs 1,3 are not allowed for this process"])
        #expect(CPUInventory.unusedLines(offline: [], forbidden: []).isEmpty)
    }

    @Test("nothing runs on a machine that hwloc's environment makes up")
    func otherMachinesInTheEnvironment() throws {
        let dump = try MachineDump.hikey970()
        for variables in [["HWLOC_FSROOT": dump.path], ["HWLOC_SYNTHETIC": "core:64 pu:1"]] {
            let run = try Program.run(["bench", "--device", "cpu:0", "--frames", "1"], environment: variables)
            #expect(run.exitCode == 1 && run.errorLines.count == 1 && run.errors.contains("HWLOC_"), "\(run.errors)")
            let listed = try Program.run(["devices", "--json", "-"], environment: variables)
            #expect(listed.exitCode == 0, "\(listed.errors)")
            let json = try listed.json()
            #expect(json["foreign"] as? Bool == true)
            #expect((json["machine"] as? String == "Test Board") == (variables["HWLOC_FSROOT"] != nil))
        }
    }

    /// hwloc is told of two nodes, of which the kernel has one, and of two CPUs.
    @Test(
        .enabled(if: hasTwoCPUsAndOneNode, "needs two CPUs and one memory node"))
    func memoryThatIsFarIsKnown() throws {
        let environment = ["HWLOC_SYNTHETIC": "node:2 core:1 pu:1", "HWLOC_THISSYSTEM": "1"]
        for (cpu, isFar) in [(0, false), (1, true)] {
            let result = try Program.run(
                ["run", "--network", "mobilenet_v1_0.25", "--no-tune", "--devices", "cpu:\(cpu)"],
                environment: environment)
            #expect(result.exitCode == 0, "\(result.errors)")
            #expect(result.output.contains("memory isn't kept near") == isFar, "\(result.output)")
        }
    }

    @Test func hostCPUsAreForGPUs() throws {
        let unneeded = try Program.run(["bench", "--device", "cpu:0", "--host-cpus", "0", "--frames", "1"])
        #expect(unneeded.exitCode == 64 && unneeded.errors.contains("no host threads for CPU 0"), "\(unneeded.errors)")
        for list in ["x", "3-1", ""] {
            let wrong = try Program.run(["run", "--host-cpus", list])
            #expect(wrong.exitCode == 64 && wrong.errors.contains("--host-cpus"), "\(wrong.errors)")
        }
    }
}

/// Measured on this machine.
@Suite(.serialized, .needsTwoDevices) struct SharedCoresCommandsTests {
    private let network = ["--network", "mobilenet_v1_0.25", "--no-tune"]

    @Test func runNamesSharedCores() throws {
        let result = try Program.run(["run", "--devices", "cpu:0,cpu:1,gpu:1", "--json", "-"] + network)
        #expect(result.exitCode == 0, "\(result.errors)")
        let shared = try #require(try result.json()["shared_cores"] as? [[String: Any]])
        #expect(shared.count == 1 && shared[0]["devices"] as? [String] == ["cpu1", "gpu"])
        #expect(shared[0]["cpus"] as? [Int] == [1])
        #expect(result.errorLines.contains("cpu1 and gpu share CPU 1"))
    }
}

/// On this machine, if it has one kind of core.
@Suite(.serialized, .enabled(if: oneKind != nil, "needs a machine with one kind of core"))
struct OneKindCommandsTests {
    private let network = ["--network", "mobilenet_v1_0.25", "--no-tune"]

    @Test func otherClustersAreNotThere() throws {
        for name in ["big", "LITTLE:0", "P"] {
            let result = try Program.run(["run", "--devices", name])
            #expect(result.exitCode == 64 && result.errorLines.count == 1)
            #expect(result.errors.contains("unknown device '\(name.prefix { $0 != ":" })' (this machine has cpu"))
        }
    }

    @Test func allCoresAreTheDefaultDevice() throws {
        let inventory = try #require(oneKind)
        let bench = try Program.run(["bench", "--frames", "4", "--json", "-"] + network).json()
        #expect(bench["device"] as? String == "cpu")
        if inventory.quota == nil {
            #expect((bench["device_description"] as? String) == "CPU \(inventory.allowed)")
            #expect(bench["lanes"] as? Int == min(inventory.allowedCores.count, 16))
        }
        #expect(bench["limits"] is [String: Any])
    }

    @Test(.needsTwoDevices) func openCLOnTheSameCoresIsLeftOut() throws {
        let listed = try Program.run(["devices", "--json", "-"]).json()
        let units = try #require(listed["opencl"] as? [[String: Any]])
        guard units.allSatisfy({ $0["kind"] as? String == "cpu" }) else { return }
        let study = ["study", "--networks", "mobilenet_v1_0.25", "--no-tune", "--frames", "4", "--rounds", "1"]
        for command in [["run"] + network, study] {
            let result = try Program.run(command + ["--json", "-"])
            #expect(result.exitCode == 0, "\(result.errors)")
            let line = try #require(result.errorLines.first { $0.hasPrefix("left out: gpu (") })
            #expect(line.contains("no GPU: it would compute on the same cores"))
            #expect(try result.json()["limits"] is [String: Any])
        }
        let asked = try Program.run(["run", "--devices", "cpu:0"] + network)
        #expect(!asked.output.contains("left out"))
    }

    @Test(.enabled(if: access("/usr/bin/taskset", X_OK) == 0, "needs taskset"), .needsTwoDevices)
    func movedLanesAreTold() throws {
        let folder = try TemporaryFolder()
        let (errors, output) = (try folder.write([], to: "errors"), try folder.write([], to: "output"))
        let json = folder.file("summary.json")
        let program = try RunningProgram(
            ["run", "--devices", "cpu:0@0.05", "--output", "-", "--json", json] + network, output: output,
            errors: errors)
        let deadline = ContinuousClock.now + .seconds(60)
        func wait(until isDone: () throws -> Bool) throws {
            while try !isDone() {
                try #require(ContinuousClock.now < deadline && program.status == nil)
                usleep(20_000)
            }
        }
        try wait { try !String(contentsOfFile: output, encoding: .utf8).isEmpty }
        let taskset = try Process.run(
            URL(fileURLWithPath: "/usr/bin/taskset"), arguments: ["-a", "-p", "-c", "1", "\(program.id)"])
        taskset.waitUntilExit()
        let moved = "cpu: threads bound to CPU 0 run on CPU 1 now"
        try wait { try String(contentsOfFile: errors, encoding: .utf8).contains("warning: \(moved)") }
        kill(program.id, SIGINT)
        while program.status == nil { usleep(20_000) }
        let text = try String(contentsOfFile: errors, encoding: .utf8)
        #expect(text.split(separator: "\n").contains { $0.hasPrefix(moved) }, "\(text)")
        let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json)))
        let conditions = try #require((summary as? [String: Any])?["conditions"] as? [String: Any])
        let lanes = try #require(conditions["moved_lanes"] as? [[String: Any]])
        #expect(lanes.count == 1 && lanes[0]["device"] as? String == "cpu")
        #expect(lanes[0]["cpus"] as? [Int] == [0] && lanes[0]["now"] as? [Int] == [1])
        #expect(lanes[0]["seen"] as? [Int] == [1])
    }
}

private let oneKind: CPUInventory? = {
    guard let inventory = try? Topology.thisMachine().inventory else { return nil }
    return inventory.clusters.map(\.name) == ["cpu"] ? inventory : nil
}()

func cpus(_ range: ClosedRange<Int>) -> CPUSet { CPUSet(range) }
