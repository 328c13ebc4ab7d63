// A meter outside the machine, whose lines come through a file, a pipe or a serial port. Owned by a recorder, read by
// its thread alone; it never waits for data.

import CoExec
import Glibc

/// Lines of "time watts", or of watts alone. Reading begins with what comes after `start`: a file's end, an empty pipe.
final class ExternalMeter: PowerSensor, @unchecked Sendable {  // one thread at a time, as the protocol says
    private enum Source {
        case file, pipe
        case port(SerialPort)
        case stream
    }

    let rail: PowerRail
    var sendsSamples: Bool { true }
    private let path: String
    private let baud: Int?
    private var descriptor: Int32 = -1
    private var source = Source.file
    /// A pipe without a writer ends only if there was one.
    private var hadWriter = false
    private var line: [UInt8] = []
    /// The line that is being received began before `start`.
    private var isInsideOldLine = false
    private var hasTimes: Bool?
    private var clock = MeterClock(realtimeOffsetNanoseconds: 0)
    private var lastPollNanoseconds = 0
    private var lastSampleNanoseconds = Int.min
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    /// Until a good line comes.
    private var unreadable: PowerSensorError?
    private var unreadableInARow = 0

    /// So many unreadable lines without a good one between them are an error; a heading is not.
    private static let mostUnreadableLines = 10
    private static let longestLineBytes = 1024

    /// - Parameters:
    ///   - path: of a file that grows, a named pipe, or a terminal device.
    ///   - baud: speed of a serial port; nil leaves it as it is.
    init(path: String, baud: Int?) {
        (self.path, self.baud) = (path, baud)
        rail = PowerRail(meter: "external", name: path, quantity: .watts, load: .machine)
    }

    deinit { close() }

    func start() throws {
        if descriptor < 0 { try open() }
        (line, isInsideOldLine, hadWriter, hasTimes) = ([], false, false, nil)
        (unreadable, unreadableInARow, lastSampleNanoseconds) = (nil, 0, .min)
        try skipWhatIsThere()
        lastPollNanoseconds = monotonicNanoseconds()
        clock = MeterClock(realtimeOffsetNanoseconds: Self.realtimeOffsetNanoseconds())
    }

    func poll(_ take: (PowerSample) -> Void) throws {
        // The file that took another one's place could not be opened, perhaps.
        if descriptor < 0 { try open() }
        var isLast = false
        var lines: [String] = []
        read: for _ in 0..<64 {
            let count = read(descriptor, &buffer, buffer.count)
            switch (count, errno) {
            case (1..., _):
                hadWriter = true
                split(buffer[..<count], into: &lines)
            case (0, _):
                isLast = try isAtEnd()
                break read
            case (_, EINTR): continue
            case (_, EAGAIN):
                hadWriter = true
                break read
            // A terminal whose other side was closed.
            case (_, EIO):
                isLast = true
                break read
            default: throw error("\(String(cString: strerror(errno)))")
            }
        }
        let now = monotonicNanoseconds()
        give(lines, arrivingAt: now, take)
        lastPollNanoseconds = now
        if isLast {
            throw error("has ended: nothing writes to it any more")
        }
        if let unreadable { throw unreadable }
    }

    func stop() {
        // Whoever writes to a pipe is killed when its only reader closes it: it stays open until this object goes.
        if case .pipe = source { return }
        close()
    }

    // MARK: Opening and closing

    private func open() throws {
        descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFileError(path: path, problem: .system(code: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SystemFileError(path: path, problem: .system(code: errno))
        }
        let isPort = isatty(descriptor) == 1
        if baud != nil && !isPort {
            close()
            throw error("is no serial port: it has no speed in Bd")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: source = .file
        case S_IFIFO: source = .pipe
        case S_IFCHR where isPort:
            do throws(SystemFileError.Problem) {
                source = .port(try SerialPort(descriptor, baud: baud))
            } catch {
                close()
                throw SystemFileError(path: path, problem: error)
            }
        case S_IFDIR:
            close()
            throw error("is a folder")
        default: source = .stream
        }
    }

    private func close() {
        guard descriptor >= 0 else { return }
        if case .port(let port) = source { port.restore() }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }

    /// Passes over the lines from before `start`.
    private func skipWhatIsThere() throws {
        if case .file = source {
            let end = lseek(descriptor, 0, SEEK_END)
            var last: UInt8 = 0
            if end > 0, pread(descriptor, &last, 1, end - 1) == 1 { isInsideOldLine = last != UInt8(ascii: "\n") }
            return
        }
        var count: Int
        // A meter that sends faster than this reads would keep it here: its pipe holds 64 KiB, this takes 1 MiB.
        for _ in 0..<64 {
            count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            isInsideOldLine = buffer[count - 1] != UInt8(ascii: "\n")
        }
        // A port may be opened in the middle of a line.
        if case .port = source { isInsideOldLine = true }
    }

    /// Whether nothing can come any more, where no more is to be read now.
    private func isAtEnd() throws -> Bool {
        switch source {
        case .pipe: return hadWriter
        case .port, .stream: return true
        case .file:
            var (here, there) = (stat(), stat())
            guard stat(path, &there) == 0, fstat(descriptor, &here) == 0 else {
                throw SystemFileError(path: path, problem: .system(code: errno))
            }
            if here.st_ino != there.st_ino || here.st_dev != there.st_dev {
                // Another file took its place: all of it is new.
                close()
                try open()
                (line, isInsideOldLine) = ([], false)
            } else if here.st_size < lseek(descriptor, 0, SEEK_CUR) {
                lseek(descriptor, 0, SEEK_SET)
                (line, isInsideOldLine) = ([], false)
            }
            return false
        }
    }

    // MARK: Lines

    /// Adds whole lines, and keeps what is left over for the next time.
    private func split(_ bytes: ArraySlice<UInt8>, into lines: inout [String]) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if !isInsideOldLine { lines.append(String(decoding: line, as: UTF8.self)) }
                isInsideOldLine = false
                line.removeAll(keepingCapacity: true)
            } else if line.count < Self.longestLineBytes {
                line.append(byte)
            }
        }
    }

    private func give(_ lines: [String], arrivingAt now: Int, _ take: (PowerSample) -> Void) {
        for (index, text) in lines.enumerated() {
            let isGood: Bool
            switch ExternalMeterLine(text) {
            case .blank: continue
            case .sample(nil, let watts) where hasTimes != true:
                hasTimes = false
                // Lines that came together are shared out over the time since the last poll.
                let time = lastPollNanoseconds + (now - lastPollNanoseconds) * (index + 1) / lines.count
                emit(PowerSample(nanoseconds: time, value: watts), take)
                isGood = true
            case .sample(let time?, let watts) where hasTimes != false:
                hasTimes = true
                let reading = MeterClock.Reading(time: time, watts: watts, arrivalNanoseconds: now)
                isGood = clock.take(reading) { emit($0, take) }
            default: isGood = false
            }
            unreadableInARow = isGood ? 0 : unreadableInARow + 1
            if isGood { unreadable = nil }
            if unreadableInARow == Self.mostUnreadableLines {
                // The first line may have been of another form than those after it.
                (hasTimes, unreadableInARow) = (nil, 0)
                clock = MeterClock(realtimeOffsetNanoseconds: Self.realtimeOffsetNanoseconds())
                lastSampleNanoseconds = .min
                unreadable = error(
                    "\(Self.mostUnreadableLines) lines in a row hold no 'time watts' (a time in s, ms, µs or ns) and "
                        + "no watts, the last '\(text.prefix(40))'")
            }
        }
    }

    private func emit(_ sample: PowerSample, _ take: (PowerSample) -> Void) {
        // A line that was repeated, or a clock that was set back.
        guard sample.nanoseconds > lastSampleNanoseconds else { return }
        lastSampleNanoseconds = sample.nanoseconds
        take(sample)
    }

    private func error(_ reason: String) -> PowerSensorError {
        PowerSensorError(sensor: "external '\(path)'", reason: reason)
    }

    private static func realtimeOffsetNanoseconds() -> Int { realtimeNanoseconds() - monotonicNanoseconds() }
}
