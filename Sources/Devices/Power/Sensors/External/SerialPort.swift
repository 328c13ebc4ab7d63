// The settings of a serial port while a meter is read from it. Part of an `ExternalMeter`.

import Glibc

/// A terminal device in raw mode. The settings it had are put back by `restore`.
struct SerialPort {
    private let descriptor: Int32
    private var former: termios

    /// Speeds that a port may have, in Bd, by the system's codes.
    private static let speeds: [Int: Int32] = [
        1200: B1200, 2400: B2400, 4800: B4800, 9600: B9600, 19200: B19200, 38400: B38400, 57600: B57600,
        115_200: B115200, 230_400: B230400, 460_800: B460800, 500_000: B500000, 921_600: B921600,
        1_000_000: B1000000, 2_000_000: B2000000, 3_000_000: B3000000,
    ]
    static var baudRates: [Int] { speeds.keys.sorted() }

    /// Sets a port to raw mode: cfmakeraw(3), cfsetspeed(3).
    /// - Parameters:
    ///   - descriptor: of an open terminal; the caller keeps it open.
    ///   - baud: one of `baudRates`; nil leaves the port's speed.
    /// - Throws: the `errno` of the call that failed.
    init(_ descriptor: Int32, baud: Int?) throws(SystemFileError.Problem) {
        self.descriptor = descriptor
        former = termios()
        guard tcgetattr(descriptor, &former) == 0 else { throw .system(code: errno) }
        var settings = former
        cfmakeraw(&settings)
        // Receive, and don't wait for a modem.
        settings.c_cflag |= tcflag_t(CREAD | CLOCAL)
        if let baud {
            guard let speed = Self.speeds[baud] else { throw .system(code: EINVAL) }
            cfsetispeed(&settings, speed_t(speed))
            cfsetospeed(&settings, speed_t(speed))
        }
        guard tcsetattr(descriptor, TCSANOW, &settings) == 0 else { throw .system(code: errno) }
        // What was received before may be at another speed.
        tcflush(descriptor, TCIFLUSH)
    }

    func restore() {
        var settings = former
        tcsetattr(descriptor, TCSANOW, &settings)
    }
}
