import Foundation
import System
import Testing

@Suite struct SystemFilesTests {
    @Test func readsTextsAndNumbers() throws {
        let root = try FixtureRoot([
            "sys/a": " text of\nlines \0", "sys/n": "-12.5", "sys/u": "263808 usec", "sys/e": "",
        ])
        #expect(try root.files.text("sys/a") == "text of\nlines")
        #expect(try root.files.text("sys/e") == "")
        #expect(try root.files.number("sys/n") == -12.5)
        #expect(try root.files.number("sys/u") == 263808)
        #expect(root.files.exists("sys/a") && !root.files.exists("sys/b"))
    }

    @Test func namesWhatCannotBeRead() throws {
        let root = try FixtureRoot(["sys/word": "N/A", "sys/nan": "nan", "sys/none": ""])
        for (file, text) in [("sys/word", "N/A"), ("sys/nan", "nan"), ("sys/none", "")] {
            let expected = SystemFileError(path: "\(root.path)/\(file)", problem: .notANumber(text))
            #expect(throws: expected) { try root.files.number(file) }
        }
        let missing = SystemFileError(path: "\(root.path)/sys/gone", problem: .system(code: ENOENT))
        #expect(throws: missing) { try root.files.number("sys/gone") }
        #expect("\(missing)".contains("sys/gone': No such file"))
    }

    @Test func writesWhatIsThereAndMakesNothingNew() throws {
        let root = try FixtureRoot(["sys/governor": "schedutil and more"])
        try root.files.write("performance", to: "sys/governor")
        #expect(try root.read("sys/governor") == "performance")
        let missing = SystemFileError(path: "\(root.path)/sys/gone", problem: .system(code: ENOENT))
        #expect(throws: missing) { try root.files.write("1", to: "sys/gone") }
        #expect(!root.files.exists("sys/gone"))
    }

    @Test func listsInTheOrderOfNumbers() throws {
        let root = try FixtureRoot(["sys/h/hwmon10/a": "", "sys/h/hwmon2/a": "", "sys/h/.hidden": ""])
        #expect(root.files.names(in: "sys/h") == ["hwmon2", "hwmon10"])
        #expect(root.files.names(in: "sys/none").isEmpty)
    }
}
