// Why a governor or a frequency cannot be set.

import Glibc

/// A setting of clocks that isn't possible, or failed. Nothing stays changed, unless it says so.
public indirect enum ClockError: Error, Hashable {
    case unreadableFrequency(String, in: String)
    case listedTwice(String)
    case unknownName(String, available: [String])
    case unknownGovernor(String, domain: String, available: [String])
    case unavailableFrequency(Double, domain: String, available: [Double], range: ClosedRange<Double>?)
    /// Two frequencies for what has one clock.
    case conflict(domain: String, cpus: CPUSet)
    /// The machine shows no clock of this device, nil for any device of the run.
    case noClock(String?)
    /// A file that cannot be read or written.
    case file(SystemFileError)
    /// The kernel took a value, and holds another one.
    case didNotTake(path: String, wanted: String, holds: String)
    /// Heat limits the clock now, so that its own limit isn't known and couldn't be put back.
    case throttled(domain: String, cooler: String)
    /// Another process has set clocks of the same machine.
    case inUse(path: String)
    /// The process that puts back what was changed cannot be started.
    case noGuardian(reason: String)
    /// What went wrong first, and files whose former value could not be put back after it.
    case notRestored(after: ClockError, files: [String])

    /// Whether the request is wrong, rather than what the machine did.
    public var isUsageError: Bool {
        switch self {
        case .unreadableFrequency, .listedTwice, .unknownName, .unknownGovernor, .unavailableFrequency, .conflict: true
        case .noClock, .file, .didNotTake, .throttled, .inUse, .noGuardian, .notRestored: false
        }
    }
}

extension ClockError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadableFrequency(let item, let text):
            "'\(item)' in frequency '\(text)': a frequency is MHZ, or NAME=MHZ,… such as big=1800,gpu=600"
        case .listedTwice(let name): "frequency of '\(name)' is given twice"
        case .unknownName(let name, let available):
            "no device '\(name)' to set a frequency of (there are \(available.joined(separator: ", ")))"
        case .unknownGovernor(let governor, let domain, let available):
            "no governor '\(governor)' on \(domain) (available: \(available.joined(separator: ", ")))"
        case .unavailableFrequency(let megahertz, let domain, let available, let range):
            "\(domain) has no frequency of \(shortText(megahertz)) MHz (\(Self.offer(available, range)))"
        case .conflict(let domain, let cpus):
            "two frequencies for \(domain)" + (cpus.isEmpty ? "" : ", the one clock of CPUs \(cpus)")
        case .noClock(let name):
            "this machine shows no clock " + (name.map { "of '\($0)'" } ?? "of these devices") + " that can be set"
        case .file(let error):
            switch error.problem {
            case .system(EACCES), .system(EPERM): "\(error); clocks are set by root"
            case .system(EROFS): "\(error); a container may see its host's clocks without being allowed to set them"
            default: "\(error)"
            }
        case .didNotTake(let path, let wanted, let holds): "'\(path)' holds '\(holds)' after '\(wanted)' was written"
        case .throttled(let domain, let cooler):
            "\(domain) is throttled now (by \(cooler)), so its own limit cannot be told and put back: let it cool"
        case .inUse(let path): "another run has set clocks, and restores them at its end ('\(path)' is locked)"
        case .noGuardian(let reason): "cannot start the process that restores clocks: \(reason)"
        case .notRestored(let first, let files): "\(first); and these could not be restored: \(files.listed)"
        }
    }

    private static func offer(_ available: [Double], _ range: ClosedRange<Double>?) -> String {
        if !available.isEmpty { return "available: \(available.map(shortText).joined(separator: ", "))" }
        return range.map { "from \(shortText($0.lowerBound)) to \(shortText($0.upperBound))" } ?? "none is known"
    }
}

extension [String] {
    /// "'a', 'b'".
    fileprivate var listed: String { map { "'\($0)'" }.joined(separator: ", ") }
}
