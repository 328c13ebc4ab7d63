// `bench --pictures`: what size of pictures a network is measured with.

import Testing

struct PictureSizeTests {
    private func bench(_ more: [String]) throws -> ProgramResult {
        try Program.run(
            ["bench", "--network", "mobilenet_v1_0.25", "--device", "cpu:0", "--frames", "2", "--warmup", "0"]
                + ["--idle", "0", "--no-tune", "--json", "-"] + more)
    }

    @Test("A camera's, one that is given, or the network's", arguments: ["", "31x7", "1X1", "network"])
    func sizes(_ size: String) throws {
        let result = try bench(size.isEmpty ? [] : ["--pictures", size])
        #expect(result.exitCode == 0, "\(result.errors)")
        let expected = ["": "640x360", "1X1": "1x1", "network": "224x224"][size] ?? size
        #expect(try result.json()["pictures"] as? String == expected)
    }

    @Test(arguments: ["9x", "x9", "0x5", "8193x1", "1x2x3", "large"])
    func othersAreErrors(_ size: String) throws {
        let result = try bench(["--pictures", size])
        #expect(result.exitCode == 64)
        #expect(result.errors.contains(size), "\(result.errors)")
    }
}
