// Numbers below the normal range (1.2e-38 in FP32) taken as zero: processors work on them in microcode, 100 times
// slower, and no network's result depends on them. A mode of each thread, which threads that it starts inherit.

import Glibc

package enum Denormals {
    /// Whether the calling thread takes them as zero. On other processors than x86 and Arm none does.
    package static var areFlushed: Bool {
        get { mode() & fenv_t.flushing == fenv_t.flushing }
        set { set(newValue ? mode() | fenv_t.flushing : mode() & ~fenv_t.flushing) }
    }

    /// Runs something that takes them as zero; then the calling thread has its own mode again.
    package static func flushed<Result>(during body: () throws -> Result) rethrows -> Result {
        let own = mode()
        defer { set(own) }
        areFlushed = true
        return try body()
    }

    private static func mode() -> UInt32 {
        var environment = fenv_t()
        fegetenv(&environment)
        return environment.mode
    }

    private static func set(_ mode: UInt32) {
        var environment = fenv_t()
        fegetenv(&environment)
        environment.mode = mode
        fesetenv(&environment)
    }
}

extension fenv_t {
    #if arch(x86_64)
        /// Flush-to-zero (of results) and denormals-are-zero (of operands).
        fileprivate static let flushing: UInt32 = 0x8040
        fileprivate var mode: UInt32 {
            get { __mxcsr }
            set { __mxcsr = newValue }
        }
    #elseif arch(arm64)
        /// FZ, of both.
        fileprivate static let flushing: UInt32 = 1 << 24
        fileprivate var mode: UInt32 {
            get { __fpcr }
            set { __fpcr = newValue }
        }
    #else
        fileprivate static let flushing: UInt32 = 0
        fileprivate var mode: UInt32 {
            get { 0 }
            set {}
        }
    #endif
}
