// Names of Arm cores by the implementer and part numbers of their Main ID Register (MIDR).

extension CoreModel {
    /// The core with these MIDR numbers; one that isn't listed is named by them and has no role.
    ///
    /// Source: MIDR_EL1 in the cores' technical reference manuals, as collected in Linux
    /// `arch/arm64/include/asm/cputype.h`.
    public init(armImplementer implementer: Int, part: Int) {
        if let (name, role) = Self.armCores[[implementer, part]] {
            self.init(name: name, role: role, isArm: true)
        } else {
            let name = "Arm 0x\(String(implementer, radix: 16)):0x\(String(part, radix: 16))"
            self.init(name: name, isArm: true)
        }
    }

    private static let armCores: [[Int]: (name: String, role: Role?)] = [
        // Arm
        [0x41, 0xc05]: ("Cortex-A5", .little), [0x41, 0xc07]: ("Cortex-A7", .little),
        [0x41, 0xc08]: ("Cortex-A8", nil), [0x41, 0xc09]: ("Cortex-A9", nil),
        [0x41, 0xc0d]: ("Cortex-A17", .big), [0x41, 0xc0e]: ("Cortex-A17", .big),
        [0x41, 0xc0f]: ("Cortex-A15", .big), [0x41, 0xd01]: ("Cortex-A32", .little),
        [0x41, 0xd02]: ("Cortex-A34", .little), [0x41, 0xd03]: ("Cortex-A53", .little),
        [0x41, 0xd04]: ("Cortex-A35", .little), [0x41, 0xd05]: ("Cortex-A55", .little),
        [0x41, 0xd06]: ("Cortex-A65", .little), [0x41, 0xd07]: ("Cortex-A57", .big),
        [0x41, 0xd08]: ("Cortex-A72", .big), [0x41, 0xd09]: ("Cortex-A73", .big),
        [0x41, 0xd0a]: ("Cortex-A75", .big), [0x41, 0xd0b]: ("Cortex-A76", .big),
        [0x41, 0xd0c]: ("Neoverse-N1", nil), [0x41, 0xd0d]: ("Cortex-A77", .big),
        [0x41, 0xd0e]: ("Cortex-A76AE", .big), [0x41, 0xd40]: ("Neoverse-V1", nil),
        [0x41, 0xd41]: ("Cortex-A78", .big), [0x41, 0xd42]: ("Cortex-A78AE", .big),
        [0x41, 0xd44]: ("Cortex-X1", .prime), [0x41, 0xd46]: ("Cortex-A510", .little),
        [0x41, 0xd47]: ("Cortex-A710", .big), [0x41, 0xd48]: ("Cortex-X2", .prime),
        [0x41, 0xd49]: ("Neoverse-N2", nil), [0x41, 0xd4b]: ("Cortex-A78C", .big),
        [0x41, 0xd4c]: ("Cortex-X1C", .prime), [0x41, 0xd4d]: ("Cortex-A715", .big),
        [0x41, 0xd4e]: ("Cortex-X3", .prime), [0x41, 0xd4f]: ("Neoverse-V2", nil),
        [0x41, 0xd80]: ("Cortex-A520", .little), [0x41, 0xd81]: ("Cortex-A720", .big),
        [0x41, 0xd82]: ("Cortex-X4", .prime), [0x41, 0xd84]: ("Neoverse-V3", nil),
        [0x41, 0xd85]: ("Cortex-X925", .prime), [0x41, 0xd87]: ("Cortex-A725", .big),
        [0x41, 0xd8e]: ("Neoverse-N3", nil),
        // HiSilicon, Qualcomm, Apple
        [0x48, 0xd01]: ("TaiShan-V110", nil), [0x48, 0xd40]: ("Cortex-A76", .big),
        [0x51, 0x800]: ("Kryo-2XX-Gold", .big), [0x51, 0x801]: ("Kryo-2XX-Silver", .little),
        [0x51, 0x802]: ("Kryo-3XX-Gold", .big), [0x51, 0x803]: ("Kryo-3XX-Silver", .little),
        [0x51, 0x804]: ("Kryo-4XX-Gold", .big), [0x51, 0x805]: ("Kryo-4XX-Silver", .little),
        [0x61, 0x022]: ("Icestorm", .little), [0x61, 0x023]: ("Firestorm", .big),
        [0x61, 0x032]: ("Blizzard", .little), [0x61, 0x033]: ("Avalanche", .big),
    ]
}
