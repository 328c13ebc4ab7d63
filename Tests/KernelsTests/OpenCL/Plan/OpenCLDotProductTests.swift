// The sums of products of bytes, lane by lane: by whole numbers, and as with the instructions of devices that aren't
// here, which functions stand in for.
import Testing

@testable import OpenCLKernels

@Suite("OpenCL dot products", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLDotProductTests {
    private static let standIns = """
        int dot_4x8packed_ss_int(uint a, uint b) {
            char4 const x = as_char4(a), y = as_char4(b);
            return x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
        }
        int arm_dot_acc(char4 x, char4 y, int sum) {
            return sum + x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
        }

        """
    private static let kernel = """
        __kernel void add(__global int *sums, __global const int *a, __global const int *b) {
            JOIN(vstore, WIDTH)(DOTS(JOIN(vload, WIDTH)(0, sums), a[0], JOIN(vload, WIDTH)(0, b)), 0, sums);
            sums[WIDTH] = dot1(sums[WIDTH], a[0], b[0]);
        }
        """

    @Test(arguments: [nil, DotProduct.packed, .arm], [4, 8, 16])
    func everyLane(_ product: DotProduct?, width: Int) throws {
        let context = try OpenCLContextHandle(OpenCLUnderTest.devices.get()[0])
        let source =
            PackageResources.prelude_cl + Self.standIns.utf8 + PackageResources.dot_cl + Self.kernel.utf8
        let option = product.map { " " + $0.buildOption } ?? ""
        let program = try OpenCLProgram(
            context, name: "dots", source: source, options: "-cl-std=CL1.2 -DBYTES_IN -DWIDTH=\(width)" + option)
        // The ends among them: −128 · −128 four times.
        let a: [Int8] = [-128, 127, -1, -128]
        var b = (0..<4 * width).map { Int8(truncatingIfNeeded: $0 * 37 - 128) }
        b.replaceSubrange(4..<8, with: [-128, -128, 127, -128])
        var sums = (0...width).map { Int32($0 * 1000 - 3000) }
        let expected = sums.enumerated().map { lane, sum -> Int32 in
            let start = 4 * (lane % width)
            return (0..<4).reduce(sum) { $0 + Int32(a[$1]) * Int32(b[start + $1]) }
        }

        let queue = try OpenCLQueue(context)
        func words(_ bytes: [Int8]) throws -> OpenCLBuffer {
            let words = stride(from: 0, to: bytes.count, by: 4).map { (start: Int) -> Int32 in
                var word: Int32 = 0
                for place in 0..<4 { word |= Int32(UInt8(bitPattern: bytes[start + place])) << (8 * place) }
                return word
            }
            return try OpenCLBuffer(context, content: .integers(words), precision: .fp32)
        }
        let buffer = try OpenCLBuffer(context, byteCount: sums.count * MemoryLayout<Int32>.stride)
        try sums.withUnsafeBytes { try queue.upload($0, to: buffer) }
        let kernel = try program.makeKernel("add")
        let (first, second) = (try words(a), try words(b))
        for (index, argument) in [buffer, first, second].enumerated() { try kernel.set(index, argument) }
        try queue.enqueue(kernel, "add", global: [1], local: [1])
        try sums.withUnsafeMutableBytes { try queue.download(buffer, to: $0) }
        #expect(sums == expected)
    }
}
