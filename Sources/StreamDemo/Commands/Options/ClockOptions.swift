// At which governor and frequencies a command measures, and who watches them meanwhile.

import ArgumentParser
import Devices

/// Governor and frequencies to set for a run.
struct ClockOptions: ParsableArguments {
    @Option(
        help: """
            Set this frequency governor on the CPUs used, and on the GPU if it has it; at the end, however it comes, \
            the former one is set again. Needs root.
            """)
    var governor: String?

    @Option(
        help: """
            Hold the CPUs used at MHZ, or devices at NAME=MHZ,… such as big=1800,LITTLE=1000,gpu=600; restored as the \
            governor is. Needs root.
            """)
    var frequency: String?

    @Option(
        help: """
            Folder that holds the sys/ of frequencies, temperatures and power sensors, as where a container sees its \
            host's.
            """, completion: .directory)
    var sysfsRoot = "/"

    func validate() throws {
        do { _ = try ClockSettings(governor: governor, frequency: frequency) } catch {
            throw ValidationError("--frequency: \(error).")
        }
    }

    /// The /sys to read and set.
    /// - Throws: `SysfsRootError` where a folder was given that holds none.
    func files() throws -> SystemFiles {
        var root = sysfsRoot
        while root.hasSuffix("/") { root.removeLast() }
        let files = SystemFiles(root: root)
        guard sysfsRoot == "/" || files.holdsSys else { throw SysfsRootError(root: sysfsRoot) }
        if sysfsRoot != "/" { try FilesInUse.ofThisRun.reads(folder: root + "/sys") }
        return files
    }

    /// Sets what is asked for. The caller ends what it gets.
    /// - Parameter files: `files()`.
    /// - Throws: `UsageError` for what this machine hasn't, `ClockError` for what cannot be done.
    func begin(_ selection: DeviceSelection, files: SystemFiles) throws -> ClockSession {
        let targets = selection.machine.clockTargets(of: selection.devices)
        let settings = try ClockSettings(governor: governor, frequency: frequency)
        var control: ClockControl?
        do throws(ClockError) {
            if !settings.isEmpty { control = try ClockControl(settings, for: targets, files: files) }
        } catch {
            if error.isUsageError { throw UsageError("\(error)") }
            throw error
        }
        let used = targets.filter(\.isUsed)
        return ClockSession(
            monitor: ClockMonitor(
                files: files, cpus: used.reduce([]) { $0.union($1.cpus) }, kinds: Set(used.map(\.kind)),
                fixedMegahertz: control?.fixedMegahertz ?? [:]),
            control: control)
    }
}

/// Clocks while a command measures. Used by the command's thread, but for the monitor.
final class ClockSession {
    let monitor: ClockMonitor
    private let control: ClockControl?

    init(monitor: ClockMonitor, control: ClockControl?) { (self.monitor, self.control) = (monitor, control) }

    /// Restores what was set; says what could not be.
    func end() {
        for file in control?.restore() ?? [] { printWarning("could not restore '\(file)'") }
    }
}

/// A folder without a /sys.
struct SysfsRootError: Error, CustomStringConvertible {
    let root: String
    var description: String { "there is no folder 'sys' in '\(root)'" }
}
