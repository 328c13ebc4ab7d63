import Testing

@testable import Devices

@Suite struct DeviceSpecificationTests {
    @Test(arguments: [
        ("big", DeviceSpecification("big")),
        ("LITTLE", DeviceSpecification("LITTLE")),
        ("P@0.5", DeviceSpecification("p", speed: 0.5)),
        ("lpe:8", DeviceSpecification("lpe", cpus: [8])),
        ("Big:0-3,6", DeviceSpecification("big", cpus: [0, 1, 2, 3, 6])),
        ("LITTLE:1@0.4", DeviceSpecification("LITTLE", cpus: [1], speed: 0.4)),
        ("mid1@1", DeviceSpecification("mid1")),
        ("GPU", DeviceSpecification("gpu")), ("gpu0", DeviceSpecification("gpu")),
        ("gpu12", DeviceSpecification("gpu12")), ("gpu01", DeviceSpecification("gpu01")),
        ("gpu:1@5e-1", DeviceSpecification("gpu", cpus: [1], speed: 0.5)),
        ("cpu", DeviceSpecification("cpu")), (" cpu:7 ", DeviceSpecification("cpu", cpus: [7])),
    ])
    func one(text: String, expected: DeviceSpecification) throws {
        #expect(try DeviceSpecification(parsing: text) == expected)
        #expect(try DeviceSpecification(parsing: "\(expected)") == expected)
    }

    @Test(arguments: [
        ("big:0,LITTLE:1@0.4", "big:0 LITTLE:1@0.4"),
        ("cpu:0,2-3,gpu:1@0.5", "cpu:0,2-3 gpu:1@0.5"),
        ("cpu:0,2-3@0.5,gpu", "cpu:0,2-3@0.5 gpu"),
        ("big, little , gpu1,gpu", "big LITTLE gpu1 gpu"),
        ("p,E:4,lpE", "P E:4 LPE"),
        ("cpu:3,1,0", "cpu:0-1,3"),
        ("cpu:0,cpu:1,cpu", "cpu:0 cpu:1 cpu"),
    ])
    func list(text: String, expected: String) throws {
        let list = try DeviceSpecification.list(parsing: text)
        #expect(list.map(\.description).joined(separator: " ") == expected)
    }

    @Test(arguments: [
        ("", DeviceSpecificationError.emptyItem(in: ""), "empty name"),
        ("big,,gpu", .emptyItem(in: "big,,gpu"), "'big,,gpu'"),
        ("big,", .emptyItem(in: "big,"), "'big,'"),
        (":0", .notAName("", in: ":0"), "NAME[:CPULIST][@SPEED]"),
        ("@0.5", .notAName("", in: "@0.5"), "not a name"),
        ("b-g", .notAName("b-g", in: "b-g"), "'b-g'"),
        ("big:", .emptyCPUList(in: "big:"), "0-3,6"),
        ("big:@0.5", .emptyCPUList(in: "big:@0.5"), "no CPU after ':'"),
        (
            "big:x", .badCPUList(CPUSetError(list: "x", item: "x", problem: .notANumber), in: "big:x"),
            "'x' in CPU list"
        ),
        (
            "big:0:1", .badCPUList(CPUSetError(list: "0:1", item: "0:1", problem: .notANumber), in: "big:0:1"),
            "'0:1'"
        ),
        ("cpu:3-1", .badCPUList(CPUSetError(list: "3-1", item: "3-1", problem: .descending), in: "cpu:3-1"), "upwards"),
        ("0,big", .danglingCPUs("0", in: "0,big"), "'0'"),
        ("big,2", .danglingCPUs("2", in: "big,2"), "NAME:2"),
        ("big:0@0.5,2", .danglingCPUs("2", in: "big:0@0.5,2"), "'2'"),
        ("big@", .badSpeed("", in: "big@"), "from 0.001 to 1"),
        ("big@0", .badSpeed("0", in: "big@0"), "'0'"),
        ("big@-0.5", .badSpeed("-0.5", in: "big@-0.5"), "'-0.5'"),
        ("big@1.01", .badSpeed("1.01", in: "big@1.01"), "'1.01'"),
        ("big@nan", .badSpeed("nan", in: "big@nan"), "'nan'"),
        ("big@inf", .badSpeed("inf", in: "big@inf"), "'inf'"),
        ("big@0.5@0.5", .badSpeed("0.5@0.5", in: "big@0.5@0.5"), "'0.5@0.5'"),
        ("big@fast", .badSpeed("fast", in: "big@fast"), "'fast'"),
        ("big:0,BIG:1", .duplicate("big"), "'big' is listed twice"),
        ("gpu,big,gpu0", .duplicate("gpu"), "'gpu' is listed twice"),
        ("cpu:1,0,gpu,CPU:0-1@0.5", .duplicate("cpu"), "'cpu' is listed twice"),
        ("cpu,cpu@0.5", .duplicate("cpu"), "'cpu' is listed twice"),
    ])
    func refuses(text: String, expected: DeviceSpecificationError, naming part: String) {
        #expect(throws: expected) { try DeviceSpecification.list(parsing: text) }
        #expect("\(expected)".contains(part) && !"\(expected)".contains("\n"))
    }
}
