// Reports of results that are written here, so that every number in them is known.

import FoundationEssentials
import Testing

@testable import Reports

/// A study of two devices, one of whose names is markup.
func figures(
    combined: Double = 14, interval: Double? = 1, gain: Double = 40, gainInterval: Double = 10, extra: String = ""
) throws -> ResultFile {
    let ci = interval.map { "\"combined\": \($0), \"cpu\": 0.5, \"g<p>u\": 0.1, \"gain_percent\": \(gainInterval)" } ?? ""
    let json = """
        {"devices": {"cpu": "CPU 0", "g<p>u": "GPU & more"}, "rows": [
          {"network": "net|1", "isolated": {"cpu": 10, "g<p>u": 5}, "combined": \(combined), "best_single": 10,
           "gain_percent": \(gain), "efficiency": 0.93, "composition": {"cpu": 66, "g<p>u": 34},
           "latency_ms": {"p50": 100, "p90": 150, "p99": 200}, "ci95": {\(ci)}, "notes": ["rounds scatter"],
           "energy": {"meter": "m", "watts": {"cpu": 2, "combined": 4}, "frames_per_joule": {"cpu": 5, "combined": 3.5}}}
        ]\(extra)}
        """
    return try ResultFile(path: "a.json", json: Data(json.utf8))
}

@Suite struct ResultFileTests {
    @Test(arguments: [
        ("{}", "devices"), ("[]", "not of type"), ("{\"devices\": {}, \"rows\": []}", "no rows"), ("nonsense", "no result"),
        ("{\"devices\": {}, \"rows\": [{\"network\": 3}]}", "rows.[0].network"), ("", "no result"),
    ])
    func whatIsNoResultIsSaid(json: String, reason: String) {
        #expect {
            try ResultFile(path: "x.json", json: Data(json.utf8))
        } throws: {
            "\($0)".contains("'x.json'") && "\($0)".contains(reason)
        }
    }

    @Test(arguments: ["0", "-3", "1e300", "5e-324"]) func throughputsThatNoneCanBeAreSaid(rate: String) throws {
        let json = try figures().json.split(separator: "\"cpu\": 10").joined(separator: "\"cpu\": \(rate)")
        #expect {
            try ResultFile(path: "x", json: Data(json.utf8))
        } throws: {
            "\($0)".contains("'net|1' ran at")
        }
    }

    @Test func aFolderIsNoResult() {
        #expect {
            try ResultFile("/")
        } throws: {
            "\($0)" == "'/' cannot be read: Is a directory"
        }
    }

    @Test func aMissingFileIsNamed() {
        #expect {
            try ResultFile("/nonexistent/r.json")
        } throws: {
            "\($0)" == "'/nonexistent/r.json' cannot be read: No such file or directory"
        }
    }
}

@Suite struct ReportPageTests {
    @Test func everyNameIsText() throws {
        let html = ReportPage([try figures()]).html
        #expect(!html.contains("g<p>u") && html.contains("g&lt;p&gt;u"))
        #expect(html.contains("GPU &amp; more"))
    }

    @Test func everyChartHasUnitsAndItsNumbers() throws {
        let html = ReportPage([try figures()]).html
        for text in [
            "frames/s", "gain over the best device alone, %", "milliseconds", "frames/J", "net|1: 14.0 frames/s together, +40.0 %",
            "93 % of what all would do side by side", "net|1: rounds scatter",
        ] {
            #expect(html.contains(text), "\(text)")
        }
        #expect(html.components(of: "<svg") == 5)
    }

    @Test func aGainWhoseIntervalHoldsZeroSaysSo() throws {
        #expect(ReportPage([try figures(gain: 4, gainInterval: 5)]).html.contains("no gain that can be relied on"))
        #expect(!ReportPage([try figures(gain: 6, gainInterval: 5)]).html.contains("no gain that can be relied on"))
    }

    /// No address is fetched, no script runs, and tags end in the order in which they began.
    @Test func thePageStandsAlone() throws {
        let html = ReportPage([try figures(), try figures()]).html
        for word in ["http:", "https:", "src=", "<script", "@import", "url("] { #expect(!html.contains(word)) }
        var open: [Substring] = []
        for tag in html.matches(of: #/<(\/?)([a-zA-Z0-9]+)[^>]*>/#) {
            let name = tag.output.2
            if ["meta"].contains(name) { continue }
            if tag.output.1.isEmpty {
                open.append(name)
            } else {
                #expect(open.popLast() == name)
            }
        }
        #expect(open.isEmpty)
        #expect(html.utf8.count < 1 << 20)
    }

    @Test func roofsStandAboveTheirPoints() throws {
        let extra = """
            , "roofline": {"devices": [{"device": "cpu", "cores": 1, "cache_bytes": {}, "peaks": [
                {"format": "fp32", "instructions": "i", "gflops": 100, "ci95": null}], "bandwidths": [
                {"source": "memory", "working_set_bytes": 1, "triad_gbs": 8, "read_gbs": 10}]}],
              "points": [
                {"network": "net|1", "device": "cpu", "layer": null, "format": "fp32", "ms": 5, "gflops": 40,
                 "flop_per_byte": 20, "empirical_flop_per_byte": 4, "empirical_by": "simulated", "bound": "memory",
                 "share": 1, "lift": "nothing"},
                {"network": "net|1", "device": "cpu", "layer": "conv<1>", "format": "fp32", "ms": 2, "gflops": 50,
                 "flop_per_byte": 30, "empirical_flop_per_byte": null, "empirical_by": "simulated", "bound": "compute",
                 "share": 0.5, "lift": "better kernels"}]},
              "subsets": [{"network": "net|1", "rows": [
                {"devices": ["cpu"], "fps": 10, "ci95": 1, "is_best": false},
                {"devices": ["cpu", "g<p>u"], "fps": 14, "ci95": 1, "is_best": true}],
                "promise": {"beside": ["cpu"], "ratio": 1.4, "ci95": 0.1, "verdict": "faster"}}]
            """
        let html = ReportPage([try figures(extra: extra)]).html
        for text in [
            "40.0 GFLOP/s at 4.00 FLOP/byte (simulated), 100 % of its roof", "by shapes: caches keep all",
            "conv&lt;1&gt;: 2.00 ms, 50 % of its roof (compute); better kernels", "FLOP/byte of memory",
            "best: cpu + g&lt;p&gt;u", "all together are faster than the best of the others, cpu: 1.40 ± 0.10 times",
        ] {
            #expect(html.contains(text), "\(text)")
        }
    }

    /// Whatever a file says is drawn somewhere.
    @Test(arguments: ["1e300", "-1e300", "5e-324", "0", "-5"]) func extremesAreDrawn(number: String) throws {
        let json = try figures().json.split(separator: "40.0").joined(separator: number)
            .split(separator: "\"cpu\": 66").joined(separator: "\"cpu\": \(number)")
            .split(separator: "\"p50\": 100").joined(separator: "\"p50\": \(number)")
            .split(separator: "{\"cpu\": 5, \"combined\": 3.5}").joined(separator: "{\"cpu\": \(number), \"combined\": 3.5}")
        let other = """
            , "interference": [{"network": "net|1", "device": "cpu", "with": ["g<p>u"], "fps": 1, "relative": \(number)},
              {"network": "net|1", "device": "g<p>u", "with": ["cpu"], "fps": 1, "relative": \(number)}]}
            """
        let file = try ResultFile(path: "x", json: Data((json.dropLast() + other).utf8))
        #expect(ReportPage([file]).html.contains("<svg"))
    }

    @Test func theFrontIsWhatNothingBeats() {
        let points = [(1.0, 9.0), (2, 5), (3, 6), (4, 2), (3.5, 1)].map {
            ChartPoint(name: "", x: $0.0, y: $0.1, colour: 0, tip: "")
        }
        let corners = StudyFigures.front(points).map { [$0.x, $0.y] }
        #expect(corners == [[1, 9], [1, 6], [3, 6], [3, 2], [4, 2]])
    }
}

@Suite struct ReportTableTests {
    @Test func csvQuotesWhatWouldSplitCells() {
        var table = ReportTable("t", ["a", "b,c"])
        table.append(["say \"x\"", "1\n2"])
        #expect(table.csv == "a,\"b,c\"\n\"say \"\"x\"\"\",\"1\n2\"\n")
    }

    @Test func markdownKeepsItsColumns() {
        var table = ReportTable("t", ["a", "n"])
        table.append(["x|y", "1.5"])
        #expect(table.markdown == "| a | n |\n| --- | ---: |\n| x\\|y | 1.5 |\n")
    }

    @Test func aStudysTableHasItsIntervals() throws {
        let table = try #require(try figures().result.tables.first)
        let row = Dictionary(uniqueKeysWithValues: zip(table.header, table.rows[0]))
        #expect(row["together, frames/s"] == "14.00" && row["± together"] == "1.00" && row["gain, %"] == "40.0")
        #expect(row["published, frames/s"] == nil)  // nothing was published
    }
}

@Suite struct ComparisonTests {
    private func verdict(_ before: ResultFile, _ after: ResultFile) throws -> Comparison.Row {
        try #require(Comparison(before.result, after.result).rows.first { $0.what == "together" })
    }

    @Test func whatChangedForSureIsSaid() throws {
        #expect(try verdict(figures(combined: 14), figures(combined: 20)).verdict == .faster)
        #expect(try verdict(figures(combined: 14), figures(combined: 10)).verdict == .slower)
        #expect(try verdict(figures(combined: 14), figures(combined: 14.5)).verdict == .same)
        #expect(try verdict(figures(combined: 14, interval: nil), figures(combined: 20)).verdict == .unknown)
    }

    /// Two independent relative errors of 10 % are one of 14.1 %.
    @Test func intervalsAddUpAsErrorsDo() throws {
        let row = try verdict(figures(combined: 10, interval: 1), figures(combined: 20, interval: 2))
        let half = try #require(row.interval)
        #expect(abs(half - 2 * 0.02.squareRoot()) < 1e-12)
    }

    @Test func aGateIsShutByLossesThatAreSure() throws {
        func failures(_ before: ResultFile, _ after: ResultFile) -> [String] {
            Comparison(before.result, after.result).failures(below: 0.95)
        }
        #expect(try failures(figures(combined: 14), figures(combined: 14)).isEmpty)
        #expect(try failures(figures(combined: 14), figures(combined: 10)).count == 1)
        #expect(try failures(figures(combined: 14, interval: 5), figures(combined: 12, interval: 5)).isEmpty)
        #expect(try failures(figures(combined: 14, interval: nil), figures(combined: 12)).count == 1)
    }

    /// A network by name and from a file may be called the same.
    @Test func rowsOfOneNameAreNotMixedUp() throws {
        func twice(_ first: Double, _ second: Double) throws -> StudyFigures {
            let files = [try figures(combined: first), try figures(combined: second)]
            let rows = files.map { $0.json.split(separator: "\"rows\": [")[1].dropLast(2) }
            let json = "{\"devices\": {}, \"rows\": [" + rows.joined(separator: ",") + "]}"
            return try ResultFile(path: "twice", json: Data(json.utf8)).result
        }
        let together = Comparison(try twice(140, 100), try twice(140, 50)).rows.filter { $0.what == "together" }
        #expect(together.map(\.ratio) == [1, 0.5])
    }

    @Test func whatIsMissingIsSaid() throws {
        let other = try ResultFile(
            path: "b", json: Data(try figures().json.split(separator: "net|1").joined(separator: "other").utf8))
        let comparison = Comparison(try figures().result, other.result)
        #expect(comparison.rows.isEmpty && comparison.missing.count == 2)
        #expect(comparison.failures(below: 0.5).count == 1)
    }
}

@Suite struct ScaleTests {
    @Test(arguments: [[0.0, 1], [3, 17, 40], [-12, 30], [0.001, 0.0042], [0, 0], [1e9]])
    func linearScalesHoldTheirValues(values: [Double]) {
        let scale = Scale(linear: values, places: (0, 100))
        #expect(values.allSatisfy(scale.values.contains) && scale.values.contains(0))
        #expect((2...13).contains(scale.ticks.count))
        #expect(scale.place(scale.values.upperBound) == 100)
    }

    @Test(arguments: [[0.5, 700], [3, 4], [1e-3, 1e6], [10, 10], []])
    func logarithmicScalesHoldTheirValues(values: [Double]) {
        let scale = Scale(logarithmic: values, places: (100, 0))
        #expect(values.allSatisfy(scale.values.contains))
        #expect(scale.ticks.count >= 2 && scale.place(scale.values.lowerBound) == 100)
    }
}

extension String {
    fileprivate func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
