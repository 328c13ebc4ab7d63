// What shells complete values of options with, where the parser can't tell: what this build has, and this machine.
// Shells ask the program for lists behind commas and for devices, when a user presses Tab.

import ArgumentParser
import CoExec
import Devices
import Kernels

extension CompletionKind {
    static var model: CompletionKind { .file(extensions: ["onnx", "tflite"]) }
    static var network: CompletionKind { .list(NetworkCatalog.names) }
    static var networks: CompletionKind {
        .custom { _, _, typed in commaLists(of: NetworkCatalog.names, after: typed) }
    }
    static var device: CompletionKind { .custom { _, _, _ in deviceNames() } }
    static var devices: CompletionKind { .custom { _, _, typed in commaLists(of: deviceNames(), after: typed) } }
    static var precision: CompletionKind { .list(NumberFormat.allCases.map(\.rawValue)) }

    /// Up to an argument, which is the user's.
    static var policy: CompletionKind {
        .list(Policies.forms.map { form in form.firstIndex(of: ":").map { String(form[...$0]) } ?? form })
    }

    /// What was typed with each name behind its last comma that it doesn't have yet.
    static func commaLists(of names: [String], after typed: String) -> [String] {
        let whole = typed.split(separator: ",", omittingEmptySubsequences: false).dropLast().map(String.init)
        return names.filter { !whole.contains($0) }.map { (whole + [$0]).joined(separator: ",") }
    }

    /// None where they can't be discovered: a shell has no place for an error.
    private static func deviceNames() -> [String] {
        (try? Machine(topology: Topology.thisMachine()).hardware.deviceNames) ?? []
    }
}
