// Several streams of a pool as one, for what meters and tables say of a machine.

extension StreamReport {
    /// What streams that ran at the same time on a pool's devices did together: frames and times added up, from the first
    /// device on in the order in which they come. Distributions are empty: those of different networks don't add up.
    package init(together reports: [StreamReport]) {
        let empty = Distribution(minimum: 0, p50: 0, p90: 0, p99: 0, maximum: 0)
        var names: [String] = []
        for name in reports.flatMap({ $0.devices.map(\.name) }) where !names.contains(name) { names.append(name) }
        func sum(_ value: (StreamReport) -> Int) -> Int { reports.reduce(0) { $0 + value($1) } }
        self.init(
            frames: sum(\.frames), failedFrames: sum(\.failedFrames), droppedFrames: sum(\.droppedFrames),
            retries: sum(\.retries), inFlight: sum(\.inFlight),
            greatestReorderOccupancy: reports.map(\.greatestReorderOccupancy).max() ?? 0,
            durationNanoseconds: reports.map(\.durationNanoseconds).max() ?? 0,
            workNanoseconds: reports.map(\.workNanoseconds).max() ?? 0,
            standstillNanoseconds: reports.map(\.standstillNanoseconds).max() ?? 0, latency: empty,
            devices: names.map { name in
                let own = reports.flatMap(\.devices).filter { $0.name == name }
                func sum(_ value: (DeviceReport) -> Int) -> Int { own.reduce(0) { $0 + value($1) } }
                return DeviceReport(
                    name: name, laneCount: own.map(\.laneCount).max() ?? 0, frames: sum(\.frames),
                    failedRuns: sum(\.failedRuns), timesSetAside: sum(\.timesSetAside),
                    isSetAside: own.contains(where: \.isSetAside),
                    busyNanoseconds: sum(\.busyNanoseconds), serviceTime: empty,
                    lanes: own.flatMap(\.lanes))
            })
    }
}
