// What `run` is to do, with its files opened: the streams, and the networks that they run.

import CoExec
import Kernels
import Media
import Results

/// The streams of a run, and once each network that they want: so its weights are in memory once, and it is tuned and
/// compiled once, however many streams run it.
struct RunPlan {
    var streams: [StreamPlan] = []
    private var opened: [OpenedNetwork] = []
    var networks: [Network] { opened.map(\.network) }
    /// Where a network is among these, by what asks for it.
    private var indices: [String: Int] = [:]

    /// - Parameters:
    ///   - name: nil where there is only one stream.
    ///   - input: as `run`'s.
    ///   - networkOptions: those of the other streams may differ in which network they ask for, and in nothing else.
    ///   - labelsFile: nil for the names packed with a model.
    ///   - results: what becomes of results.
    ///   - admission: nil: as suits the input, dropping the oldest frames of live ones.
    /// - Throws: what opening files throws.
    mutating func append(
        name: String?, input: String?, sourceOptions: SourceOptions = SourceOptions(), networkOptions: NetworkOptions,
        labelsFile: String?, results: ResultPlan, options: StreamOptions, admission: Admission? = nil
    ) throws {
        let index = try index(of: networkOptions)
        let (opened, origin) = (opened[index], networkOptions.source)
        try FilesInUse.ofThisRun.reads(labelsFile)
        let labels = try labelsFile.map(Labels.init(contentsOfFile:)) ?? origin.packedLabels().map { Labels($0) }
        let meaning = try results.meaning(
            of: opened, labels: labels,
            from: labelsFile ?? "labels in \(networkOptions.model ?? opened.network.name)",
            statedTask: origin.statedTask())
        if let labelsNote = meaning.labelsNote { printWarning(labelsNote) }
        try FilesInUse.ofThisRun.reads(input: input)
        let source = try openSource(path: input, sourceOptions)
        var options = options
        options.admission = admission ?? (source.isLive && !source.isKept ? .dropOldest : .wait)
        let inputName: String? = try input.flatMap { try StreamURL(parsing: $0)?.name } ?? input
        streams.append(
            StreamPlan(
                name: name, inputName: inputName ?? "the built-in clip", networkIndex: index, network: opened.network,
                pixels: PixelsRow(opened), weights: networkOptions.weights, meaning: meaning, source: source,
                tensors: results.tensors, options: options))
    }

    private mutating func index(of options: NetworkOptions) throws -> Int {
        if let known = indices[options.wantedNetwork] { return known }
        opened.append(try options.makeNetwork())
        indices[options.wantedNetwork] = opened.count - 1
        return opened.count - 1
    }
}

/// What a stream is to be.
struct StreamPlan {
    /// nil where there is only one, without a name.
    let name: String?
    /// As it is called in messages, without a password.
    let inputName: String
    /// Which of the run's networks is its own.
    let networkIndex: Int
    let network: Network
    let pixels: PixelsRow
    let weights: Weights
    let meaning: ResultMeaning
    let source: any FrameSource
    /// Where outputs go; nil for nowhere.
    let tensors: TensorFiles?
    var options: StreamOptions

    var resultsRow: ResultsRow { ResultsRow(meaning, network) }
}
