// Times each layer of a network on a device, and counts what it fetches from memory where the machine can. Used on one
// thread.

import CoExec
import Devices
import Kernels
import Synchronization
import System

/// One network on one device, a value a round.
struct LayerTimes {
    let device: NetworkDevice<FrameBatch>
    let formatted: FormattedNetwork
    private(set) var timings: [[NodeTiming]] = []
    /// Seconds of a frame in the stream that the device had alone.
    private(set) var frameSeconds: [Double] = []
    /// Bytes of a frame that came from memory; none where nothing counts them.
    private(set) var countedBytes: [Double] = []

    private static var runs: Int { 5 }

    init(_ device: NetworkDevice<FrameBatch>, _ formatted: FormattedNetwork) {
        (self.device, self.formatted) = (device, formatted)
    }

    /// Adds a round.
    mutating func add(alone: MeasuredStream, countedBytes bytes: Int?, frame: FrameBatch) throws {
        timings.append(try Self.profile(device, frame))
        frameSeconds.append(1 / max(alone.report.framesPerSecond, .leastNormalMagnitude))
        if let bytes { countedBytes.append(Double(bytes) / Double(max(alone.report.frames, 1))) }
    }

    /// On a thread of its own, as it is bound to the device's CPUs.
    private static func profile(_ device: NetworkDevice<FrameBatch>, _ frame: FrameBatch) throws -> [NodeTiming] {
        let outcome = Mutex<Result<[NodeTiming], any Error>>(.success([]))
        let thread = try Thread(name: "layers") {
            let timings = Result { try device.profile(frame, runs: runs) }
            outcome.withLock { $0 = timings }
        }
        thread.join()
        return try outcome.withLock { try $0.get() }
    }
}

extension MemoryCounter {
    /// Measures a stream, and what its lanes fetched from memory, where they compute and the machine counts.
    static func counting(
        _ device: NetworkDevice<FrameBatch>, isAsked: Bool, _ measure: () throws -> MeasuredStream
    ) rethrows -> (stream: MeasuredStream, bytes: Int?) {
        guard isAsked, device.computing == .lanes, let counter = try? MemoryCounter() else {
            return (try measure(), nil)
        }
        let stream = try measure()
        return (stream, counter.bytes)
    }
}

extension MemoryCounter {
    /// What a roofline says of where its bytes are from.
    static var note: String {
        do throws(MemoryCounterError) {
            _ = try MemoryCounter()
            return "bytes from memory: of networks on CPUs the last cache's misses, a line each; of layers simulated"
        } catch {
            return "bytes from memory are simulated, not counted: \(error)"
        }
    }
}
