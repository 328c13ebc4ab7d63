// A set of CPUs by the numbers that the operating system gives them. A plain value, shared freely.

/// A set of operating-system CPU numbers ("PUs" in hwloc: hardware threads), kept sorted.
public struct CPUSet: Hashable, Sendable {
    /// Ascending, without repeats.
    public let numbers: [Int]

    /// CPU numbers stay below this; Linux itself stops at 8192 (`CONFIG_NR_CPUS`).
    public static let numberLimit = 65536

    /// - Precondition: every number is in 0 ..< `numberLimit`.
    public init(_ numbers: some Sequence<Int>) {
        self.numbers = Set(numbers).sorted()
        precondition(self.numbers.allSatisfy((0..<Self.numberLimit).contains), "not CPU numbers: \(self.numbers)")
    }

    public init() { numbers = [] }

    public var count: Int { numbers.count }
    public var isEmpty: Bool { numbers.isEmpty }
    /// The lowest CPU, nil for the empty set.
    public var first: Int? { numbers.first }

    public func contains(_ cpu: Int) -> Bool { numbers.contains(cpu) }
    public func isSubset(of other: CPUSet) -> Bool { subtracting(other).isEmpty }
    public func isDisjoint(with other: CPUSet) -> Bool { Set(numbers).isDisjoint(with: other.numbers) }
    public func union(_ other: CPUSet) -> CPUSet { CPUSet(numbers + other.numbers) }
    public func intersection(_ other: CPUSet) -> CPUSet { CPUSet(Set(numbers).intersection(other.numbers)) }
    public func subtracting(_ other: CPUSet) -> CPUSet { CPUSet(Set(numbers).subtracting(other.numbers)) }
}

extension CPUSet: ExpressibleByArrayLiteral {
    public init(arrayLiteral numbers: Int...) { self.init(numbers) }
}

extension CPUSet: CustomStringConvertible {
    /// Reads the list format of the kernel's sysfs and cpuset files: `0-3,6`. Blanks around it and the order of its
    /// items don't matter; an empty list is the empty set, as in `/sys/devices/system/cpu/offline`.
    ///
    /// Source: "List format" in cpuset(7).
    /// - Throws: `CPUSetError` naming the item that cannot be read.
    public init(parsing text: some StringProtocol) throws(CPUSetError) {
        let list = String(text.trimmingBlanks)
        var numbers: [Int] = []
        for item in list.split(separator: ",", omittingEmptySubsequences: list.isEmpty) {
            let bounds = item.split(separator: "-", omittingEmptySubsequences: false)
            guard bounds.count <= 2, let first = Self.number(bounds[0]),
                let last = Self.number(bounds[bounds.count - 1])
            else { throw CPUSetError(list: list, item: String(item), problem: .notANumber) }
            guard max(first, last) < Self.numberLimit else {
                throw CPUSetError(list: list, item: String(item), problem: .tooLarge)
            }
            guard first <= last else { throw CPUSetError(list: list, item: String(item), problem: .descending) }
            numbers.append(contentsOf: first...last)
        }
        self.init(numbers)
    }

    /// The list format: runs of two or more CPUs as `first-last`.
    public var description: String {
        var runs: [ClosedRange<Int>] = []
        for cpu in numbers {
            if let run = runs.last, run.upperBound + 1 == cpu {
                runs[runs.count - 1] = run.lowerBound...cpu
            } else {
                runs.append(cpu...cpu)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// `Int(_:)` would take a sign. Nil for anything but decimal digits; more digits than fit are just too large.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else { return nil }
        return Int(text) ?? .max
    }
}

/// A CPU list that cannot be read.
public struct CPUSetError: Error, Hashable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable { case notANumber, tooLarge, descending }

    public let list: String
    /// The item of the list that is wrong.
    public let item: String
    public let problem: Problem

    package init(list: String, item: String, problem: Problem) {
        (self.list, self.item, self.problem) = (list, item, problem)
    }

    public var description: String {
        let reason =
            switch problem {
            case .notANumber: "a CPU list looks like 0-3,6"
            case .tooLarge: "CPU numbers stay below \(CPUSet.numberLimit)"
            case .descending: "a range goes upwards"
            }
        return "'\(item)' in CPU list '\(list)': \(reason)"
    }
}

extension StringProtocol {
    /// Without blanks and newlines at either end.
    package var trimmingBlanks: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
