import System
import Testing

@Suite struct CPUSetTests {
    @Test("what is printed reads back", arguments: 0..<200)
    func roundTrip(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let cpus = CPUSet(
            (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 0..<64, using: &random) })
        let printed = "\(cpus)"
        #expect(try CPUSet(parsing: printed) == cpus)
        // Shortest form: no run of neighbours is left apart.
        #expect(try CPUSet(parsing: printed.split(separator: ",").reversed().joined(separator: ",")) == cpus)
        let ends = printed.split(separator: ",").map { $0.split(separator: "-").map { Int($0)! } }
        #expect(zip(ends, ends.dropFirst()).allSatisfy { $0.last! + 1 < $1.first! })
    }

    @Test func readsWhatTheKernelWrites() throws {
        #expect(try CPUSet(parsing: "0-3,6\n") == [0, 1, 2, 3, 6])
        #expect(try CPUSet(parsing: "\n").isEmpty)
        #expect(try CPUSet(parsing: "7,0-1,1") == [0, 1, 7])
        #expect(CPUSet([3, 1, 2, 1]).numbers == [1, 2, 3])
        #expect("\(CPUSet([0, 1, 3]))" == "0-1,3")
    }

    @Test(arguments: [
        ("0,,1", "", CPUSetError.Problem.notANumber), (",", "", .notANumber), ("0-", "0-", .notANumber),
        ("-1", "-1", .notANumber), ("0-1-2", "0-1-2", .notANumber), ("+1", "+1", .notANumber), ("a", "a", .notANumber),
        ("0, 1", " 1", .notANumber), ("2,4-3", "4-3", .descending), ("0-65536", "0-65536", .tooLarge),
        ("99999999999999999999", "99999999999999999999", .tooLarge),
    ])
    func refuses(list: String, item: String, problem: CPUSetError.Problem) {
        #expect(throws: CPUSetError(list: list, item: item, problem: problem)) { try CPUSet(parsing: list) }
    }

    @Test func algebra() {
        let a: CPUSet = [0, 1, 2, 5]
        let b: CPUSet = [2, 3]
        #expect(a.union(b) == [0, 1, 2, 3, 5])
        #expect(a.intersection(b) == [2])
        #expect(a.subtracting(b) == [0, 1, 5])
        #expect(!a.isDisjoint(with: b) && a.isDisjoint(with: [3, 4]))
        #expect(CPUSet([1, 5]).isSubset(of: a) && !b.isSubset(of: a) && CPUSet().isSubset(of: b))
        #expect(a.contains(5) && !a.contains(3) && a.first == 0 && CPUSet().first == nil)
    }
}
