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
                let isPublished = run(ticket, on: worker, &own)
                if isPublished, lending != nil { giveBack(ticket) }
                turn = runtime.nextTurn(&own)
            case .rerun(let ticket):
                let isPublished = rerun(ticket, on: worker, &own)
                if isPublished, lending != nil { giveBack(ticket) }
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
    /// - Returns: whether the frame's output is this lane's.
    @inlinable
    func run(_ ticket: Int, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) -> Bool {
        let frame = frames[ticket].pointee!
        lending?.borrow(frame)
        runtime.start(ticket, &own)
        return run(ticket, frame, on: worker, &own)
    }

    @inlinable
    func rerun(_ ticket: Int, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) -> Bool {
        var frame: Frame?
        let isWanted = runtime.startRerun(ticket, &own) {
            frame = frames[ticket].pointee
            lending?.borrow(frame!)
        }
        guard isWanted else { return false }
        return run(ticket, frame!, on: worker, &own)
    }

    @inlinable
    func run(_ ticket: Int, _ frame: Frame, on worker: any Lane<Frame, Output>, _ own: inout LaneThreadState) -> Bool {
        do {
            let output: Output
            do {
                defer { lending?.endBorrow(frame) }
                output = try worker.run(frame)
            }
            guard runtime.claim(ticket) else {
                runtime.discard(ticket, &own, error: nil)
                return false
            }
            outputs.store(output, ticket)
            runtime.publish(ticket, &own)
            return true
        } catch {
            runtime.discard(ticket, &own, error: error)
            return false
        }
    }

    /// Lets a lent frame go whose output is there, before it is booked and so can be delivered.
    @inlinable
    func giveBack(_ ticket: Int) {
        var frame: Frame?
        runtime.withPublished(ticket) { frame = frames[ticket].pointee }
        if let frame { lending?.giveBack(frame) }
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
