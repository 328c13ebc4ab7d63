// What the tests of sensors share: threads without root's rights, traces of a real board.

import CoExec
import Foundation
import Synchronization
import Testing

@testable import Devices

/// Runs a closure on a thread whose file accesses are those of an ordinary user.
func asOrdinaryUser<T: Sendable>(_ body: @escaping @Sendable () -> T) -> T {
    nonisolated(unsafe) var result: T?
    let done = DispatchSemaphore(value: 0)
    Foundation.Thread.detachNewThread {
        // setfsuid(2), of this thread alone; Swift cannot import it.
        typealias SetUser = @convention(c) (UInt32) -> Int32
        let setUser = unsafeBitCast(dlsym(nil, "setfsuid")!, to: SetUser.self)
        _ = setUser(65534)
        result = body()
        done.signal()
    }
    done.wait()
    return result!
}

let isRoot = geteuid() == 0

/// Power of the Odroid XU3's rails while it ran PARSEC, about every half second.
struct OdroidTrace {
    /// Seconds from the first line.
    var seconds: [Double] = []
    /// W by I²C address.
    var watts: [String: [Double]] = ["0045": [], "0040": [], "0044": [], "0041": []]

    init(_ name: String) throws {
        let path = try #require(dataFolder) + "/traces/\(name).sensors.tsv"
        var first: Int?
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst() {
            let fields = line.split { $0.isWhitespace }
            guard fields.count == 19, let time = Int(fields[0]) else { continue }
            first = first ?? time
            seconds.append(Double(time - first!) / 1e9)
            // Of each rail: volts, amperes, watts; before those of both clusters and the GPU, MHz and °C.
            for (address, column) in [("0045", 5), ("0040", 10), ("0044", 15), ("0041", 18)] {
                watts[address]!.append(try #require(Double(fields[column])))
            }
        }
    }
}

/// Adds up how much longer sleeps of 5 ms took on a thread than they should, but for what a timer's slack explains.
final class LatenessWatch: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let lateNanoseconds = Atomic<Int>(0)
    private let ended = DispatchSemaphore(value: 0)

    init() {
        Foundation.Thread.detachNewThread { [self] in
            while !isStopping.load(ordering: .relaxed) {
                let start = monotonicNanoseconds()
                usleep(5000)
                let late = monotonicNanoseconds() - start - 5_000_000
                if late > 2_000_000 { lateNanoseconds.add(late, ordering: .relaxed) }
            }
            ended.signal()
        }
    }

    /// - Returns: seconds.
    func stop() -> Double {
        isStopping.store(true, ordering: .relaxed)
        ended.wait()
        return Double(lateNanoseconds.load(ordering: .relaxed)) / 1e9
    }
}
