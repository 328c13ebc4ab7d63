// What `run` makes of results.

import ArgumentParser
import Kernels

struct ResultOptions: ParsableArguments {
    enum Task: String, CaseIterable, ExpressibleByArgument { case auto, classify, tensors }

    @Option(
        help: """
            What a frame's line says: classify, the greatest values of the first output; tensors, nothing of them (see \
            --tensors); auto, classify.
            """)
    var task = Task.auto

    @Option(help: "How many of the greatest values a frame's line has.")
    var top = 5

    @Option(
        help: """
            A folder for each output of each frame, in the model's own shape and order, as 32-bit floats that NumPy \
            reads: FRAME.OUTPUT.npy, of six and two digits.
            """)
    var tensors: String?

    func validate() throws { try check(top, "--top", in: 1...100_000) }

    func plan() throws -> ResultPlan {
        ResultPlan(topCount: task == .tensors ? nil : top, tensors: try tensors.map { try TensorFiles(folder: $0) })
    }
}
