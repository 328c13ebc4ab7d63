// From frames to a network in 8 bits in one step, and how to tell one.

extension Network {
    /// Whether values or weights lie on grids of 8-bit numbers already.
    public var isQuantized: Bool {
        nodes.contains { node in
            if case .unary(.quantize) = node.operation { true } else { parameters(of: node)?.grid != nil }
        }
    }

    /// This network in 8 bits, its grids chosen from what it computes for frames; itself if it is quantised already.
    /// - Parameters:
    ///   - frames: a few dozen of the kind that will come, of any sizes.
    ///   - engine: computes in FP32.
    ///   - afterRun: called with the number of runs done (`runs(of:)`); what it throws ends the calibration.
    /// - Throws: `CalibrationError` where frames are not all that the network takes, or there are none; the engine's
    ///   error.
    public func quantized(
        calibratedOn frames: [Image], method: Calibration.Method = .standard, by engine: any Engine,
        afterRun: (_ count: Int) throws -> Void = { _ in }
    ) throws -> Network {
        if isQuantized { return self }
        return quantized(
            try Calibration(self, on: runs(of: frames), method: method, by: engine, afterRun: afterRun))
    }

    /// Frames as what runs take, a batch each; the last frame repeats where they don't fill the last batch.
    /// - Throws: where frames are not all that the network takes, or there are none.
    public func runs(of frames: [Image]) throws(CalibrationError) -> [[NetworkInput]] {
        guard let input = self.frames else { throw .notFrames(network: name) }
        guard let last = frames.last else { throw .nothing(network: name) }
        return stride(from: 0, to: frames.count, by: input.batch).map { start in
            [.images((start..<start + input.batch).map { $0 < frames.count ? frames[$0] : last })]
        }
    }
}
