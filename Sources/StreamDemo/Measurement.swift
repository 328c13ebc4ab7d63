// One measured stream of generated frames, as `bench` and `study` run them.

import CoExec
import Devices
import Foundation
import Kernels
import Media
import Synchronization

/// What one run of a network takes: as many pictures as its batch.
struct FrameBatch: ImageFrame {
    let images: [Image]

    /// Frames of the built-in clip, made beforehand so that the source costs the devices nothing.
    static func builtInClip(batch: Int = 1, width: Int = 640, height: Int = 360) -> [FrameBatch] {
        let clip = BuiltInClip(width: width, height: height, frameCount: 16 * batch)
        return (0..<16).map { _ in FrameBatch(images: (0..<batch).map { _ in clip.next()!.image }) }
    }
}

/// What a stream gave, and what its devices took of the host.
struct MeasuredStream {
    let report: StreamReport
    /// What measured energy; nil without a meter, as is `energy` then.
    let meter: String?
    let energy: StreamEnergy?
    /// Of each device; nil for those whose lanes compute.
    let hostUses: [HostUse?]
    /// Cores that other programs kept busy meanwhile; nil where that isn't known.
    var otherCores: Double?
}

enum Measurement {
    /// Lets the machine cool down; the user's interruption ends it early.
    static func pause(seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end && !Interrupt.isRequested {
            Thread.sleep(forTimeInterval: min(seconds, 0.05))
        }
    }

    /// Streams `count` batches through the devices and reports. Stops early when the user interrupts.
    /// - Throws: the first frame's error if a device fails: a failed frame would count as a fast one.
    static func run(
        _ clip: [FrameBatch], count: Int, devices: [NetworkDevice<FrameBatch>], window: Int? = nil,
        instruments: StreamInstruments? = nil, label: String
    ) throws -> MeasuredStream {
        let stream = try FrameStream(devices: devices, window: window)
        let meter = HostUseMeter(devices)
        let progress = Mutex(Progress())
        defer { progress.withLock { $0.clear() } }
        let next = Atomic<Int>(0)
        instruments?.begin()
        let load = OtherLoad()
        // Threads for the ends would take their time from the devices' cores.
        try stream.runOnLanes(source: {
            let index = next.add(1, ordering: .relaxed).oldValue
            return index < count && !Interrupt.isRequested ? clip[index % clip.count] : nil
        }) { delivery in
            if case .failure(let error) = delivery.result {
                throw FrameError(frame: delivery.sequence, device: delivery.device, underlying: error)
            }
            progress.withLock { $0.show("\(label): \(delivery.sequence + 1)/\(count)") }
        }
        let (report, otherCores) = (stream.report(), load.cores)
        return MeasuredStream(
            report: report, meter: instruments?.meterName, energy: instruments?.end(report),
            hostUses: meter.uses(in: report), otherCores: otherCores)
    }
}
