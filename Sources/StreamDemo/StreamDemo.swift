// The command-line program: its subcommands, and how errors become exit codes.

import ArgumentParser
import CoExec
import Devices
import Foundation
import Kernels
import System

@main
struct StreamDemo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream-demo",
        abstract: "Run CNN inference on every compute unit of this machine at once.",
        discussion: """
            A device is written NAME[:CPULIST][@SPEED], alone or in a comma list. Names are those that 'devices' \
            prints (big, LITTLE, gpu…; case doesn't matter), or 'cpu' for a cluster made of the CPUs listed, of all if \
            there is no list; several of these are cpu0, cpu1, … '@0.4' emulates a unit of that relative speed. \
            Left out, the devices are all CPU clusters and GPUs.

            Examples:
              stream-demo devices
              stream-demo run clip.mp4 --network squeezenet --output results.jsonl
              stream-demo bench --network mobilenet_v1 --device cpu:0 --layers
              stream-demo study --networks squeezenet,mobilenet_v1 --devices cpu:0,gpu:1
              stream-demo simulate --board kirin970
              stream-demo report study.json --html study.html
              stream-demo quantize mobilenet_v1 --calibrate clip.mp4 --output q.onnx

            Exit codes: 0 success, 64 usage error, 1 any other failure, 130 interrupted (143 by SIGTERM).
            """,
        version: coExecVersion,
        subcommands: [
            DevicesCommand.self, RunCommand.self, BenchCommand.self, StudyCommand.self, SimulateCommand.self,
            ReportCommand.self, CompareCommand.self, OverheadCommand.self, QuantizeCommand.self,
        ])

    static func main() {
        // A reader that went away (`| head`) is an error of write(2), reported like any other.
        signal(SIGPIPE, SIG_IGN)
        Crash.becomesOneLine()
        do {
            let arguments = CommandLine.arguments.dropFirst()
            try refuseDashedNames(arguments)
            var command = try parseAsRoot(joiningNegativeNumbers(arguments))
            try command.run()
        } catch let error as OutputError where error.isReaderGone {
            // As any program that doesn't look after SIGPIPE, so that a shell doesn't either.
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
            Foundation.exit(128 + SIGPIPE)  // where the signal was blocked
        } catch let error
            where error is UsageError || error is DeviceSpecificationError
            || error is LaneLayoutError || error is PrecisionError || error is UnknownNetworkError
            || error is PolicyError
        {
            fail(String(describing: error), code: ExitCode.validationFailure.rawValue)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch  where exitCode(for: error) == .success || exitCode(for: error) == .validationFailure {
            exit(withError: error)  // --help, --version, and what the argument parser refused
        } catch {
            fail(String(describing: error), code: 1)
        }
    }

    /// Makes `--frames -5` into `--frames=-5`, for a parser that would take `-5` for an option and miss a value: so the
    /// option can say what is wrong with it.
    static func joiningNegativeNumbers(_ arguments: ArraySlice<String>) -> [String] {
        var result: [String] = []
        for (index, argument) in zip(arguments.indices, arguments) {
            if argument == "--" { return result + arguments[index...] }
            let isNegative = argument.hasPrefix("-") && Double(argument) != nil
            if isNegative, let option = result.last, option.hasPrefix("--"), !option.contains("=") {
                result[result.count - 1] = "\(option)=\(argument)"
            } else {
                result.append(argument)
            }
        }
        return result
    }

    /// The parser takes `-dash.mp4` for `-d -a -s -h …`, and so for a call for help.
    private static func refuseDashedNames(_ arguments: ArraySlice<String>) throws(UsageError) {
        let options = arguments.prefix { $0 != "--" }
        for argument in options where argument.wholeMatch(of: /-[A-Za-z][^=].*/) != nil {
            throw UsageError("there is no option '\(argument)'; a file of this name is written ./\(argument)")
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        // One line, whatever a compiler's log or a file's name has in it.
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        printError("stream-demo: \(line)")
        Foundation.exit(code)
    }
}

/// Arguments that are well-formed one by one, but wrong together. Exit code 64.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Writes a line to standard error; where nobody can read it, it is lost.
func printError(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}

/// Writes a line to standard error, in the place of a progress line if there is one.
func printNote(_ text: String) {
    printError((isatty(STDERR_FILENO) != 0 ? "\r\u{1b}[2K" : "") + "stream-demo: \(text)")
}

/// The same for a line that should stand out from results.
func printWarning(_ text: String) { printNote("warning: \(text)") }
