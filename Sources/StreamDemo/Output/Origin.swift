// Where a result is from: without it, nobody can tell later what its figures mean.

import Devices
import Foundation
import Media
import System

/// In every result's JSON.
struct Origin: Encodable {
    let version = coExecVersion
    /// As it was typed, but for passwords in addresses.
    let command: [String]
    /// ISO 8601, UTC.
    let date: String
    /// The processors' name; the machine's kind where nothing tells.
    let machine: String
    /// Distribution and kernel.
    let system: String

    /// Of `--input=rtsp://…` too.
    static func withoutPasswords(_ argument: String) -> String {
        guard let start = argument.firstMatch(of: /[A-Za-z][A-Za-z0-9+.\-]*:\/\//)?.range.lowerBound,
            let url = try? StreamURL(parsing: String(argument[start...]))
        else { return argument }
        return argument[..<start] + url.name
    }

    static func ofThisRun() -> Origin {
        var kernel = utsname()
        uname(&kernel)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let model = try? Topology.thisMachine().inventory.modelName
        let release = (try? SystemFiles.thisMachine.text("etc/os-release")) ?? ""
        let name = release.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        let distribution = name.map { $0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" } } ?? text(kernel.sysname)
        return Origin(
            command: CommandLine.arguments.map(withoutPasswords), date: Date().formatted(.iso8601), machine: model ?? text(kernel.machine),
            system: "\(distribution), Linux \(text(kernel.release))")
    }
}
