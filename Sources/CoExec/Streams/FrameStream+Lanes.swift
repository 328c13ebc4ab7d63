// Devices and lanes of a stream: what a lane's thread does with frames, as its runtime tells it.

extension FrameStream {
    /// Adds a device while the stream runs; returns when its lanes are open.
    /// - Throws: `DeviceError` when a lane cannot be opened, `ThreadError`; the stream goes on without it.
    /// - Precondition: no device of the stream has its name.
    @inlinable
    public func add(_ device: StreamDevice) throws {
        try startLanes(of: device)
        try runtime.waitForLanes()
    }

    /// Takes a device out of the stream: its lanes finish their frames and end; what they had grabbed goes to others.
    /// Returns when they have ended, or at once those that hang.
    /// - Returns: false when the stream has no such device.
    @discardableResult
    public func remove(_ name: String) -> Bool { runtime.remove(name) }

    /// Drops what is in flight, waits for the frames that lanes are running, and ends all threads. Harmless after the
    /// end, where it only joins the threads, and from several threads at once. A lane that hangs is not waited for
    /// longer than it takes to notice: its thread ends by itself when it comes back. Not to be called from a lane.
    @inlinable
    public func cancel() { runtime.cancel() }

    /// Runs a whole stream on the lanes' threads: an idle lane pulls the source, and whichever lane completes the head
    /// of the stream delivers, in order, one at a time. Cheapest for short frames; what the two closures take, they
    /// take from the devices. Returns when all is delivered and all threads have ended. Both closures run on lanes'
    /// threads, which take numbers below the normal range as zero.
    /// - Throws: what `deliver` throws, at once; what the source throws, after all frames before it were delivered.
    /// - Precondition: nothing was pushed.
    @inlinable
    public func runOnLanes(
        source: @escaping @Sendable () throws -> Frame?,
        deliver: @escaping @Sendable (Delivery<Frame, Output>) throws -> Void
    ) throws {
        ends = StreamEnds(source: source, deliver: deliver)
        let failure = runtime.runEnds()
        cancel()
        if let failure { throw failure }
    }

    // MARK: Lanes

    @inlinable
    func startLanes(of device: StreamDevice) throws {
        try runtime.startLanes(of: device.name, count: device.laneCount) { index, log in
            let worker = try device.openLane(index)
            return OpenLane(expectedServiceNanoseconds: worker.expectedServiceNanoseconds) {
                var log = log
                self.runFrames(on: worker, &log)
            }
        }
    }

    /// The life of a lane after it was opened.
    @inlinable
    func runFrames(on worker: any Lane<Frame, Output>, _ log: inout LaneLog) {
        // Kept here, since fetching it at each turn would have the lanes count references to it.
        var ends: StreamEnds?
        var turn = runtime.nextTurn(&log)
        while true {
            switch turn {
            case .run(let ticket):
                let frame = frames[ticket].pointee!
                runtime.start(ticket, &log)
                run(ticket, frame, on: worker, &log)
                turn = runtime.nextTurn(&log)
            case .rerun(let ticket):
                var frame: Frame?
                if runtime.startRerun(ticket, &log, copy: { frame = frames[ticket].pointee }) {
                    run(ticket, frame!, on: worker, &log)
                }
                turn = runtime.nextTurn(&log)
            case .serve(let deliver, let source):
                if ends == nil { ends = self.ends }
                let served = serve(ends!, deliver: deliver, source: source, now: log.now)
                turn = runtime.served(served, turn, &log)
            case .end:
                return
            }
        }
    }

    @inlinable
    func run(_ ticket: Int, _ frame: Frame, on worker: any Lane<Frame, Output>, _ log: inout LaneLog) {
        do {
            let output = try worker.run(frame)
            guard runtime.claim(ticket) else { return runtime.discard(ticket, &log, error: nil) }
            outputs.store(output, ticket)
            runtime.publish(ticket, &log)
        } catch {
            runtime.discard(ticket, &log, error: error)
        }
    }

    /// Hands completed frames to the consumer, then fetches new ones from the source.
    @inlinable
    func serve(_ ends: borrowing StreamEnds, deliver: Range<Int>, source: Range<Int>, now: Int) -> EndsServed {
        var served = EndsServed()
        do {
            for ticket in deliver {
                let delivery = takeDelivery(runtime.record(of: ticket, now: now))
                served.delivered += 1
                try ends.deliver(delivery)
            }
        } catch {
            served.deliveryFailure = error
            return served
        }
        do {
            for ticket in source {
                guard let frame = try ends.source() else {
                    served.hasSourceEnded = true
                    break
                }
                frames.store(frame, ticket)
                served.sourced += 1
            }
        } catch {
            (served.hasSourceEnded, served.sourceFailure) = (true, error)
        }
        return served
    }
}
