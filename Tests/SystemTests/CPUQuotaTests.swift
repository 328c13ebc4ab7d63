import System
import Testing

@Suite struct CPUQuotaTests {
    private let v1Mount = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct"
    private let otherMount = "33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset"
    private let v2Mount = "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"

    private func quota(_ groups: [String], _ mounts: [String], _ files: [String: String]) throws -> Double? {
        let root = try FixtureRoot(files)
        try root.write(groups.joined(separator: "\n"), "proc/self/cgroup")
        try root.write(mounts.joined(separator: "\n"), "proc/self/mountinfo")
        // The folder goes with the object.
        return withExtendedLifetime(root) { CPUQuota.cpus(of: root.files) }
    }

    @Test(
        "version 2: the least of the own group and those around it",
        arguments: [
            (["a.slice/b/cpu.max": "150000 100000"], 1.5),
            (["a.slice/b/cpu.max": "max 100000"], nil),
            (["a.slice/b/cpu.max": "400000 100000", "a.slice/cpu.max": "25000 50000"], 0.5),
            (["a.slice/b/cpu.max": "50000 100000", "a.slice/cpu.max": "max 100000", "cpu.max": "300000 100000"], 0.5),
            (["a.slice/other/cpu.max": "50000 100000", "a.slice/b/c/cpu.max": "50000 100000"], nil),
            (["a.slice/b/cpu.max": "garbage"], nil), ([:], nil),
        ] as [([String: String], Double?)])
    func versionTwo(files: [String: String], expected: Double?) throws {
        let placed = Dictionary(uniqueKeysWithValues: files.map { ("sys/fs/cgroup/\($0)", $1) })
        #expect(try quota(["0::/a.slice/b"], [v2Mount], placed) == expected)
    }

    @Test func versionOne() throws {
        func files(_ folder: String, _ quota: Int) -> [String: String] {
            let place = "sys/fs/cgroup/cpu,cpuacct\(folder)"
            return ["\(place)/cpu.cfs_quota_us": "\(quota)", "\(place)/cpu.cfs_period_us": "100000"]
        }
        let groups = ["9:cpuset:/set", "4:cpuacct,cpu:/docker/ab:c", "0::/"]
        let all = files("", -1).merging(files("/docker", 250_000)) { $1 }
        #expect(try quota(groups, [otherMount, v1Mount], all.merging(files("/docker/ab:c", 300_000)) { $1 }) == 2.5)
        #expect(try quota(groups, [otherMount, v1Mount], all.merging(files("/docker/ab:c", 50_000)) { $1 }) == 0.5)
        #expect(try quota(groups, [otherMount, v1Mount], files("/docker/ab:c", -1)) == nil)
        // A quota of another hierarchy's group of that name is nobody's.
        #expect(try quota(["9:cpuset:/docker", "4:cpu,cpuacct:/"], [v1Mount], files("/docker", 50_000)) == nil)
    }

    @Test func bothVersionsAtOnce() throws {
        let unified = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw"
        let files = [
            "sys/fs/cgroup/unified/x/cpu.max": "300000 100000", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        ]
        #expect(try quota(["4:cpu,cpuacct:/", "0::/x"], [v1Mount, unified], files) == 2)
    }

    @Test("containers: mounts of a part of the tree, namespaces, and names with blanks")
    func partsOfTheTree() throws {
        let part = "35 24 0:30 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw"
        let files = ["sys/fs/cgroup/cpu.max": "120000 100000", "sys/fs/cgroup/in/cpu.max": "max 100000"]
        #expect(try quota(["0::/docker/abc"], [part], files) == 1.2)
        #expect(try quota(["0::/docker/abc/in"], [part], files) == 1.2)
        // Other groups, though one's name begins alike, and one outside of the namespace.
        #expect(try quota(["0::/docker/abcd"], [part], files) == nil)
        #expect(try quota(["0::/../elsewhere"], [v2Mount], files) == nil)
        // The mount is of the world around the namespace: it shows a group that holds the process's.
        let around = "35 24 0:30 /../.. /sys/fs/cgroup ro - cgroup2 cgroup rw"
        #expect(try quota(["0::/"], [around], files) == 1.2)
        let blank = #"35 24 0:30 /a\040b /mnt/c\040d rw - cgroup2 cgroup rw"#
        #expect(try quota(["0::/a b/e"], [blank], ["mnt/c d/e/cpu.max": "70000 100000"]) == 0.7)
    }

    @Test func machinesWithoutGroups() throws {
        #expect(CPUQuota.cpus(of: SystemFiles(root: "/nonexistent")) == nil)
        #expect(try quota(["nonsense", "1:2"], ["x", "1 2 3 - cgroup2"], [:]) == nil)
    }
}
