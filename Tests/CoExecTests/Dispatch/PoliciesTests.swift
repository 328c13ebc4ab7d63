import CoExec
import Testing

/// Policies as command lines write them.
@Suite struct PoliciesTests {
    private let devices = ["big", "LITTLE", "gpu"]

    @Test(arguments: ["work-stealing", "Work-Stealing", "round-robin", "earliest-completion"])
    func policiesAreRead(text: String) throws {
        let policy = try Policies.policy(text).fitted(to: devices)
        #expect(type(of: policy).form == text.lowercased())
    }

    @Test func policiesTakeArguments() throws {
        func policy(_ text: String) throws -> any Policy { try Policies.policy(text).fitted(to: devices) }
        #expect(try policy("single:GPU") as? SingleDevice == SingleDevice(2))
        #expect(try policy("single:little") as? SingleDevice == SingleDevice(1))
        #expect(try policy("fixed-shares:1,2.5,0") as? FixedShares == FixedShares([1, 2.5, 0]))
    }

    @Test(arguments: ["", "stealing", "work-stealing:1", "single", "single:", "fixed-shares", "round-robin:"])
    func unknownPoliciesListTheKnownOnes(text: String) throws {
        let error = policyError { _ = try Policies.policy(text) }
        let message = try #require(error).description
        #expect(message.hasPrefix("no policy '\(text)'"))
        for form in Policies.forms { #expect(message.contains(form)) }
        #expect(!message.contains("\n"))
    }

    @Test(arguments: [
        "fixed-shares:", "fixed-shares:1,,2", "fixed-shares:a", "fixed-shares:-1,2", "fixed-shares:nan,1",
        "fixed-shares:inf", "fixed-shares:0,0",
    ])
    func weightsAreChecked(text: String) throws {
        let error = policyError { _ = try Policies.policy(text) }
        #expect(try #require(error).description.contains("weight"))
    }

    @Test(arguments: ["single:npu", "fixed-shares:1,2", "fixed-shares:1,2,3,4"])
    func policiesMustFitTheDevices(text: String) throws {
        let policy = try Policies.policy(text)
        let error = policyError { _ = try policy.fitted(to: devices) }
        #expect(try #require(error).description.contains("big,LITTLE,gpu"))
    }

    private func policyError(_ body: () throws -> Void) -> PolicyError? {
        do { try body() } catch { return error as? PolicyError }
        return nil
    }
}
