import Foundation
import Testing

@testable import Devices

@Suite struct BoardProfileTests {
    /// Throughput as Table I gives it.
    @Test(arguments: [
        ("exynos5422", "LITTLE", "alexnet", 1.1), ("exynos5422", "big", "googlenet", 3.4),
        ("exynos5422", "gpu", "mobilenet_v1", 8.5), ("exynos5422", "LITTLE", "resnet50", 0.2),
        ("exynos5422", "big", "squeezenet", 5.0), ("kirin970", "gpu", "alexnet", 32.5),
        ("kirin970", "npu", "alexnet", 32.5), ("kirin970", "LITTLE", "googlenet", 3.0),
        ("kirin970", "big", "mobilenet_v1", 17.7), ("kirin970", "gpu", "resnet50", 8.4),
        ("kirin970", "npu", "squeezenet", 49.3),
    ])
    func shippedBoardsHaveTableI(board: String, device: String, network: String, framesPerSecond: Double) throws {
        let profile = try #require(BoardProfile.builtIn(board))
        #expect(profile.device(device)?.framesPerSecond[network] == framesPerSecond)
    }

    @Test func shippedBoardsHaveTheirDevicesInOrder() throws {
        #expect(BoardProfile.builtIn("Exynos5422")?.devices.map(\.name) == ["big", "LITTLE", "gpu"])
        let kirin = try #require(BoardProfile.builtIn("kirin970"))
        #expect(kirin.devices.map(\.name) == ["big", "LITTLE", "gpu", "npu"])
        #expect(kirin.device("npu")?.framesPerSecond["mobilenet_v1"] == nil)
        #expect(kirin.devices.map(\.framesPerSecond.count) == [5, 5, 5, 4])
        #expect(BoardProfile.builtIn("rk3588") == nil)
        for name in BoardProfile.builtInNames { #expect(BoardProfile.builtIn(name)?.name == name) }
    }

    /// The published gain is over the best device of Table I, but for the rounding of both.
    @Test(arguments: BoardProfile.builtInNames) func publishedGainsFitTheirThroughputs(board: String) throws {
        for table in try #require(BoardProfile.builtIn(board)?.published) {
            for (network, row) in table.networks {
                let isolated = table.devices.map { name in
                    BoardProfile.builtIn(board)!.device(name)!.framesPerSecond[network]!
                }
                // ResNet50 on Exynos: 2.9 ÷ 2.1, each off by up to 0.05.
                let gain = (row.framesPerSecond / isolated.max()! - 1) * 100
                #expect(abs(gain - row.gainPercent) < 6, "\(board), \(table.title), \(network): \(gain)")
                if let composition = row.composition {
                    #expect(abs(composition.values.reduce(0, +) - 100) < 0.1)
                }
            }
        }
    }

    @Test(arguments: [
        (#""nmae": "x", "#, "", "nmae"), ("", #""frames_per_sec": {"n": 1}, "#, "devices[0].frames_per_sec"),
        ("", #""power": {"active_watts": 1, "idle": 1}, "#, "devices[0].power.idle"), ("", #""lanes": null, "#, nil),
    ])
    func anUnknownKeyIsNamed(board: String, device: String, key: String?) throws {
        let json = """
            {\(board)"name": "b", "devices": [{\(device)"name": "big", "unit": "u", "frames_per_second": {"n": 1}}]}
            """
        do {
            _ = try BoardProfile(json: Data(json.utf8), file: "b.json")
            #expect(key == nil)
        } catch {
            #expect("\(error)" == "board profile 'b.json': \(key ?? "nothing"): is no field of a board profile")
        }
    }

    @Test(arguments: BoardProfile.builtInNames) func writtenAndReadAgainItIsTheSame(board: String) throws {
        let profile = try #require(BoardProfile.builtIn(board))
        #expect(try BoardProfile(json: profile.json(), file: "again.json") == profile)
    }

    private static let good = """
        {"name": "b", "devices": [
          {"name": "big", "unit": "u", "frames_per_second": {"n": 10}, "lanes": 2, "jitter": 0.1,
           "memory": {"gigabytes_per_second": 3, "megabytes_per_frame": {"n": 50}}},
          {"name": "gpu", "unit": "u", "frames_per_second": {"n": 20},
           "power": {"active_watts": 2, "idle_watts": 0.5}, "hosts": [{"device": "big", "share": 0.3}],
           "memory": {"goes_first": true, "cache_bytes": 1024, "precision": "fp16", "copies_columns": true,
                      "megabytes_per_frame": {"n": 40.5}}}],
         "bus": {"gigabytes_per_second": 8},
         "published": [{"title": "t", "devices": ["big", "gpu"],
           "networks": {"n": {"frames_per_second": 25, "gain_percent": 25, "composition": {"big": 40, "gpu": 60}}}}]}
        """

    @Test func aWholeProfileIsRead() throws {
        let profile = try BoardProfile(json: Data(Self.good.utf8), file: "b.json")
        #expect(profile.devices[0].lanes == 2 && profile.devices[0].jitter == 0.1)
        #expect(profile.devices[1].power?.idleWatts == 0.5 && profile.devices[1].hosts?.map(\.share) == [0.3])
        #expect(profile.published?[0].networks["n"]?.composition?["gpu"] == 60)
        #expect(profile.bus?.gigabytesPerSecond == 8)
        let devices = BoardConfiguration(board: profile, devices: profile.devices).simulatedDevices(network: "n")
        #expect(devices.map { $0.traffic?.bytesPerFrame } == [50e6, 40.5e6])
        #expect(devices.map { $0.traffic?.bytesPerSecond } == [3e9, nil])
        #expect(devices.map { $0.traffic?.goesFirst } == [false, true])
    }

    /// One change to the good profile, the field that the error names, and what it says.
    @Test(arguments: [
        (#""name": "b", "#, "", "name", "is missing"),
        (#""name": "b""#, #""name": """#, "name", "is empty"),
        (#"{"n": 10}"#, "{}", "devices[0].frames_per_second", "names no network"),
        (#"{"n": 10}"#, #"{"n": -1}"#, "devices[0].frames_per_second.n", "-1.0 is not from 0.01"),
        (#"{"n": 10}"#, #"{"n": 0}"#, "devices[0].frames_per_second.n", "0.0 is not from 0.01"),
        (#"{"n": 10}"#, #"{"n": "fast"}"#, "devices[0].frames_per_second.n", "is not a number"),
        (#"{"n": 10}"#, "[10]", "devices[0].frames_per_second", "is not an object"),
        (#""name": "gpu""#, #""name": "BIG""#, "devices[1].name", "there twice"),
        (#""name": "gpu""#, #""name": "g,u""#, "devices[1].name", "is not a letter"),
        (
            #""unit": "u", "frames_per_second": {"n": 20}"#, #""frames_per_second": {"n": 20}"#, "devices[1].unit",
            "missing"
        ),
        (#""lanes": 2"#, #""lanes": 0"#, "devices[0].lanes", "0 is not from 1"),
        (#""lanes": 2"#, #""lanes": 1.5"#, "devices[0].lanes", "whole number"),
        (#""jitter": 0.1"#, #""jitter": -0.1"#, "devices[0].jitter", "not from 0 to 1"),
        (#""active_watts": 2"#, #""active_watts": 0"#, "devices[1].power.active_watts", "not above 0"),
        (#""idle_watts": 0.5"#, #""idle_watts": 3"#, "devices[1].power.idle_watts", "active_watts"),
        (#""share": 0.3"#, #""share": 1"#, "devices[1].hosts[0].share", "at most 0.9"),
        (#""hosts": [{"device": "big""#, #""hosts": [{"device": "LITTLE""#, "devices[1].hosts[0].device", "big, gpu"),
        (#""hosts": [{"device": "big""#, #""hosts": [{"device": "gpu""#, "devices[1].hosts[0].device", "host itself"),
        (
            #""jitter": 0.1"#, #""hosts": [{"device": "gpu", "share": 0.2}]"#, "devices[0].hosts[0].device",
            "host itself"
        ),
        (
            #""hosts": ["#, #""hosts": [{"device": "big", "share": 0.1}, "#, "devices[1].hosts[1].device",
            "there twice"
        ),
        (#""bus": {"gigabytes_per_second": 8},"#, "", "devices[0].memory", "no 'bus'"),
        (#""gigabytes_per_second": 8"#, #""gigabytes_per_second": 0"#, "bus.gigabytes_per_second", "0.0 is not from"),
        (#""gigabytes_per_second": 8"#, #""source": "x""#, "bus.gigabytes_per_second", "is missing"),
        (
            #""gigabytes_per_second": 3"#, #""gigabytes_per_second": 9"#, "devices[0].memory.gigabytes_per_second",
            "9.0 is more than the bus takes"
        ),
        (
            #""gigabytes_per_second": 3"#, #""gigabytes_per_second": -3"#, "devices[0].memory.gigabytes_per_second",
            "-3.0 is not from"
        ),
        (#""goes_first": true"#, #""goes_first": 1"#, "devices[1].memory.goes_first", "is not true or false"),
        (#""cache_bytes": 1024"#, #""cache_bytes": -1"#, "devices[1].memory.cache_bytes", "-1 is not from 0"),
        (#""cache_bytes": 1024"#, #""cache_bytes": 0.5"#, "devices[1].memory.cache_bytes", "whole number"),
        (#""precision": "fp16""#, #""precision": "fp8""#, "devices[1].memory.precision", "fp32, bf16, fp16"),
        (
            #""megabytes_per_frame": {"n": 50}"#, #""megabytes_per_frame": {"m": 50}"#,
            "devices[0].memory.megabytes_per_frame.m", "no throughput"
        ),
        (
            #""megabytes_per_frame": {"n": 50}"#, #""megabytes_per_frame": {"n": -1}"#,
            "devices[0].memory.megabytes_per_frame.n", "-1.0 is not from 0"
        ),
        (
            #""megabytes_per_frame": {"n": 50}"#, #""cache_bytes": 1"#, "devices[0].memory.megabytes_per_frame",
            "has no 'n', whose layers"
        ),
        (#""devices": ["big", "gpu"]"#, #""devices": ["big", "npu"]"#, "published[0].devices[1]", "no device 'npu'"),
        (#""networks": {"n""#, #""networks": {"m""#, "published[0].networks.m", "no throughput"),
        (#""gpu": 60"#, #""npu": 60"#, "published[0].networks.n.composition.npu", "share in percent"),
    ])
    func aWrongFieldIsNamed(good: String, bad: String, field: String, reason: String) throws {
        let text = Self.good.replacingOccurrences(of: good, with: bad)
        try #require(text != Self.good)
        let message = try #require(Self.error(text)).description
        #expect(message.hasPrefix("board profile 'b.json': \(field): ") && message.contains(reason), "\(message)")
    }

    @Test(arguments: ["", "{", "no json", "[1, 2]", #"{"name": "b", "devices": {}}"#, #"{"name": "b", "devices": []}"#])
    func whatIsNoProfileIsRefused(text: String) throws {
        #expect(try #require(Self.error(text)).description.hasPrefix("board profile 'b.json': "))
    }

    /// Why the text is refused; nil where it isn't.
    private static func error(_ text: String) -> BoardProfileError? {
        do {
            _ = try BoardProfile(json: Data(text.utf8), file: "b.json")
            return nil
        } catch {
            return error
        }
    }

    /// A bus that nothing uses would be a figure without an effect.
    @Test func aBusNeedsSomethingToMove() throws {
        let json = """
            {"name": "b", "devices": [{"name": "x", "unit": "u", "frames_per_second": {"n": 1}}],
             "bus": {"gigabytes_per_second": 8}}
            """
        #expect(try #require(Self.error(json)).description.contains("bus: no device has 'memory'"))
    }

    @Test func hostThreadsMustLeaveSomethingOfTheirHost() {
        func device(_ name: String, _ hosts: BoardHost...) -> BoardDevice {
            BoardDevice(name: name, unit: "u", framesPerSecond: ["n": 1], hosts: hosts)
        }
        #expect(throws: BoardProfileFault.self) {
            try BoardProfile(
                name: "b",
                devices: [
                    device("cpu"), device("gpu", BoardHost(device: "cpu", share: 0.5)),
                    device("npu", BoardHost(device: "cpu", share: 0.5)),
                ])
        }
        #expect(throws: BoardProfileFault.self) {
            // A ring of three.
            try BoardProfile(
                name: "b",
                devices: [
                    device("x", BoardHost(device: "y", share: 0.1)), device("y", BoardHost(device: "z", share: 0.1)),
                    device("z", BoardHost(device: "x", share: 0.1)),
                ])
        }
    }
}
