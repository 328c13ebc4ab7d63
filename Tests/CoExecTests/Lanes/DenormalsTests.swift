// The mode in which a thread takes numbers below the normal range as zero.
import System
import Testing

@testable import CoExec

@Suite("Denormals")
struct DenormalsTests {
    #if arch(x86_64) || arch(arm64)
        /// 1e-20 · 1e-20, computed at run time: 0 where what lies below the normal range is.
        private static func product() -> Float {
            let factors: [Float] = [1e-20, 1e-20]
            return factors.withUnsafeBufferPointer { multiply($0[0], $0[1]) }
        }

        @inline(never) private static func multiply(_ a: Float, _ b: Float) -> Float { a * b }

        private final class Seen: @unchecked Sendable {  // written by one thread, read after it was joined
            var products: [Float] = []
        }

        @Test func aThreadFlushesThemIfAsked() throws {
            for flushes in [false, true] {
                let seen = Seen()
                let thread = try CoExec.Thread(name: "denormals", flushesDenormals: flushes) {
                    seen.products.append(Self.product())
                    // A thread that it starts inherits the mode, as pools of threads do.
                    let inner = try? CoExec.Thread(name: "inner") { seen.products.append(Self.product()) }
                    inner?.join()
                }
                thread.join()
                #expect(seen.products.count == 2)
                #expect(seen.products.allSatisfy { ($0 == 0) == flushes }, "\(seen.products)")
            }
            #expect(!Denormals.areFlushed && Self.product() > 0)
        }

        @Test func aThreadGetsItsOwnModeBack() {
            struct Failure: Error {}
            #expect(Denormals.flushed { Self.product() } == 0 && Self.product() > 0)
            #expect(throws: Failure.self) { try Denormals.flushed { throw Failure() } }
            #expect(Self.product() > 0)
            Denormals.flushed {
                Denormals.flushed {}
                #expect(Denormals.areFlushed)
            }
        }
    #endif
}
