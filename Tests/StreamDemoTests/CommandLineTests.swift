// The program from outside, as users and scripts see it: its help, its errors and exit codes, and what it lists.

import Foundation
import Testing

@testable import Devices
@testable import StreamDemo

@Suite struct UsageTests {
    /// Wrong arguments: exit code 64 and one clear line that names them.
    @Test(arguments: [
        (["run", "--network", "resnext"], "no network 'resnext'"),
        (["run", "--devices", "npu"], "unknown device 'npu'"),
        (["run", "-dash.mp4"], "./-dash.mp4"),
        (["run", "--devices", "cpu:99"], "no CPU 99"),
        (["bench", "--device", "cpu:0", "--threads", "2"], "do not fit"),
        (["bench", "--device", "cpu:0@2"], "speed '2'"),
        (["study", "--networks", "squeezenet,nope"], "no network 'nope'"),
        (["run", "--devices", "cpu:0", "--policy", "fastest"], "no policy 'fastest'"),
        (["study", "--devices", "cpu:0,cpu:0"], "listed twice"),
        (["bench", "--device", "cpu:0@1e-300"], "speed '1e-300'"),
        (["bench", "--device", "cpu:0", "--lanes", "1024", "--threads", "1024"], "do not fit"),
    ])
    func wrongValuesAreUsageErrors(arguments: [String], fragment: String) throws {
        let result = try Program.run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.hasPrefix("stream-demo: ") && result.errors.contains(fragment), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        ["run", "--bogus"], ["bench", "--frames", "0"], ["fly"], ["run", "--window", "x"],
        ["run", "--window", "99999999999999"],
        ["run", "--draw", "-"], ["run", "--draw", "/dev/stdout"], ["run", "--draw", "rtmp://host/app"],
        ["run", "--draw", ""],
        ["bench", "--lanes", "9223372036854775807"], ["bench", "--batch", "9223372036854775807"],
    ])
    func unreadableArgumentsAreUsageErrors(arguments: [String]) throws {
        let result = try Program.run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.errors.hasPrefix("Error: "))
    }

    @Test func aNegativeNumberIsOutOfRange() throws {
        for (given, joined) in [
            (["bench", "--frames", "-5"], ["bench", "--frames=-5"]),
            (["bench", "--idle", "-0.5", "--layers"], ["bench", "--idle=-0.5", "--layers"]),
            (["run", "--", "-5"], ["run", "--", "-5"]), (["run", "--output", "-"], ["run", "--output", "-"]),
        ] {
            #expect(StreamDemo.joiningNegativeNumbers(given[...]) == joined)
        }
        let result = try Program.run(["bench", "--frames", "-5"])
        #expect(result.exitCode == 64 && result.errors.contains("--frames must be from 1 to"), "\(result.errors)")
    }

    @Test(arguments: [[], ["devices"], ["run"], ["bench"], ["study"], ["simulate"]])
    func helpTeaches(command: [String]) throws {
        let result = try Program.run(command + ["--help"])
        #expect(result.exitCode == 0)
        #expect(result.output.contains("stream-demo \(command.first ?? "devices")"))
        #expect(result.errors.isEmpty)
    }

    /// What the world does wrong: exit code 1 and one clear line.
    @Test func missingThingsAreFailures() throws {
        let folder = try TemporaryFolder()
        let text = try folder.write("no video".utf8, to: "notes.txt")
        for (arguments, fragment) in [
            (["run", folder.file("missing.mp4")], "missing.mp4"),
            (["run", text], "notes.txt"),
            (["run", folder.path], folder.path),
            (["run", "--labels", folder.file("none.txt")], "none.txt"),
            (["run", "--output", folder.file("no/such/folder.jsonl")], "folder.jsonl"),
            (["devices", "--sysroot", folder.path], folder.path),
        ] {
            let result = try Program.run(arguments + (arguments[0] == "run" ? ["--devices", "cpu:0"] : []))
            #expect(result.exitCode == 1, "\(arguments)")
            #expect(result.errorLines.count == 1 && result.errors.contains(fragment), "\(result.errors)")
        }
    }

    @Test func outputThatCannotBeWrittenIsAFailure() throws {
        let result = try Program.run(["devices", "--json", "/dev/full"])
        #expect(result.exitCode == 1)
        #expect(result.errorLines.count == 1 && result.errors.contains("/dev/full"), "\(result.errors)")
    }

    @Test func noOpenCLPlatformIsAnErrorOnlyWhereAGPUIsAskedFor() throws {
        let folder = try TemporaryFolder()
        let noPlatform = ["OCL_ICD_VENDORS": folder.path + "/"]
        let asked = try Program.run(["bench", "--device", "gpu"], environment: noPlatform)
        #expect(asked.exitCode == 1)
        #expect(asked.errorLines.count == 1 && asked.errors.contains("OpenCL"), "\(asked.errors)")
        let listed = try Program.run(["devices", "--json", "-"], environment: noPlatform)
        #expect(listed.exitCode == 0)
        #expect((try listed.json()["opencl"] as? [Any])?.isEmpty == true)
    }
}

@Suite struct DevicesCommandTests {
    @Test func listsThisMachine() throws {
        let result = try Program.run(["devices", "--json", "-"])
        #expect(result.exitCode == 0)
        let json = try result.json()
        let clusters = try #require(json["clusters"] as? [[String: Any]])
        let cpus = clusters.flatMap { $0["cpus"] as? [Int] ?? [] }
        let allowed = try Topology.thisMachine().inventory.allowed.numbers
        #expect(Set(cpus) == Set(allowed))
        #expect(Set(cpus).count == cpus.count)
        #expect(json["opencl"] is [Any] && json["meters"] is [Any])
    }

    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set")) func readsAnotherMachinesDump() throws {
        let board = try #require(dataFolder) + "/boards/kirin970-mate-10"
        let clusters = try #require(
            try Program.run(["devices", "--sysroot", board, "--json", "-"]).json()["clusters"] as? [[String: Any]])
        #expect(clusters.map { $0["name"] as? String } == ["big", "LITTLE"])
        #expect(clusters.map { $0["cpus"] as? [Int] } == [[4, 5, 6, 7], [0, 1, 2, 3]])
        #expect(clusters.map { $0["core"] as? String } == ["Cortex-A73", "Cortex-A53"])
    }
}

/// The folder of real boards, pictures and networks.
let dataFolder = ProcessInfo.processInfo.environment["COEXEC_DATA"]

private let hasTwoDevices: Bool = {
    guard let inventory = try? Topology.thisMachine().inventory, inventory.allowed.contains(1),
        let devices = try? Program.run(["devices", "--json", "-"]).json()
    else { return false }
    return (devices["opencl"] as? [Any])?.isEmpty == false
}()

extension Trait where Self == ConditionTrait {
    /// Two CPUs and an OpenCL device beside them.
    static var needsTwoDevices: Self {
        .enabled(if: hasTwoDevices, "needs two CPUs and an OpenCL device")
    }
}
