// A library with NVML's functions, compiled by the tests: what a machine with such GPUs has, for one without.

import Foundation
import Testing

/// A temporary shared library, removed with this object.
final class NVMLStub: Sendable {
    let path: String

    static let compiler: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let places = ["clang", "cc", "gcc"].flatMap { name in folders.map { folder in "\(folder)/\(name)" } }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// - Parameter settings: macros of the source below.
    init(_ settings: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("nvml-\(UUID().uuidString).so").path
        let source = path + ".c"
        try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: source) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.compiler))
        process.arguments = ["-shared", "-fPIC", "-o", path, source] + settings.map { "-D\($0)=\($1)" }
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Handles are addresses of numbers from 0 on. GPU 0 draws 30 W, GPU 1 60 W; the files say when it was started and
    /// shut down.
    private static let source = """
        #include <fcntl.h>
        #include <time.h>
        #include <unistd.h>
        #ifndef COUNT
        #define COUNT 1
        #endif
        #ifndef INIT
        #define INIT 0
        #endif
        #ifndef LOG
        #define LOG "/dev/null"
        #endif
        static int devices[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        static void note(const char *text, int bytes) {
            int file = open(LOG, O_WRONLY | O_APPEND | O_CREAT, 0600);
            if (write(file, text, bytes) != bytes) _exit(9);
            close(file);
        }
        int nvmlInit_v2(void) { note("init\\n", 5); return INIT; }
        int nvmlShutdown(void) { note("shutdown\\n", 9); return 0; }
        const char *nvmlErrorString(int code) {
            return code == 9 ? "Driver Not Loaded" : code == 15 ? "GPU is lost" : code == 3 ? "Not Supported" : "?";
        }
        int nvmlDeviceGetCount_v2(unsigned *count) { *count = COUNT; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned index, int **device) { *device = &devices[index]; return 0; }
        int nvmlDeviceGetName(int *device, char *name, unsigned bytes) {
            const char *text = "NVIDIA Stub";
            unsigned i = 0;
            for (; text[i] && i + 1 < bytes; i++) name[i] = text[i];
            name[i] = 0;
            return 0;
        }
        static int lost(void) { return access(LOG ".lost", F_OK) == 0; }
        int nvmlDeviceGetPowerUsage(int *device, unsigned *milliwatts) {
            *milliwatts = 30000 * (*device + 1);
            return lost() ? 15 : 0;
        }
        #ifdef COUNTER
        int nvmlDeviceGetTotalEnergyConsumption(int *device, unsigned long long *millijoules) {
            if (COUNTER) return COUNTER;
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            /* News every 20 ms, as drivers have them. */
            unsigned long long steps = now.tv_sec * 50ull + now.tv_nsec / 20000000;
            *millijoules = steps * 20 * 30 * (*device + 1);
            return lost() ? 15 : 0;
        }
        #endif
        """
}
