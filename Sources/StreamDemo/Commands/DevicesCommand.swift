// `devices`: what this machine, or another machine's dump, has.

import ArgumentParser
import Devices
import Foundation
import Kernels

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "List CPU clusters and OpenCL devices.",
        discussion: """
            On a machine with one kind of core the clusters are cut from its cores and called emulated.
            """)

    @Option(help: "Read another machine's dump, a folder with its sys/ and proc/, instead of this machine.")
    var sysroot: String?

    @Option(help: "Write the list as JSON to this file, or - for standard output.")
    var json: String?

    func run() throws {
        let jsonFile = try json.map(OutputFile.init)
        let inventory = try DeviceInventory(sysroot: sysroot)
        try jsonFile?.writeLine(JSON.document(inventory))
        try printForPeople(inventory.text, dataIn: json)
    }
}
