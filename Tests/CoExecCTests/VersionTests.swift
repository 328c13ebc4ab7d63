import CCoExec
import Testing

@testable import CoExecC

@Suite struct VersionTests {
    @Test func theLibraryIsAsItsHeader() { #expect(coexec_version() == COEXEC_API_VERSION) }
}
