import Testing

@testable import Devices

@Suite struct ProcessorInformationTests {
    @Test func armPartsNameTheCores() {
        let information = ProcessorInformation(
            parsing: """
                processor\t: 0
                model name\t: ARMv8 Processor rev 4 (v8l)
                CPU implementer\t: 0x41
                CPU part\t: 0xd03

                processor\t: 4
                CPU implementer\t: 0x41
                CPU part\t: 0xd09

                processor\t: 5
                CPU implementer\t: 0x41
                CPU part\t: 0xfff

                Hardware\t: Hisilicon Kirin970
                """)
        #expect(information.coreModels[0]?.name == "Cortex-A53" && information.coreModels[0]?.role == .little)
        #expect(information.coreModels[4]?.name == "Cortex-A73" && information.coreModels[4]?.role == .big)
        #expect(information.coreModels[5] == CoreModel(name: "Arm 0x41:0xfff", isArm: true))
        #expect(information.hardware == "Hisilicon Kirin970")
    }

    @Test func oldArmKernelsNameTheCoreOnce() {
        let information = ProcessorInformation(
            parsing: """
                Processor\t: ARMv7 Processor rev 0 (v7l)
                processor\t: 0
                BogoMIPS\t: 1993.93

                processor\t: 1
                BogoMIPS\t: 1993.93

                CPU implementer\t: 0x41
                CPU part\t: 0xc09
                """)
        #expect(information.coreModels.mapValues(\.name) == [0: "Cortex-A9", 1: "Cortex-A9"])
    }

    @Test func x86NamesTheProcessor() {
        let information = ProcessorInformation(
            parsing:
                "processor\t: 0\nmodel name\t: Brand: X @ 3 GHz\n\nprocessor\t: 1\nmodel name\t: Brand: X @ 3 GHz\n")
        #expect(information.coreModels.mapValues(\.name) == [0: "Brand: X @ 3 GHz", 1: "Brand: X @ 3 GHz"])
        #expect(information.hardware == nil)
        #expect(ProcessorInformation(parsing: "") == ProcessorInformation(parsing: "garbage\n\n:::\n"))
    }
}
