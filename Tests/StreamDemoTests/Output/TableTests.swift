import Testing

@testable import StreamDemo

@Suite struct TableTests {
    @Test func alignsNamesLeftAndNumbersRight() {
        var table = Table(["device", "fps"])
        table.append(["big", "55.0"])
        table.append(["LITTLE", "7.25"])
        #expect(
            table.text == """
                device   fps
                ──────  ────
                big     55.0
                LITTLE  7.25
                """)
    }

    @Test func leavesNoTrailingSpaces() {
        var table = Table(["a", "note"])
        table.append(["1", ""])
        #expect(table.text.split(separator: "\n").allSatisfy { $0.last != " " })
    }
}

@Suite struct SamplesTests {
    @Test func medianOfOddAndEvenCounts() {
        #expect(Samples([3, 1, 2]).median == 2)
        #expect(Samples([4, 1, 3, 2]).median == 2.5)
    }

    /// Five values with a standard deviation of √2.5: t(0.975, 4) = 2.776.
    @Test func confidenceIntervalFollowsStudent() throws {
        let interval = try #require(Samples([1, 2, 3, 4, 5]).confidence95)
        #expect(abs(interval - 2.776 * (2.5 / 5).squareRoot()) < 1e-9)
        #expect(Samples([1]).confidence95 == nil)
        #expect(Samples([2, 2, 2]).confidence95 == 0)
    }
}
