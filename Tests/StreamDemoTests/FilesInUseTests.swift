// No command overwrites what it reads, or one result with another, whatever the paths are called.

import Foundation
import Testing

@testable import StreamDemo

@Suite struct FilesInUseTests {
    /// Spellings of one file: the same, with a detour, and by a symbolic and a hard link.
    private func spellings(of path: String, in folder: TemporaryFolder) throws -> [String] {
        let (soft, hard) = (folder.file("soft"), folder.file("hard"))
        #expect(symlink(path, soft) == 0 && link(path, hard) == 0)
        return [path, folder.path + "/../" + (folder.path as NSString).lastPathComponent + "/file", soft, hard]
    }

    @Test func whatIsReadIsNotWritten() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("precious".utf8, to: "file")
        for other in try spellings(of: path, in: folder) {
            for isReadFirst in [true, false] {
                let files = FilesInUse()
                if isReadFirst { try files.reads(path) } else { try files.writes(other) }
                #expect(throws: UsageError.self, "\(other)") {
                    if isReadFirst { try files.writes(other) } else { try files.reads(path) }
                }
            }
        }
        let files = FilesInUse()
        try files.reads(path)
        try files.writes(folder.file("another"))
    }

    @Test func twoResultsNeedTwoFiles() throws {
        let folder = try TemporaryFolder()
        let dangling = folder.file("dangling")
        #expect(symlink("new", dangling) == 0)
        let new = folder.file("new")
        for (first, second) in [(new, new), (new, folder.path + "/./new"), (new, dangling), ("-", "/dev/stdout")] {
            let files = FilesInUse()
            try files.writes(first)
            #expect(throws: UsageError.self, "\(second)") { try files.writes(second) }
        }
    }

    @Test func specialFilesTakeAnyNumber() throws {
        let files = FilesInUse()
        try files.reads("/dev/null")
        try files.writes("/dev/null")
        try files.writes("/dev/null")
    }

    /// Pictures are protected one by one, so that results may lie among them; a dump as a whole.
    @Test func foldersAreProtected() throws {
        let folder = try TemporaryFolder()
        let picture = try folder.write("P5 1 1 255 x".utf8, to: "1.pgm")
        let older = try folder.write("older".utf8, to: "results.jsonl")
        let pictures = FilesInUse()
        try pictures.reads(input: folder.path)
        #expect(throws: UsageError.self) { try pictures.writes(picture) }
        try pictures.writes(older)
        try pictures.writes(folder.write("older".utf8, to: "summary.txt"))
        let dump = FilesInUse()
        try dump.reads(folder: folder.path)
        #expect(throws: UsageError.self) { try dump.writes(older) }
        try dump.writes(folder.file("new"))
    }

    /// Those of a folder or a sequence, or one that has the name of a drawn one, by whatever path.
    @Test func drawnPicturesTakeNoPlaceOfOthers() throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let picture = try folder.write("P5 1 1 255 x".utf8, to: "000000.png")
        let named = try folder.write("P5 1 1 255 x".utf8, to: "cat.png")
        for input in [folder.path, folder.path + "/%06d.png", picture] {
            let files = FilesInUse()
            try files.reads(input: input)
            #expect(throws: UsageError.self, "\(input)") { try files.writes(picturesIn: folder.path + "/.") }
            try files.writes(picturesIn: other.path)
            try files.writes(picturesIn: other.file("new"))
        }
        let files = FilesInUse()
        try files.reads(input: named)
        try files.writes(picturesIn: folder.path)
        // Read later, and drawn over through a link.
        #expect(throws: UsageError.self) { try files.reads(picture) }
        #expect(symlink(named, other.file("000007.png")) == 0)
        #expect(throws: UsageError.self) { try files.writes(picturesIn: other.path) }
    }

    /// Each command, from outside: exit code 64, one line, and the file as it was. What is read is refused before it is
    /// looked at, so that it needn't be a model or a board.
    @Test func noCommandOverwritesWhatItReads() throws {
        let folder = try TemporaryFolder()
        let model = try folder.write(identityModel, to: "model.onnx")
        let weights = folder.file("model.hard")
        #expect(link(model, weights) == 0)
        let board = try folder.write(boardText.utf8, to: "board.json")
        let labels = try folder.write("cat\n".utf8, to: "labels.txt")
        let picture = try folder.write(grey(16, 16), to: "1.pgm")
        let numbered = try folder.write(grey(16, 16), to: "000000.png")
        let new = folder.file("new")
        for arguments in [
            ["run", folder.path, "--model", model, "--draw", folder.path],
            ["run", numbered, "--model", model, "--draw", folder.path],
            ["run", folder.path + "/%06d.png", "--model", model, "--draw", folder.path],
            ["run", picture, "--model", model, "--output", model],
            ["run", picture, "--model", model, "--json", weights],
            ["run", picture, "--model", model, "--labels", labels, "--trace", labels],
            ["run", picture, "--model", model, "--output", picture],
            ["run", folder.path, "--model", model, "--output", picture],
            ["run", "--model", model, "--precision", "int8", "--calibrate", picture, "--output", picture],
            ["run", picture, "--output", new, "--trace", new], ["run", picture, "--output", new, "--json", new],
            ["run", picture, "--output", "-", "--json", "-"],
            ["bench", "--model", model, "--json", model],
            ["study", "--model", model, "--json", model, "--devices", "cpu:0"],
            ["simulate", "--board", board, "--json", board],
            ["bench", "--meter", "model:\(board)", "--json", board],
            ["devices", "--profile", new, "--json", new],
            ["quantize", model, "--output", model], ["quantize", model, "--output", new, "--json", new],
            ["quantize", "squeezenet", "--calibrate", picture, "--output", picture],
        ] {
            let result = try Program.run(arguments + (arguments[0] == "run" ? ["--devices", "cpu:0"] : []))
            // Warnings, of labels that don't fit, may come before.
            let errors = result.errorLines.filter { !$0.contains(": warning: ") }
            #expect(result.exitCode == 64 && errors.count == 1, "\(arguments): \(result.errors)")
            #expect(result.output.isEmpty, "\(arguments)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == Data(identityModel))
        #expect(try String(contentsOfFile: board, encoding: .utf8) == boardText)
        #expect(try String(contentsOfFile: labels, encoding: .utf8) == "cat\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: picture)) == Data(grey(16, 16)))
        #expect(!FileManager.default.fileExists(atPath: new))
    }

    /// Weights in a file beside the model are read too, although nobody named it.
    @Test(.enabled(if: dataFolder != nil, "COEXEC_DATA is not set")) func weightsBesideAModelAreProtected() throws {
        let folder = try TemporaryFolder()
        let blobs = try #require(dataFolder) + "/probes/onnx/hub/models--a--b/blobs/"
        for (blob, name) in [("m", "model.onnx"), ("d", "model.onnx.data")] {
            try folder.write(Data(contentsOf: URL(fileURLWithPath: blobs + blob)), to: name)
        }
        let (model, weights) = (folder.file("model.onnx"), folder.file("model.onnx.data"))
        let before = try Data(contentsOf: URL(fileURLWithPath: weights))
        let result = try Program.run(["bench", "--model", model, "--device", "cpu:0", "--json", weights])
        #expect(result.exitCode == 64 && result.errors.contains("is read by this command"), "\(result.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == before)
    }

    private let boardText = """
        {"name": "b", "devices": [{"name": "big", "unit": "u", "frames_per_second": {"n": 1}}]}
        """

    private func grey(_ width: Int, _ height: Int) -> [UInt8] {
        Array("P5 \(width) \(height) 255\n".utf8) + [UInt8](repeating: 100, count: width * height)
    }

    /// A model that gives back its picture: opset 13, Identity of 1×3×4×4 floats.
    private let identityModel: [UInt8] = {
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        func integer(_ number: UInt8, _ value: UInt8) -> [UInt8] { [number << 3, value] }
        func value(_ name: String) -> [UInt8] {
            let extents = [1, 3, 4, 4].flatMap { field(1, integer(1, $0)) }
            return field(1, Array(name.utf8)) + field(2, field(1, integer(1, 1) + field(2, extents)))
        }
        let node = field(1, Array("x".utf8)) + field(2, Array("y".utf8)) + field(4, Array("Relu".utf8))
        let graph = field(1, node) + field(2, Array("g".utf8)) + field(11, value("x")) + field(12, value("y"))
        return integer(1, 8) + field(7, graph) + field(8, integer(2, 13))
    }()
}
