// Whether choices among ways to compute are measured, and where they are kept. Made by the application, handed to
// devices and engines; any thread may use it.

import Synchronization

/// How the fastest way of computing is found: measured once and remembered, before frames run or while they do;
/// measured anew; or not measured at all.
///
/// Whoever has a choice asks for it by a key that says all it depends on:
/// ```swift
/// func ways(for network: Network, _ tuning: Tuning, timeEachLayer: () -> [String: String]) -> [String: String]? {
///     let key = TuningKey("layers", ["network": network.structureDigest, "threads": "4"])
///     return tuning.choice(for: key, measure: timeEachLayer)
/// }
/// ```
/// and computes in its usual way where there is none.
public struct Tuning: Sendable {
    public enum Mode: Sendable, Hashable {
        /// Takes what is kept; measures and keeps what isn't, or was only measured between frames.
        case remembered
        /// Takes what is kept, and computes in usual ways what isn't, so that the first result comes soon. Devices
        /// measure better ways between the frames of a stream, go over to them and keep them for this mode alone: they
        /// were timed beside whatever else ran. What can't be changed while frames run, how a cluster's cores are
        /// shared out, isn't measured.
        case whileRunning
        /// Measures, once a process, and overwrites what is kept.
        case anew
        /// Neither measures nor reads: choices are the usual ones.
        case off
    }

    public let mode: Mode
    /// Where choices outlive the process; nil to keep them in memory only.
    public let cache: TuningCache?
    /// Called with a line that says what is being measured, on the thread that measures.
    public let progress: @Sendable (String) -> Void
    /// Asked between measurements: one that takes seconds gives up when this is true.
    public let isInterrupted: @Sendable () -> Bool
    /// Where frames run meanwhile, which measurements have to take turns with.
    package let turns: (any MeasuringTurns)?
    private let known: KnownChoices

    public init(
        _ mode: Mode, cache: TuningCache?, progress: @escaping @Sendable (String) -> Void = { _ in },
        isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.mode, self.cache, self.progress, self.isInterrupted) = (mode, cache, progress, isInterrupted)
        (turns, known) = (nil, KnownChoices())
    }

    private init(_ tuning: Tuning, measuringIn turns: any MeasuringTurns) {
        (mode, cache, known, self.turns) = (.remembered, tuning.cache, tuning.known, turns)
        // The terminal is the stream's.
        progress = { _ in }
        isInterrupted = { [isInterrupted = tuning.isInterrupted] in turns.isOver || isInterrupted() }
    }

    /// The same choices, measured now in turn with frames, where they are to be measured while frames run.
    package func measuring(in turns: any MeasuringTurns) -> Tuning { Tuning(self, measuringIn: turns) }

    /// Measured once, and remembered in the user's cache folder.
    public static let standard = Tuning(.remembered, cache: .standard)
    /// Nothing is measured, read or written.
    public static let off = Tuning(.off, cache: nil)

    /// The choice for a key: the one known in this process, else the one kept, else one measured now, which is kept.
    /// - Parameters:
    ///   - isValid: whether a remembered choice is one at all; if not, it is measured.
    ///   - measure: returns nil if it gave up; nothing is kept then.
    /// - Returns: nil when tuning is off, when it isn't the time to measure, or where `measure` gave up.
    /// - Throws: what `measure` throws.
    public func choice<Value: Codable & Sendable>(
        for key: TuningKey, isValid: (Value) -> Bool = { _ in true }, measure: () throws -> Value?
    ) rethrows -> Value? {
        guard mode != .off else { return nil }
        let isBetweenFrames = mode == .whileRunning || turns != nil
        // Better what was measured in quiet.
        for key in isBetweenFrames ? [key, key.betweenFrames] : [key] {
            if let value = known.value(for: key, as: Value.self) { return value }
            if mode != .anew, let value = cache?.value(for: key, as: Value.self), isValid(value) {
                known.keep(value, for: key)
                return value
            }
        }
        guard mode != .whileRunning, let value = try measure() else { return nil }
        keep(value, for: isBetweenFrames ? key.betweenFrames : key)
        // Nobody goes on from there any more.
        known.remove(key.begun)
        cache?.remove(key.begun)
        return value
    }

    /// What a measurement between frames that was broken off had found by then; nil for nothing, and for measurements
    /// in quiet.
    package func begun<Value: Codable & Sendable>(for key: TuningKey, as type: Value.Type) -> Value? {
        guard turns != nil else { return nil }
        return known.value(for: key.begun, as: type) ?? cache?.value(for: key.begun, as: type)
    }

    /// Keeps what a measurement had found when it was broken off, for the next one to go on from.
    package func keep(begun value: some Codable & Sendable, for key: TuningKey) { keep(value, for: key.begun) }

    private func keep(_ value: some Codable & Sendable, for key: TuningKey) {
        known.keep(value, for: key)
        if cache?.keep(value, for: key) != true { known.noteUnkept() }
    }

    /// Whether something was measured that could not be kept, so that it will be measured again next time.
    public var hasUnkeptChoices: Bool { known.hasUnkept }
}

/// What this process has read or measured: candidates and the devices made after them ask for the same choices.
private final class KnownChoices: Sendable {
    private let values = Mutex<[TuningKey: any Sendable]>([:])
    private let unkept = Atomic<Bool>(false)

    var hasUnkept: Bool { unkept.load(ordering: .relaxed) }
    func noteUnkept() { unkept.store(true, ordering: .relaxed) }

    func value<Value: Sendable>(for key: TuningKey, as type: Value.Type) -> Value? {
        values.withLock { $0[key] as? Value }
    }

    func keep(_ value: any Sendable, for key: TuningKey) {
        values.withLock { $0[key] = value }
    }

    func remove(_ key: TuningKey) { _ = values.withLock { $0.removeValue(forKey: key) } }
}
