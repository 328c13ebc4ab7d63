// ResultMeaning: which head a stream has by what is wanted, stated and recognised, and what is said of it.

import NetworkGraph
import Testing

@testable import Results

@Suite struct ResultMeaningTests {
    private func meaning(
        _ made: MadeNetwork, _ wanted: WantedResults = WantedResults(), labels: Labels? = nil, isAssumed: Bool = false,
        task: String? = nil
    ) throws -> ResultMeaning {
        try ResultMeaning(wanted, made.network, labels: labels, from: "names", isAssumed: isAssumed, statedTask: task)
    }

    private func yolo(_ columns: Int, _ candidates: Int = 8400) -> MadeNetwork {
        var made = MadeNetwork(width: 640, height: 640)
        made.output([1, candidates, columns], "out", .sigmoid, .sum)
        return made
    }

    /// Of two heads, which the number of names tells apart.
    @Test func severalAreSaidAndNoneIsTaken() throws {
        let open = try meaning(yolo(12))
        #expect(open.head == nil)
        guard case .mayBe(let names)? = open.note else {
            Issue.record("\(String(describing: open.note))")
            return
        }
        #expect(names.count == 2)
        let result = open.result(of: [], frameWidth: 10, frameHeight: 10)
        #expect(result == nil)
        let told = try meaning(yolo(12), labels: Labels((0..<7).map { "\($0)" }))
        #expect(told.head?.name.hasPrefix("YOLOX boxes, 7") == true && told.note == nil)
        #expect(told.labelsOrigin == "names" && told.labelsNote == nil)
        #expect(throws: ResultTaskError.mayBe(names, .detect, network: "made")) {
            try meaning(yolo(12), WantedResults(task: .only(.detect)))
        }
    }

    @Test func whatIsNotRecognisedIsSaid() throws {
        let unknown = try meaning(yolo(84, 8401))
        #expect(unknown.head == nil && unknown.note == .unknown)
        let tensors = try meaning(yolo(84), WantedResults(task: .tensors))
        #expect(tensors.head == nil && tensors.note == nil)
        #expect {
            try meaning(yolo(84, 8401), WantedResults(task: .only(.segment)))
        } throws: { error in
            "\(error)" == "segment: nothing of the kind is recognised in the outputs of made ('out' 1×8401×84)"
        }
        let classes = try meaning(yolo(84, 8401), WantedResults(task: .only(.classify)))
        #expect(classes.head?.task == .classify)
    }

    /// They are warned of, and hide nothing.
    @Test func namesThatDoNotFitHideNothing() throws {
        let found = try meaning(yolo(84), labels: Labels(["a", "b"]))
        #expect(found.head?.task == .detect)
        #expect(found.labelsNote?.contains("2 names for 80 classes") == true)
        let usual = try meaning(yolo(84))
        #expect(usual.labels?[0] == "person" && usual.labelsOrigin == "the head's usual ones")
    }

    @Test func makersAreAskedWhereNobodySays() throws {
        let assumed = try meaning(yolo(84), isAssumed: true)
        #expect(assumed.note == .makersFeed("--preset zero-one --fit letterbox"))
        let said = try meaning(yolo(84))
        #expect(said.note == nil)
    }

    @Test func aMasksOneNameIsTheForegrounds() throws {
        var made = MadeNetwork(width: 64, height: 64)
        made.output([1, 1, 64, 64], "mask", .sigmoid)
        let found = try meaning(made, WantedResults(task: .only(.segment)), labels: Labels(["person"]))
        #expect(found.labels == Labels(["background", "person"]))
        #expect(found.labelsNote == nil)
    }
}
