// What `run` makes of results.

import ArgumentParser
import Foundation
import Kernels
import Results
import System

struct ResultOptions: ParsableArguments {
    enum Task: String, CaseIterable, ExpressibleByArgument {
        case auto, classify, detect, segment, keypoints, tensors

        var wanted: WantedResults.Task {
            if self == .tensors { return .tensors }
            return ResultTask(rawValue: rawValue).map { .only($0) } ?? .auto
        }
    }

    @Option(
        help: """
            What a frame's line says: classify, the most likely classes; detect, boxes; segment, each class's share of \
            the picture; keypoints; tensors, nothing of the outputs (see --tensors); auto, what the network is \
            recognised as, by its structure.
            """)
    var task = Task.auto

    @Option(help: "How many classes a frame's line has, the most likely ones.")
    var top = 5

    @Option(
        help: """
            The least probability, from 0 to 1, of what is told: classes, boxes, foreground, all points of a face or \
            hand; default all classes and points, and the rest as the network's makers do.
            """)
    var threshold: Float?

    @Option(
        help: """
            What a network's outputs are that isn't recognised, as JSON: {"task":"detect","boxes":{"output":"loc",\
            "coding":"corners"},"scores":{"output":"conf"},"threshold":0.5,"overlap":0.45,"labels":["face"]}; \
            docs/results.md has the keys.
            """, completion: .file(extensions: ["json"]))
    var head: String?

    @Option(
        help: """
            A folder for each output of each frame, in the model's own shape and order, as 32-bit floats that NumPy \
            reads: FRAME.OUTPUT.npy, of six and two digits.
            """, completion: .directory)
    var tensors: String?

    @Option(
        help: """
            Draw results on the pictures: a video (mp4, m4v, mov, mkv, webm, ts), as out.mp4, with the source's \
            sound; a folder, for a picture a frame; or a picture, as out.png, where the input is one. The summary says \
            what it took.
            """, completion: .file())
    var draw: String?

    func validate() throws {
        try check(top, "--top", in: 1...100_000)
        if let threshold, !(0...1).contains(threshold) { throw ValidationError("--threshold must be from 0 to 1.") }
        if let draw, draw.isEmpty || isStandardOutput(draw) || draw.contains("://") {
            throw ValidationError("--draw takes a file or a folder, not '\(draw)'.")
        }
        guard head == nil || task == .auto else { throw ValidationError("--head says the task: leave --task out.") }
    }

    /// - Throws: `HeadDescriptionError`; `TensorFilesError`.
    func plan() throws -> ResultPlan {
        var plan = ResultPlan()
        plan.wanted.task = task.wanted
        plan.wanted.choices = ResultChoices(classCount: top, threshold: threshold)
        plan.wanted.head = try head.map { path in
            try FilesInUse.ofThisRun.reads(path)
            return try HeadDescription(contentsOfFile: path)
        }
        plan.tensors = try tensors.map { try TensorFiles(folder: $0) }
        return plan
    }
}

/// What becomes of results.
struct ResultPlan {
    var wanted = WantedResults()
    /// Where outputs go; nil for nowhere.
    var tensors: TensorFiles?

    /// - Parameters: as `ResultMeaning`'s.
    /// - Throws: `UsageError` where a task is asked for that the network isn't recognised as; what a description
    ///   throws.
    func meaning(
        of opened: OpenedNetwork, labels: Labels?, from source: String, statedTask: String?
    ) throws -> ResultMeaning {
        do {
            return try ResultMeaning(
                wanted, opened.network, labels: labels, from: source, isAssumed: opened.isNormalizationAssumed,
                statedTask: statedTask)
        } catch let error as ResultTaskError {
            let isUnknown = if case .notRecognized = error { true } else { false }
            throw UsageError("--task \(error)" + (isUnknown ? "; --head says what they are" : ""))
        }
    }
}
