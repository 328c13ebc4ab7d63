import CoExec
import Testing

@testable import StreamDemo

@Suite struct PolicySpecificationTests {
    @Test(arguments: ["work-stealing", "Work-Stealing", "round-robin", "earliest-completion"])
    func policiesAreRead(text: String) throws {
        let policy = try PolicySpecification(parsing: text).policy(forDevices: ["big", "LITTLE", "gpu"])
        #expect(type(of: policy).form == text.lowercased())
    }

    @Test func policiesTakeArguments() throws {
        func policy(_ text: String) throws -> any Policy {
            try PolicySpecification(parsing: text).policy(forDevices: ["big", "LITTLE", "gpu"])
        }
        #expect(try policy("single:GPU") as? SingleDevice == SingleDevice(2))
        #expect(try policy("single:little") as? SingleDevice == SingleDevice(1))
        #expect(try policy("fixed-shares:1,2.5,0") as? FixedShares == FixedShares([1, 2.5, 0]))
    }

    @Test(arguments: ["", "stealing", "work-stealing:1", "single", "single:", "fixed-shares", "round-robin:"])
    func unknownPoliciesListTheKnownOnes(text: String) throws {
        let error = usageError { _ = try PolicySpecification(parsing: text) }
        let message = try #require(error).description
        #expect(message.hasPrefix("no policy '\(text)'"))
        for form in PolicySpecification.forms { #expect(message.contains(form)) }
        #expect(!message.contains("\n"))
    }

    @Test(arguments: [
        "fixed-shares:", "fixed-shares:1,,2", "fixed-shares:a", "fixed-shares:-1,2", "fixed-shares:nan,1",
        "fixed-shares:inf", "fixed-shares:0,0",
    ])
    func weightsAreChecked(text: String) throws {
        let error = usageError { _ = try PolicySpecification(parsing: text) }
        #expect(try #require(error).description.contains("weight"))
    }

    @Test(arguments: ["single:npu", "fixed-shares:1,2", "fixed-shares:1,2,3,4"])
    func policiesMustFitTheDevices(text: String) throws {
        let policy = try PolicySpecification(parsing: text)
        let error = usageError { _ = try policy.policy(forDevices: ["big", "LITTLE", "gpu"]) }
        #expect(try #require(error).description.contains("big,LITTLE,gpu"))
    }

    /// What `body` says is wrong with the arguments; nil where it says nothing.
    private func usageError(_ body: () throws -> Void) -> UsageError? {
        do { try body() } catch { return error as? UsageError }
        return nil
    }
}
