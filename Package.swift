// swift-tools-version:6.0
// CoExec: CNN inference on every compute unit of a machine at once.
// Rooms, each importing only what stands to its right: CoExecC → Sessions → Devices, Results; StreamDemo → Media,
// Reports, Roofline and Sessions; Media, Devices → Kernels → CPUKernels, OpenCLKernels, ModelFiles → EnginePlanning →
// NetworkGraph; Roofline → EnginePlanning; Results → NetworkGraph; Devices → CoExec; all → System → C modules.
import PackageDescription

let package = Package(
    name: "CoExec",
    products: [
        .library(name: "CoExec", targets: ["CoExec"]),
        .library(name: "Kernels", targets: ["Kernels"]),
        .library(name: "Devices", targets: ["Devices"]),
        .library(name: "Sessions", targets: ["Sessions"]),
        // The C library: Scripts/embed/build links it as a host needs it.
        .library(name: "coexec", type: .dynamic, targets: ["CoExecC"]),
        .executable(name: "stream-demo", targets: ["StreamDemo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.0"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.26.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CHwloc"),
        .systemLibrary(name: "COpenCL"),
        .systemLibrary(name: "COneDNN"),
        .systemLibrary(name: "CXNNPACK"),
        .systemLibrary(name: "CFFmpeg"),
        .target(name: "CAllocations"),
        .target(name: "CVectors"),
        .target(name: "CCeilings"),
        .target(name: "System", dependencies: ["CLinux"]),
        .target(name: "CoExec", dependencies: ["System", .product(name: "Histogram", package: "hdrhistogram-swift")]),
        .target(name: "NetworkGraph", path: "Sources/Kernels/Graph"),
        .target(name: "ModelFiles", dependencies: ["System", "NetworkGraph"], path: "Sources/Kernels/ModelFiles"),
        .target(name: "EnginePlanning", dependencies: ["System", "NetworkGraph"], path: "Sources/Kernels/Planning"),
        .target(
            name: "CPUKernels", dependencies: ["NetworkGraph", "EnginePlanning", "COneDNN", "CXNNPACK", "CVectors"],
            path: "Sources/Kernels/CPU"),
        .target(
            name: "OpenCLKernels", dependencies: ["System", "NetworkGraph", "EnginePlanning", "COpenCL"],
            path: "Sources/Kernels/OpenCL", resources: [.embedInCode("Programs")]),
        .target(
            name: "Kernels",
            dependencies: ["NetworkGraph", "ModelFiles", "EnginePlanning", "CPUKernels", "OpenCLKernels"],
            exclude: ["Graph", "ModelFiles", "Planning", "CPU", "OpenCL"]),
        .target(name: "Results", dependencies: ["System", "NetworkGraph"]),
        .target(name: "Roofline", dependencies: ["NetworkGraph", "EnginePlanning"]),
        .target(
            name: "Devices", dependencies: ["System", "CoExec", "Kernels", "CHwloc", "CCeilings"],
            resources: [.embedInCode("Boards/Profiles")]),
        .target(name: "Sessions", dependencies: ["CLinux", "System", "CoExec", "Kernels", "Results", "Devices"]),
        .target(name: "CCoExec"),
        .target(name: "CoExecC", dependencies: ["CCoExec", "CoExec", "Kernels", "Results", "Sessions"]),
        .target(name: "Reports", dependencies: ["System"]),
        .target(name: "Media", dependencies: ["System", "Kernels", "CFFmpeg"]),
        .executableTarget(
            name: "StreamDemo",
            dependencies: [
                "System", "CoExec", "Kernels", "Results", "Reports", "Roofline", "Devices", "Sessions", "Media",
                "CAllocations",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox"),
            ]),
        .target(name: "OpenCLFaults", path: "Tests/OpenCLFaults"),
        .testTarget(name: "SystemTests", dependencies: ["System"]),
        .testTarget(name: "CoExecTests", dependencies: ["CoExec", "System"]),
        .testTarget(
            name: "KernelsTests",
            dependencies: [
                "Kernels", "NetworkGraph", "ModelFiles", "EnginePlanning", "CPUKernels", "CVectors", "OpenCLKernels",
                "System", "CoExec", "OpenCLFaults",
            ]),
        .testTarget(name: "RooflineTests", dependencies: ["Roofline", "NetworkGraph"]),
        .testTarget(name: "ResultsTests", dependencies: ["Results", "ModelFiles", "NetworkGraph"]),
        .testTarget(name: "ReportsTests", dependencies: ["Reports", "System"]),
        .testTarget(name: "SessionsTests", dependencies: ["Sessions", "CoExec", "Kernels", "Devices", "Results"]),
        .testTarget(name: "CoExecCTests", dependencies: ["CCoExec", "CoExecC", "Kernels", "Sessions", "System"]),
        .testTarget(name: "DevicesTests", dependencies: ["Devices", "System", "CoExec", "Kernels", "OpenCLFaults"]),
        .target(name: "MediaFixtures", dependencies: ["Media", "Kernels"], path: "Tests/MediaFixtures"),
        .testTarget(name: "MediaTests", dependencies: ["Media", "MediaFixtures", "Kernels", "System"]),
        .testTarget(
            name: "StreamDemoTests",
            dependencies: [
                "StreamDemo", "Results", "Reports", "Roofline", "Devices", "Sessions", "System", "Kernels", "Media",
                "MediaFixtures",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// One room, what it stands on, and its tests: ThreadSanitizer in `Scripts/test` needs the scheduler alone, AddressSanitizer
// what touches memory by hand, and whoever works on one room waits for no other.
let kernels: Set<String> = [
    "CLinux", "System", "COpenCL", "COneDNN", "CXNNPACK", "CVectors", "NetworkGraph", "ModelFiles", "EnginePlanning",
    "CPUKernels", "OpenCLKernels", "Kernels",
]
let rooms: [String: Set<String>] = [
    "CoExec": ["CLinux", "System", "SystemTests", "CoExec", "CoExecTests"],
    "Kernels": kernels.union(["CoExec", "OpenCLFaults", "KernelsTests"]),
    "Media": kernels.union(["CFFmpeg", "Media", "MediaFixtures", "MediaTests"]),
    "Results": ["CLinux", "System", "NetworkGraph", "ModelFiles", "Results", "ResultsTests"],
    "Reports": ["CLinux", "System", "SystemTests", "Reports", "ReportsTests"],
    "Roofline": ["CLinux", "System", "NetworkGraph", "EnginePlanning", "Roofline", "RooflineTests"],
    "Sessions": kernels.union([
        "CHwloc", "CCeilings", "CoExec", "Results", "Devices", "Sessions", "SessionsTests", "CCoExec", "CoExecC",
        "CoExecCTests", "coexec",
    ]),
    "Memory": kernels.union([
        "CoExec", "CoExecTests", "OpenCLFaults", "KernelsTests", "CFFmpeg", "Media", "MediaFixtures", "MediaTests",
    ]),
    "Library": Set(package.targets.map(\.name)).subtracting(["StreamDemo", "StreamDemoTests"]),
]
if let room = Context.environment["COEXEC_ONLY"], let kept = rooms[room] {
    package.targets.removeAll { !kept.contains($0.name) }
    package.products.removeAll { !kept.contains($0.name) }
}
