// A sensor whose value is the text of one file, or of two to multiply. Owned by a recorder, read by its thread alone.

import CoExec

/// A rail read from files of /sys. They are opened at every poll: drivers are unbound and bound again, and a descriptor
/// kept open would go on telling of the old one.
final class FilePowerSensor: PowerSensor, @unchecked Sendable {  // one thread at a time, as the protocol says
    /// Where a value is.
    enum Reading: Sendable, Hashable {
        /// In one file; times `scale` it is in W or J.
        case value(String, scale: Double)
        /// Volts in one file, amperes in another; their product times `scale` is in W.
        case product(String, String, scale: Double)

        func value(in files: SystemFiles) throws(SystemFileError) -> Double {
            switch self {
            case .value(let file, let scale): try files.number(file) * scale
            case .product(let volts, let amperes, let scale):
                try files.number(volts) * files.number(amperes) * scale
            }
        }
    }

    let rail: PowerRail
    private let files: SystemFiles
    private let reading: Reading
    /// Holds 1 while the sensor measures.
    private let enableFile: String?
    /// What `enableFile` held before this sensor was switched on; nil where it need not be put back.
    private var formerSwitch: String?
    /// The first value after switching on is there then.
    private var settledNanoseconds = 0

    init(_ rail: PowerRail, _ reading: Reading, enableFile: String? = nil, in files: SystemFiles) {
        (self.rail, self.reading, self.enableFile, self.files) = (rail, reading, enableFile, files)
    }

    func start() throws {
        guard let enableFile else { return }
        let former = try files.text(enableFile)
        guard former != "1" else { return }
        try files.write("1", to: enableFile)
        formerSwitch = former
        // Until its first conversion is through, the driver shows 0 W.
        settledNanoseconds = monotonicNanoseconds() + (rail.refreshNanoseconds ?? 0) * 5 / 4
    }

    func poll(_ take: (PowerSample) -> Void) throws {
        let before = monotonicNanoseconds()
        let value = try reading.value(in: files)
        let after = monotonicNanoseconds()
        // Sensors on a slow bus take milliseconds: the middle is the best guess of when they measured.
        if before >= settledNanoseconds {
            take(PowerSample(nanoseconds: before + (after - before) / 2, value: value))
        }
    }

    func stop() {
        guard let enableFile, let formerSwitch else { return }
        // A file that is gone has nothing to put back.
        try? files.write(formerSwitch, to: enableFile)
        self.formerSwitch = nil
    }
}
