import CoExec
import Testing

@testable import StreamDemo

@Suite struct PolicySpecificationTests {
    @Test(arguments: [
        ("work-stealing", Policy.workStealing), ("Work-Stealing", .workStealing), ("round-robin", .roundRobin),
        ("earliest-completion", .earliestCompletion), ("single:GPU", .single(device: 2)),
        ("single:little", .single(device: 1)), ("fixed-shares:1,2.5,0", .fixedShares([1, 2.5, 0])),
    ])
    func policiesAreRead(text: String, policy: Policy) throws {
        #expect(try PolicySpecification(parsing: text).policy(forDevices: ["big", "LITTLE", "gpu"]) == policy)
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
