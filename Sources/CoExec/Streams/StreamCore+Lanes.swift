// What a lane's thread does with frames, as the stream's runtime tells it.

extension StreamCore {
    @inlinable
    func add(_ device: any Device<Frame, Output>) throws {
        do {
            try device.prepare()
        } catch {
            throw DeviceError(device: device.name, underlying: error)
        }
        try runtime.add(device.name, laneCount: device.laneCount) { index, own in
            let worker = try device.openLane(index)
            var own = own
            return OpenLane(expectedServiceNanoseconds: worker.expectedServiceNanoseconds) { turn, now in
                own.now = now
                self.runFrames(on: worker, from: turn, &own)
            }
        }
    }

    /// Runs frames until the lane has something else to do.
    @inlinable
    func runFrames(on worker: any Lane<Frame, Output>, from first: LaneTurn, _ own: inout LaneThreadState) {
        // Kept here, since fetching it at each turn would have the lanes count references to it.
        var ends: StreamEnds<Frame, Output>?
        var turn = first
        while true {
            switch turn {
            case .run(let ticket):
                run(ticket, on: worker, &own)
                turn = runtime.nextTurn(&own)
            case .rerun(let ticket):
                rerun(ticket, on: worker, &own)
                turn = runtime.nextTurn(&own)
            case .serve(let deliver, let source):
                if ends == nil { ends = self.ends }
                let served = serve(ends!, deliver: deliver, source: source, now: own.now)
                turn = runtime.served(served, turn, &own)
            case .leave:
                return
            }
        }
    }

    /// In a function of its own, as is `rerun`: a lane that waits for its next turn must not keep its last frame.
    @inlinable
    func run(_ ticket: Int, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) {
        let frame = frames[ticket].pointee!
        runtime.start(ticket, &own)
        run(ticket, frame, on: worker, &own)
    }

    @inlinable
    func rerun(_ ticket: Int, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) {
        var frame: Frame?
        if runtime.startRerun(ticket, &own, copy: { frame = frames[ticket].pointee }) {
            run(ticket, frame!, on: worker, &own)
        }
    }

    @inlinable
    func run(_ ticket: Int, _ frame: Frame, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) {
        do {
            let output = try worker.run(frame)
            guard runtime.claim(ticket) else { return runtime.discard(ticket, &own, error: nil) }
            outputs.store(output, ticket)
            runtime.publish(ticket, &own)
        } catch {
            runtime.discard(ticket, &own, error: error)
        }
    }

    /// Hands completed frames to the consumer, then fetches new ones from the source.
    @inlinable
    func serve(_ ends: borrowing StreamEnds<Frame, Output>, deliver: Range<Int>, source: Range<Int>, now: Int)
        -> EndsServed
    {
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
