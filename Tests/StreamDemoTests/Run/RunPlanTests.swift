// What `run` makes of the streams asked for: networks are shared.

import CoExec
import Testing

@testable import StreamDemo

@Suite struct RunPlanTests {
    @Test func streamsOfOneModelShareItsNetwork() throws {
        var plan = RunPlan()
        let wanted: [(String, [String])] = [
            ("a", []), ("b", ["--network", "mobilenet_v1"]), ("c", ["--network", "SqueezeNet"]),
        ]
        for (name, arguments) in wanted {
            try plan.append(
                name: name, input: nil, networkOptions: NetworkOptions.parse(arguments), labelsFile: nil,
                results: ResultPlan(), options: StreamOptions())
        }
        #expect(plan.networks.map(\.name) == ["squeezenet", "mobilenet_v1"])
        #expect(plan.streams.map(\.name) == ["a", "b", "c"])
        #expect(plan.streams.map(\.networkIndex) == [0, 1, 0])
        #expect(plan.streams.map(\.network.name) == ["squeezenet", "mobilenet_v1", "squeezenet"])
    }

    @Test func aFileIsTheSameByEveryPath() throws {
        func wanted(_ path: String) throws -> String { try NetworkOptions.parse(["--model", path]).wantedNetwork }
        let plain = try wanted("/tmp/squeezenet")
        let dotted = try wanted("/tmp/./../tmp/squeezenet")
        let builtIn = try NetworkOptions.parse(["--network", "squeezenet"]).wantedNetwork
        #expect(dotted == plain)
        let (here, alsoHere) = (try wanted("squeezenet"), try wanted("./squeezenet"))
        #expect(here == alsoHere && here != builtIn)
        #expect(plain != builtIn)
    }
}
