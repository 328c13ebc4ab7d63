// Writes a TFLite model of each operator, for Scripts/fuzz to begin with: compiled by it together with the tests' encoder.
import Foundation

@main
enum TFLiteSeeds {
    static func main() throws {
        let folder = URL(fileURLWithPath: CommandLine.arguments[1])
        for item in TFLiteCase.all {
            for isPlanar in item.extents.count == 4 ? [false, true] : [false] {
                let name = "\(item.name)\(isPlanar ? "-planes" : "").tflite"
                try Data(item.model(isPlanar: isPlanar).bytes).write(to: folder.appendingPathComponent(name))
            }
        }
    }
}
