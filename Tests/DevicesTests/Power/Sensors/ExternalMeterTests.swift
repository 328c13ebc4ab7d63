import CoExec
import Foundation
import Testing

@testable import Devices

/// The writing end of a named pipe, or any other file to append to.
private final class Writer {
    private let descriptor: Int32

    init(_ path: String, create: Bool = false) throws {
        descriptor = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | (create ? O_CREAT : 0), 0o644)
        try #require(descriptor >= 0)
    }

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func write(_ text: String) throws {
        let count = text.utf8.count
        #expect(Glibc.write(descriptor, text, count) == count)
    }
}

private func realtimeNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

extension PowerSensor {
    fileprivate func polled() throws -> [PowerSample] {
        var samples: [PowerSample] = []
        try poll { samples.append($0) }
        return samples
    }
}

@Suite struct ExternalMeterTests {
    private let root: FixtureRoot

    init() throws { root = try FixtureRoot() }

    private func pipe() throws -> String {
        let path = "\(root.path)/pipe"
        try #require(mkfifo(path, 0o600) == 0)
        return path
    }

    @Test("a file's new lines, whole ones only")
    func growingFile() throws {
        let path = "\(root.path)/log"
        let writer = try Writer(path, create: true)
        try writer.write("1.0\n2.0\n3.")
        let meter = ExternalMeter(path: path, baud: nil)
        #expect(meter.rail == PowerRail(meter: "external", name: path, quantity: .watts, load: .machine))
        #expect(meter.sendsSamples)
        try meter.start()
        #expect(try meter.polled().isEmpty)
        // The rest of a line that began before.
        try writer.write("75\n")
        #expect(try meter.polled().isEmpty)
        let before = monotonicNanoseconds()
        try writer.write("4.5\n# a comment\n\n5.5\r\n6.")
        let samples = try meter.polled()
        #expect(samples.map(\.value) == [4.5, 5.5])
        #expect(samples[0].nanoseconds < samples[1].nanoseconds)
        #expect((before...monotonicNanoseconds()).contains(samples[1].nanoseconds))
        try writer.write("25\n")
        #expect(try meter.polled().map(\.value) == [6.25])
        meter.stop()
        try writer.write("7.0\n")
        try meter.start()
        #expect(try meter.polled().isEmpty)
        try writer.write("8.0\n")
        #expect(try meter.polled().map(\.value) == [8])
    }

    @Test("a file that is emptied or replaced is read from its start")
    func replacedFile() throws {
        try root.write("1", "log")
        let path = "\(root.path)/log"
        let meter = ExternalMeter(path: path, baud: nil)
        try meter.start()
        try #require(truncate(path, 0) == 0)
        #expect(try meter.polled().isEmpty)
        try Writer(path).write("2\n")
        #expect(try meter.polled().map(\.value) == [2])
        try root.write("3\n4", "log")
        #expect(try meter.polled().isEmpty)
        #expect(try meter.polled().map(\.value) == [3, 4])
        try root.remove("log")
        #expect(throws: SystemFileError(path: path, problem: .system(code: ENOENT))) { try meter.polled() }
    }

    @Test("times since 1970 are this machine's", arguments: [1, 1_000, 1_000_000])
    func timesSinceEpoch(tick: Int) throws {
        let path = try pipe()
        let meter = ExternalMeter(path: path, baud: nil)
        try meter.start()
        #expect(try meter.polled().isEmpty)
        let writer = try Writer(path)
        var taken: [Int] = []
        for line in 0..<5 {
            taken.append(monotonicNanoseconds())
            try writer.write("\(realtimeNanoseconds() / tick)\t\(line)\n")
            usleep(5000)
        }
        let samples = try meter.polled()
        #expect(samples.map(\.value) == [0, 1, 2, 3, 4])
        for (sample, time) in zip(samples, taken) { #expect(abs(sample.nanoseconds - time) < 3_000_000) }
    }

    @Test("times of a clock of its own, with a line lost and one repeated")
    func ownClock() throws {
        let path = try pipe()
        let meter = ExternalMeter(path: path, baud: nil)
        try meter.start()
        let writer = try Writer(path)
        let start = monotonicNanoseconds()
        var samples: [PowerSample] = []
        try writer.write("ms,W\n")
        for line in 0..<50 {
            let now = monotonicNanoseconds()
            // Its clock shows 1,000,000 ms at `start`.
            try writer.write("\(1_000_000 + (now - start) / 1_000_000),\(line)\n")
            if line == 30 { try writer.write("\(1_000_000 + (now - start) / 1_000_000),99\n1000 2000 3000\n") }
            usleep(8000)
            samples += try meter.polled()
        }
        #expect(samples.map(\.value) == (0..<50).map(Double.init))
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.nanoseconds < $1.nanoseconds })
        let late = samples.map { $0.nanoseconds - start }
        #expect(late[0] > -2_000_000 && late[0] < 30_000_000)
    }

    @Test("ten unreadable lines in a row are an error until a good one comes")
    func garbage() throws {
        let path = try pipe()
        let meter = ExternalMeter(path: path, baud: nil)
        try meter.start()
        let writer = try Writer(path)
        try writer.write("1.5\n" + String(repeating: "Voltage: 5.1 V\n", count: 9))
        #expect(try meter.polled().map(\.value) == [1.5])
        try writer.write("\u{1}\u{2}\n")
        for _ in 0..<2 {
            do {
                _ = try meter.polled()
                Issue.record("garbage was taken")
            } catch let error as PowerSensorError {
                #expect(error.reason.hasPrefix("10 lines in a row hold no 'time watts'"))
            }
        }
        try writer.write("2.5\n")
        #expect(try meter.polled().map(\.value) == [2.5])
    }

    @Test("a pipe ends with its writer, after its last lines, and goes on with another")
    func endedPipe() throws {
        let path = try pipe()
        let meter = ExternalMeter(path: path, baud: nil)
        try meter.start()
        #expect(try meter.polled().isEmpty)
        try Writer(path).write("1\n2")
        var samples: [PowerSample] = []
        for _ in 0..<2 {
            do {
                try meter.poll { samples.append($0) }
                Issue.record("the end was not seen")
            } catch let error as PowerSensorError {
                #expect(error.description == "external '\(path)': has ended: nothing writes to it any more")
            }
        }
        #expect(samples.map(\.value) == [1])
        let second = try Writer(path)
        try second.write("\n3\n")
        #expect(try meter.polled().last?.value == 3)
    }

    @Test("a pipe's writer outlives a stop; what it wrote meanwhile is passed over")
    func stoppedPipe() throws {
        let path = try pipe()
        let meter = ExternalMeter(path: path, baud: nil)
        #expect(try meter.samples().isEmpty)
        let writer = try Writer(path)
        try writer.write("1\n2\n3")
        try meter.start()
        try writer.write(".5\n4\n")
        #expect(try meter.polled().map(\.value) == [4])
    }

    @Test(
        "a serial port, raw and at its speed while it is read",
        .enabled(if: access("/dev/pts/ptmx", F_OK) == 0, "there are no pseudo-terminals here"))
    func serialPort() throws {
        // openpty(3); Swift cannot import it.
        typealias OpenPair =
            @convention(c) (
                UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>, UnsafeMutablePointer<CChar>, OpaquePointer?,
                OpaquePointer?
            ) -> Int32
        let openPair = unsafeBitCast(try #require(dlsym(nil, "openpty")), to: OpenPair.self)
        var (master, port): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        try #require(openPair(&master, &port, &name, nil, nil) == 0)
        defer { close(port) }
        var writer: Writer? = Writer(descriptor: master)
        let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        func speed(_ settings: termios) -> speed_t {
            var settings = settings
            return cfgetispeed(&settings)
        }
        func settings() -> termios {
            var settings = termios()
            tcgetattr(port, &settings)
            return settings
        }
        let former = settings()
        try #require(former.c_lflag & tcflag_t(ICANON) != 0)
        let (sensors, failures) = PowerMeters.discover(meters: [.external(path: path, baud: 115_200)])
        #expect(failures.isEmpty)
        let meter = try #require(sensors.first)
        try meter.start()
        let raw = settings()
        #expect(raw.c_lflag & tcflag_t(ICANON | ECHO) == 0 && speed(raw) == speed_t(B115200))
        // The port may have been opened in the middle of a line.
        try writer?.write("234\n1.5\r\n2.5\r\n")
        usleep(20_000)
        #expect(try meter.polled().map(\.value) == [1.5, 2.5])
        meter.stop()
        let after = settings()
        #expect(after.c_lflag == former.c_lflag && after.c_cflag == former.c_cflag)
        try meter.start()
        writer = nil
        #expect(throws: PowerSensorError.self) { try meter.polled() }
        meter.stop()
    }

    @Test("what is no meter says so")
    func noMeter() throws {
        try root.write("", "file")
        let found = PowerMeters.discover(
            root.files,
            meters: [
                .external(path: root.path), .external(path: "\(root.path)/file", baud: 9600),
                .external(path: "/dev/null"),
            ])
        #expect(found.sensors.isEmpty)
        #expect(
            found.failures.map(\.description) == [
                "external '\(root.path)': is a folder",
                "external '\(root.path)/file': is no serial port: it has no speed in Bd",
                "external '/dev/null': has ended: nothing writes to it any more",
            ])
    }
}
