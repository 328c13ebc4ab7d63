// Sets governors and frequencies for as long as it lives. Made, used and ended by one thread; what it changed is put
// back by its guardian process, whichever way this process ends.

import Glibc

/// Governors and frequencies that are set, until `restore`.
public final class ClockControl {
    /// What clocks are held at, by domain's name.
    public let fixedMegahertz: [String: Double]

    private let lock: Int32
    /// nil where everything was already as asked for.
    private let guardian: ClockGuardian?
    private var isRestored = false

    /// A file, the value it had and the one it gets.
    struct Change: Hashable {
        let file: String
        let former: String
        let wanted: String
    }

    /// Sets what is asked for, and reads it back.
    /// - Parameter targets: the devices whose clocks may be set, and which of them are used.
    /// - Throws: `ClockError`. Everything is then as it was before, unless it says so.
    public init(_ settings: ClockSettings, for targets: [ClockTarget], files: SystemFiles) throws(ClockError) {
        let assignments = try settings.assignments(to: ClockDomain.all(of: files), for: targets)
        // Read by the next run while this one holds them, values would be taken for the machine's own.
        lock = try Self.lock(files)
        var changes: [Change] = []
        var entries: [ClockGuardian.Entry] = []
        do throws(ClockError) {
            for assignment in assignments {
                let own = try Self.changes(assignment, files)
                changes += own
                entries += try Self.entries(own, of: assignment.domain, files)
            }
            for change in changes where access(files.path(change.file), W_OK) != 0 {
                throw .file(SystemFileError(path: files.path(change.file), problem: .system(code: errno)))
            }
            guardian = changes.isEmpty ? nil : try ClockGuardian(restoring: entries, holding: lock)
        } catch {
            Self.unlock(lock)
            throw error
        }
        fixedMegahertz = Dictionary(
            uniqueKeysWithValues: assignments.compactMap { one in one.megahertz.map { (one.domain.name, $0) } })
        do throws(ClockError) {
            for change in changes { try Self.apply(change, files) }
        } catch {
            let failed = restore()
            throw failed.isEmpty ? error : .notRestored(after: error, files: failed)
        }
    }

    deinit { _ = restore() }

    /// Puts back what was changed; the second time does nothing.
    /// - Returns: the files for which that failed.
    public func restore() -> [String] {
        guard !isRestored else { return [] }
        isRestored = true
        defer { Self.unlock(lock) }
        return guardian?.finish() ?? []
    }

    /// A lock on the folder `sys`, which the guardian shares until it has restored everything.
    private static func lock(_ files: SystemFiles) throws(ClockError) -> Int32 {
        let first = open(files.path("sys"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard first >= 0 else { throw .file(SystemFileError(path: files.path("sys"), problem: .system(code: errno))) }
        defer { close(first) }
        let lock = fcntl(first, F_DUPFD_CLOEXEC, 10)  // above what the guardian's shell is given
        guard lock >= 0 else { throw .noGuardian(reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .inUse(path: files.path("sys"))
        }
        return lock
    }

    /// Closing alone would not do: a process that another thread is about to start has a copy for a moment.
    private static func unlock(_ lock: Int32) {
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// What to write, in an order that the kernel accepts: it may refuse a minimum above the maximum.
    static func changes(
        _ assignment: ClockAssignment, _ files: SystemFiles
    ) throws(ClockError) -> [Change] {
        let domain = assignment.domain
        var changes: [Change] = []
        if let governor = assignment.governor {
            changes.append(
                Change(file: domain.governorFile, former: try text(domain.governorFile, files), wanted: governor))
        }
        if let megahertz = assignment.megahertz {
            let wanted = "\(Int((megahertz * domain.unitsPerMegahertz).rounded()))"
            let (low, high) = (try text(domain.minimumFile, files), try text(domain.maximumFile, files))
            try checkCool(domain, maximum: high, files)
            let minimum = Change(file: domain.minimumFile, former: low, wanted: wanted)
            let maximum = Change(file: domain.maximumFile, former: high, wanted: wanted)
            // devfreq: 0 is no limit.
            let isRaised = (Double(high) ?? 0) > 0 && Double(wanted)! > Double(high)!
            changes += isRaised ? [maximum, minimum] : [minimum, maximum]
        }
        return changes.filter { $0.former != $0.wanted }
    }

    /// Former values, in the order in which to put them back.
    private static func entries(
        _ changes: [Change], of domain: ClockDomain, _ files: SystemFiles
    ) throws(ClockError) -> [ClockGuardian.Entry] {
        var entries = changes.map { ClockGuardian.Entry(path: files.path($0.file), value: $0.former) }
        // It forgets its frequency while another governor has the clock.
        if changes.contains(where: { $0.file == domain.governorFile && $0.former == "userspace" }),
            files.exists(domain.userspaceFile)
        {
            entries.append(
                ClockGuardian.Entry(
                    path: files.path(domain.userspaceFile), value: try text(domain.userspaceFile, files)))
        }
        return entries
    }

    /// The limit that the kernel shows is the lower one of heat's and the user's. Written back, heat's would stay.
    private static func checkCool(_ domain: ClockDomain, maximum: String, _ files: SystemFiles) throws(ClockError) {
        guard let limit = Double(maximum), let full = domain.rangeMegahertz?.upperBound,
            limit > 0, limit / domain.unitsPerMegahertz < full * 0.999
        else { return }
        for cooler in CoolingDevice.all(of: files) where cooler.slows(domain) {
            if let state = try? files.number(cooler.stateFile), state > 0 {
                throw .throttled(domain: domain.name, cooler: "\(cooler.type), state \(shortText(state))")
            }
        }
    }

    private static func apply(_ change: Change, _ files: SystemFiles) throws(ClockError) {
        do throws(SystemFileError) { try files.write(change.wanted, to: change.file) } catch { throw .file(error) }
        let now = try text(change.file, files)
        guard now == change.wanted else {
            throw .didNotTake(path: files.path(change.file), wanted: change.wanted, holds: now)
        }
    }

    private static func text(_ file: String, _ files: SystemFiles) throws(ClockError) -> String {
        do throws(SystemFileError) { return try files.text(file) } catch { throw .file(error) }
    }
}
