// Looks at clocks and temperatures while something runs. Whoever measures calls `sample` about ten times a second, on a
// thread of its own; nothing here starts one.

import CoExec
import Glibc
import Synchronization

/// Logs frequencies, temperatures and throttling. Any thread may call it, one sample at a time goes on.
///
/// A file that cannot be read costs its figure only: it is noted once, and asked again with the next sample.
public final class ClockMonitor: Sendable {
    /// The clocks that it logs.
    public let domains: [ClockDomain]

    private let files: SystemFiles
    private let kinds: Set<ClockDomain.Kind>
    private let fullMegahertz: [Double?]
    private let zones: [ThermalZone]
    private let coolers: [CoolingDevice]
    private let counters: [ThrottleCounter]
    private let loose: [Int]
    private let log: Mutex<Log>

    private struct Log {
        var clocks: [ClockLog]
        var temperatures: [(start: Double, maximum: Double)?]
        var counts: [Double?]
        /// Of counters whose CPUs have no clock that could be seen.
        var growth: [Int: Double] = [:]
        var sampleCount = 0
        var known: Set<String> = []
        var failed: Set<String> = []
        var notes: [String] = []
    }

    /// - Parameters:
    ///   - cpus: whose clocks to log; nil for all.
    ///   - kinds: of clocks that are used, so that what throttles them counts. Clocks of devices are logged anyway.
    ///   - fixedMegahertz: what clocks were set to, by domain's name: being held there is no throttling.
    public init(
        files: SystemFiles, cpus: CPUSet? = nil, kinds: Set<ClockDomain.Kind> = [.cpu, .gpu],
        fixedMegahertz: [String: Double] = [:]
    ) {
        (self.files, self.kinds) = (files, kinds.union([.cpu]))
        let domains = ClockDomain.all(of: files).filter { domain in
            domain.kind != .cpu || cpus.map { !$0.isDisjoint(with: domain.cpus) } ?? true
        }
        self.domains = domains
        fullMegahertz = domains.map { fixedMegahertz[$0.name] ?? $0.rangeMegahertz?.upperBound }
        zones = ThermalZone.all(of: files)
        coolers = CoolingDevice.all(of: files).filter { cooler in domains.contains(where: cooler.slows) }
        let counters = ThrottleCounter.all(of: files, cpus: cpus)
        self.counters = counters
        loose = counters.indices.filter { index in
            domains.allSatisfy { $0.cpus.isDisjoint(with: counters[index].cpus) }
        }
        log = Mutex(
            Log(
                clocks: domains.map { _ in ClockLog() }, temperatures: zones.map { _ in nil },
                counts: counters.map { _ in nil }))
    }

    /// Whether this machine tells neither frequencies nor temperatures.
    public var seesNothing: Bool { domains.isEmpty && zones.isEmpty && counters.isEmpty }

    /// Reads everything once.
    /// - Parameter nanoseconds: of the clock of `monotonicNanoseconds`; never goes back.
    public func sample(at nanoseconds: Int = monotonicNanoseconds()) {
        log.withLock { log in
            log.sampleCount += 1
            for (index, zone) in zones.enumerated() {
                guard let read = number(zone.temperatureFile, &log), let now = ThermalZone.celsius(millidegrees: read)
                else { continue }
                let former = log.temperatures[index] ?? (now, now)
                log.temperatures[index] = (former.start, max(former.maximum, now))
            }
            let states = coolers.map { number($0.stateFile, &log) ?? 0 }
            let growth = counters.indices.map { index in
                guard let now = number(counters[index].file, &log) else { return 0.0 }
                defer { log.counts[index] = now }
                return log.counts[index].map { max(now - $0, 0) } ?? 0
            }
            for index in loose { log.growth[index, default: 0] += growth[index] }
            for (index, domain) in domains.enumerated() {
                var reading = ClockLog.Reading()
                reading.governor = text(domain.governorFile, &log)
                reading.megahertz = number(domain.currentFile, &log).map { $0 / domain.unitsPerMegahertz }
                // devfreq: 0 is no limit.
                reading.limitMegahertz = number(domain.maximumFile, &log)
                    .flatMap { $0 > 0 ? $0 / domain.unitsPerMegahertz : nil }
                reading.coolers = coolers.indices.filter { states[$0] > 0 && coolers[$0].slows(domain) }
                    .map { ($0, states[$0]) }
                reading.counters = counters.indices
                    .filter { growth[$0] > 0 && !counters[$0].cpus.isDisjoint(with: domain.cpus) }
                    .map { ($0, growth[$0]) }
                log.clocks[index].append(reading, at: nanoseconds, full: fullMegahertz[index])
            }
        }
    }

    /// Nothing between the latest sample and the next one counts.
    public func pause() {
        log.withLock { log in
            for index in log.clocks.indices { log.clocks[index].pause() }
            for index in log.counts.indices { log.counts[index] = nil }
        }
    }

    /// What was seen so far.
    public func summary() -> ClockConditions {
        log.withLock { log in
            ClockConditions(
                clocks: domains.indices.map { index in
                    log.clocks[index].summary(
                        domain: domains[index], isUsed: isUsed(domains[index]), full: fullMegahertz[index],
                        coolers: coolers, counters: counters)
                },
                temperatures: zip(zones, log.temperatures).compactMap { zone, seen in
                    seen.map {
                        ClockConditions.Temperature(
                            name: zone.name, startCelsius: $0.start, maximumCelsius: $0.maximum)
                    }
                },
                looseCauses: log.growth.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map {
                    counters[$0.key].cause(growth: $0.value)
                },
                notes: log.notes, sampleCount: log.sampleCount)
        }
    }

    private func isUsed(_ domain: ClockDomain) -> Bool { kinds.contains(domain.kind) }

    private func text(_ file: String, _ log: inout Log) -> String? {
        read(file, &log) { file throws(SystemFileError) in try files.text(file) }
    }

    private func number(_ file: String, _ log: inout Log) -> Double? {
        read(file, &log) { file throws(SystemFileError) in try files.number(file) }
    }

    /// What was never there is no failure.
    private func read<Value>(
        _ file: String, _ log: inout Log, _ read: (String) throws(SystemFileError) -> Value
    ) -> Value? {
        do throws(SystemFileError) {
            let value = try read(file)
            log.known.insert(file)
            return value
        } catch {
            if log.known.contains(file) || error.problem != .system(code: ENOENT), log.failed.insert(file).inserted {
                log.notes.append("\(error)")
            }
            return nil
        }
    }
}
