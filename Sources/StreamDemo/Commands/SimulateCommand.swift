// `simulate`: the study in virtual time, on a board that needn't be here. Same policy, window and reordering as a real
// stream; the devices' speeds come from a profile.

import ArgumentParser
import CoExec
import Devices

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the study in virtual time, on a board's profile.",
        discussion: """
            Boards: \(BoardProfile.builtInNames.joined(separator: ", ")), with throughputs from "Neural Network \
            Inference on Mobile SoCs", or a profile in a JSON file. Figures that were published for the same devices \
            are shown beside the simulated ones as 'paper'. Without --devices, every published set of devices is \
            simulated, or else all devices.

            Examples:
              stream-demo simulate --board kirin970
              stream-demo simulate --board exynos5422 --devices big,gpu --policy fixed-shares:1,2 --json -
              stream-demo simulate --board kirin970 --html kirin970.html
            """)

    @Option(
        help: "The board: \(BoardProfile.builtInNames.joined(separator: ", ")), or the file of a profile.",
        completion: .list(BoardProfile.builtInNames))
    var board: String

    @Option(help: "The networks, a comma list; default all that the devices run.", completion: .networks)
    var networks: String?

    @Option(help: "The devices of the board, NAME[@SPEED],…; default those that were published together, or all.")
    var devices: String?

    @Option(help: "Which device runs which frame: \(Policies.forms.joined(separator: ", ")).", completion: .policy)
    var policy = "work-stealing"

    @Option(help: "Frames of each stream.")
    var frames = 1000

    @Option(help: "How often everything is simulated, with other random times where the profile has jitter.")
    var rounds = 1

    @Option(help: "Most frames in flight; default as a real stream's.")
    var window: Int?

    @Option(help: "Write the figures as JSON to this file, or - for standard output.", completion: .file())
    var json: String?

    @OptionGroup var reportOptions: ReportOptions

    func validate() throws {
        try check(frames, "--frames", in: 1...1_000_000)
        try check(rounds, "--rounds", in: 1...1000)
        try check(window, "--window", in: 1...65536)
    }

    func run() throws {
        let policy = try Policies.policy(policy)
        let profile = try BoardProfile.named(board)
        let configurations =
            try devices.map { [try BoardConfiguration(board: profile, parsing: $0)] }
            ?? BoardConfiguration.all(of: profile)
        let wanted = try makeNetworks(of: configurations, on: profile)
        let jsonFile = try json.map { try OutputFile($0) }
        let reports = try reportOptions.open()
        let results: [StudyResult] = try configurations.compactMap { configuration in
            let networks = configuration.networks.filter { wanted?.contains($0) ?? true }
            guard !networks.isEmpty else { return nil }
            let policy = try policy.fitted(to: configuration.devices.map(\.name))
            return StudyResult(
                devices: zip(configuration.devices, configuration.speeds).map { device, speed in
                    (device.name, device.unit + (speed == 1 ? "" : ", emulated at \(speed) of its speed"))
                },
                rows: networks.map { simulate($0, on: configuration, policy: policy) })
        }
        let study = SimulatedStudy(
            profile: profile, results: results, frames: frames, rounds: rounds, policy: self.policy)
        let document = try JSON.document(study)
        try jsonFile?.writeLine(document)
        try printForPeople(study.text, dataIn: json, reportOptions.html, reportOptions.csv, reportOptions.markdown)
        try reports.write(document, of: "this simulation")
    }

    /// All rounds of one network: every device alone, then all together.
    private func simulate(
        _ network: String, on configuration: BoardConfiguration, policy: any Policy
    ) -> StudyResult.Row {
        let devices = configuration.simulatedDevices(network: network)
        let window = window ?? SchedulingView.defaultWindow(laneCount: devices.reduce(0) { $0 + $1.laneCount })
        let meter = ModelEnergyMeter(
            powers: Dictionary(
                uniqueKeysWithValues: configuration.devices.compactMap { device in
                    device.power.map { (device.name, $0) }
                }), network: network)
        let rounds = (1...self.rounds).map { round in
            StudyRound(
                devices: devices,
                isolated: devices.map {
                    StreamSimulator.run(devices: [$0.alone], frames: frames, window: window, seed: UInt64(round))
                },
                combined: StreamSimulator.run(
                    devices: devices, frames: frames, window: window, policy: policy, seed: UInt64(round),
                    busBytesPerSecond: configuration.busBytesPerSecond),
                meter: meter)
        }
        return StudyResult.Row(network: network, rounds: rounds, configuration: configuration, devices: devices)
    }

    /// The networks that were asked for; nil for all.
    private func makeNetworks(of configurations: [BoardConfiguration], on profile: BoardProfile) throws -> [String]? {
        let available = Set(configurations.flatMap(\.networks)).sorted()
        guard let networks else {
            guard !available.isEmpty else {
                throw UsageError("these devices of \(profile.name) have no network in common")
            }
            return nil
        }
        let wanted = networks.split(separator: ",").map { $0.lowercased() }
        guard !wanted.isEmpty else { throw UsageError("--networks names no network") }
        return try wanted.map { name in
            guard let network = available.first(where: { $0.lowercased() == name }) else {
                throw UsageError(
                    "no network '\(name)' that these devices of \(profile.name) all run "
                        + "(there are \(available.joined(separator: ", ")))")
            }
            return network
        }
    }
}

extension BoardProfile {
    /// A board that the program brings along, or a profile in a file.
    /// - Throws: `UsageError` for what is neither, and where a result goes there; `BoardProfileError`.
    static func named(_ text: String) throws -> BoardProfile {
        if let profile = builtIn(text) { return profile }
        guard text.contains(where: { $0 == "/" || $0 == "." }) else {
            throw UsageError(
                "no board '\(text)' (boards: \(builtInNames.joined(separator: ", ")), "
                    + "or the file of a profile, FILE.json)")
        }
        try FilesInUse.ofThisRun.reads(text)
        return try BoardProfile(file: text)
    }
}

extension BoardConfiguration {
    /// Reads a comma list of the board's devices, `NAME[@SPEED]`.
    /// - Throws: `DeviceSpecificationError` for what cannot be read, `UsageError` for what the board hasn't.
    init(board: BoardProfile, parsing text: String) throws {
        let specifications = try DeviceSpecification.list(parsing: text)
        let devices = try specifications.map { specification in
            let name = "\(specification.name)".lowercased()
            guard let device = board.devices.first(where: { $0.name.lowercased() == name }) else {
                throw UsageError(
                    "unknown device '\(specification.name)' "
                        + "(\(board.name) has \(board.devices.map(\.name).joined(separator: ", ")))")
            }
            guard specification.cpus == nil else {
                throw UsageError("device '\(specification)': a simulated device has no CPU list")
            }
            return device
        }
        self.init(board: board, devices: devices, speeds: specifications.map(\.speed))
    }
}

extension SimulatedDevice {
    /// The device without the others, so without its hosts and anybody on its way to memory, too.
    fileprivate var alone: SimulatedDevice {
        SimulatedDevice(
            name: name, laneCount: laneCount, serviceNanoseconds: serviceNanoseconds, jitter: jitter,
            priorNanoseconds: priorNanoseconds)
    }
}
