import Testing

@testable import Devices

@Suite struct DeviceNameTests {
    @Test func namesThatProvidersNumberAreShort() {
        let naming = UnitNaming(stem: "gpu")
        #expect(naming.name(0) == "gpu" && naming.name(12) == "gpu12")
        #expect(naming.number(of: "gpu") == 0 && naming.number(of: "gpu0") == 0 && naming.number(of: "gpu12") == 12)
        for word in ["gp", "gpu01", "gpux", "gpu-1", "xgpu", "cpu"] { #expect(naming.number(of: word) == nil) }
        #expect(UnitNaming(stem: nil).number(of: "big") == nil)
    }

    @Test func namesAreSpelledAsProvidersDo() {
        let names: [DeviceSpecification.Name] = ["LITTLE", "Little", "BIG", "lpe", "GPU0", "gpu01", "Template3"]
        #expect(names.map(\.description) == ["LITTLE", "LITTLE", "big", "LPE", "gpu", "gpu01", "template3"])
    }
}
