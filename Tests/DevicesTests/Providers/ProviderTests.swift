// What a kind of hardware that nobody has heard of needs: its provider, in the list. It is `Toy`.

import CoExec
import Kernels
import Testing

@testable import Devices

/// Units that a file of /sys lists, one a line; their clock is "toy", and so is a rail's name.
struct ToyProvider: DeviceProvider {
    let naming = UnitNaming(stem: "toy")
    let clocks: ClockMarks? = ClockMarks(kind: ClockDomain.Kind(rawValue: "toy"), marks: ["toy"])
    /// What is found without a file.
    var titles: [String] = []
    var failure: (any Error)?

    func find(_ search: UnitSearch) throws -> FoundUnits {
        let here = search.topology.isThisSystem ? titles : []
        let listed = here + (search.topology.files?.words("sys/toys") ?? [])
        let units = listed.enumerated().map { number, title in ToyUnit(title: title, name: naming.name(number)) }
        let failures = failure.map { [UnitFailure(name: "a toy", reason: "\($0)", error: $0, json: "\($0)")] }
        return FoundUnits(units, failures: failures ?? [])
    }
}

struct ToyUnit: DeviceUnit {
    let title: String
    let summary: UnitSummary

    init(title: String, name: String) {
        self.title = title
        summary = UnitSummary(name: name, cpuUse: .hostThreads)
    }

    func describe(_ device: ResolvedDevice) -> [String] { ["toy \(title)"] }
    var clock: ClockDomain.Kind { ClockDomain.Kind(rawValue: "toy") }

    func rails(of device: ResolvedDevice, among rails: [PowerRail]) -> [Int] {
        rails.indices.filter { rails[$0].name == title }
    }

    func supports(_ network: Network) -> NetworkSupport {
        guard let node = network.nodes.firstIndex(where: { $0.operation.name == "softmax" }) else { return .whole }
        return .not(node: node, reason: "it can't divide")
    }

    func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame> {
        try order.makeDevice(ReferenceEngine(), lanes: 3, computing: .others([]), busyThreads: 0)
    }
}

@Suite struct ProviderTests {
    private struct Broken: Error, Equatable {}

    /// Without OpenCL, whose CPUs a process chooses once.
    private func select(_ text: String?, _ toy: ToyProvider? = nil) throws -> DeviceSelection {
        try DeviceSelection(text, providers: [CPUProvider(), TemplateProvider()] + (toy.map { [$0] } ?? []))
    }

    @Test func itsUnitsAreChosenByTheirNames() throws {
        let toy = ToyProvider(titles: ["red", "blue"])
        let selection = try select("TOY1@0.5,toy0:\(try firstCPU())", toy)
        #expect(selection.devices.map(\.name) == ["toy1", "toy"])
        #expect(selection.machine.describe(selection.devices[0]) == "toy blue, emulated speed 0.5")
        // Host threads have a place.
        #expect(selection.devices.allSatisfy { !$0.cpus.isEmpty })
        #expect(throws: DeviceSpecificationError.self) { try select("toy,toy0", toy) }
        #expect(throws: DeviceSpecificationError.self) { try select("toy2", toy) }
        #expect(throws: DeviceSpecificationError.self) { try select("toy") }
    }

    @Test func itRunsByDefaultBesideTheOthers() throws {
        let before = try select(nil).devices.map(\.name)
        let selection = try select(nil, ToyProvider(titles: ["red"]))
        #expect(selection.devices.map(\.name) == before + ["toy"])
        let device: NetworkDevice<Image> = try selection.machine.makeDevice(
            selection.devices.last!, network: NetworkDeviceTests.meanColour)
        #expect(device.laneCount == 3 && device.computing == .others([]) && device.busyThreads == 0)
    }

    @Test func whatFailsIsSaidToWhoAsksForIt() throws {
        let toy = ToyProvider(failure: Broken())
        #expect(throws: Broken.self) { try select("toy", toy) }
        let leftOut = try select(nil, toy).leftOut.map(\.description)
        #expect(leftOut.contains("a toy (it fails: Broken())"))
    }

    @Test func theFirstNodeThatItCannotRunIsNamed() throws {
        var network = NetworkDeviceTests.meanColour
        network.setOutputs(try network.append(.softmax(axis: 1), [network.outputs[0]], name: "probabilities"))
        let selection = try select("toy", ToyProvider(titles: ["red"]))
        let expected = UnsupportedNodeError(
            device: "toy", network: "mean colour", node: "probabilities", reason: "it can't divide")
        #expect(throws: expected) {
            let _: NetworkDevice<Image> = try selection.machine.makeDevice(selection.devices[0], network: network)
        }
        #expect(throws: PrecisionError(device: "toy", precision: .fp16)) {
            let _: NetworkDevice<Image> = try selection.machine.makeDevice(
                selection.devices[0], network: NetworkDeviceTests.meanColour, precision: .fp16)
        }
    }

    @Test func itIsFoundInADump() throws {
        let dump = try MachineDump([(1000, "0xd03"), (2000, "0xd09")])
        try dump.root.write("red\nblue", "sys/toys")
        let machine = try Machine(
            topology: Topology(sysroot: dump.path),
            providers: DeviceProviders.all + [ToyProvider(titles: ["here only"])])
        #expect(machine.hardware.deviceNames == ["big", "LITTLE", "toy", "toy1", "cpu"])
        let report = try #require(machine.reports.last)
        #expect(report.key == "toy" && report.rows.map(\.cells) == [["toy", "toy red"], ["toy1", "toy blue"]])
    }

    @Test func itsRailAndItsClockAreItsOwn() throws {
        let selection = try select("toy1", ToyProvider(titles: ["red", "blue"]))
        let rails = ["red", "blue"].map { PowerRail(meter: "x", name: $0, quantity: .watts, load: .other) }
        let plan = PowerPlan(rails: rails, consumers: selection.devices.map(selection.machine.consumer))
        #expect(plan.own == [[1]])
        let target = try #require(selection.machine.clockTargets(of: selection.devices).first)
        #expect(target.name == "toy1" && target.kind.rawValue == "toy" && target.isUsed)
        let marks = try #require(ToyProvider().clocks)
        #expect(marks.match("fd000000.TOY", []) && !marks.match("fd000000.gpu", ["mali"]))
        // Those of units that nobody has looked for can be set all the same.
        let machine = try Machine(
            topology: .thisMachine(), for: [DeviceSpecification("cpu")],
            providers: DeviceProviders.all + [ToyProvider()])
        let others = machine.clockTargets(of: []).filter { !$0.isUsed }
        #expect(others.suffix(2).map(\.name) == ["gpu", "toy"])
    }

    @Test func theTemplateIsThereForWhoKnowsIt() throws {
        let machine = try Machine(topology: .thisMachine(), for: [DeviceSpecification("template")])
        #expect(!machine.hardware.deviceNames.contains("template"))
        #expect(!machine.hardware.defaultDevices.contains { $0.name == "template" })
        #expect(!machine.reports.contains { $0.key == "template" })
        #expect(try machine.hardware.resolve(DeviceSpecification("template")).isEmulated)
    }

    private func firstCPU() throws -> Int { try Topology.thisMachine().inventory.allowed.first! }
}
