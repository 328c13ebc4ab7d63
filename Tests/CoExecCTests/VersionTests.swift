import System
import Testing

// The functions that the header declares are CoExecC's as well, in a compiler that doesn't know them for the same.
#if compiler(>=6.3)
import CCoExec
#else
import let CCoExec.COEXEC_API_VERSION
#endif

@testable import CoExecC

@Suite struct VersionTests {
    @Test func theLibraryIsAsItsHeader() { #expect(coexec_version() == COEXEC_API_VERSION) }

    @Test func theProgramSaysTheSame() {
        #expect(coExecVersion == "\(COEXEC_API_VERSION >> 16).\(COEXEC_API_VERSION & 0xFFFF)")
    }
}
