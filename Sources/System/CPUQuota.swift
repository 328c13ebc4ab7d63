// How much CPU time the kernel lets this process have: the quotas of its control groups, of both versions of them.

/// CPU quotas of control groups.
///
/// Source: cgroups(7); "CPU" in the kernel's cgroup-v2.rst; sched-bwc.rst for version 1.
package enum CPUQuota {
    /// The least quota of the process's own group and of those around it, as far as they can be seen, in CPUs: 1.5 for
    /// 150 ms in each 100 ms. nil where none is set.
    package static func cpus(of files: SystemFiles) -> Double? {
        guard let groups = try? files.text("proc/self/cgroup"), let mounts = try? files.text("proc/self/mountinfo")
        else { return nil }
        let own = groups.split(separator: "\n").compactMap(Membership.init)
        return mounts.split(separator: "\n").compactMap(Mount.init).flatMap { mount -> [Double] in
            guard let group = own.first(where: { $0.version == mount.version }),
                var folder = mount.folder(of: group.path)
            else { return [] }
            var quotas: [Double] = []
            while true {
                if let quota = quota(in: mount.point + folder, version: mount.version, files) { quotas.append(quota) }
                guard let slash = folder.lastIndex(of: "/") else { return quotas }
                folder = String(folder[..<slash])
            }
        }.min()
    }

    private enum Version { case one, two }

    /// A group that the process is in: a line of /proc/self/cgroup.
    private struct Membership {
        let version: Version
        /// From the root of the process's cgroup namespace.
        let path: String

        /// nil for a hierarchy that has nothing to do with CPU time.
        init?(_ line: Substring) {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            if parts[0] == "0" && parts[1].isEmpty {
                version = .two
            } else if parts[1].split(separator: ",").contains("cpu") {
                version = .one
            } else {
                return nil
            }
            path = String(parts[2])
        }
    }

    /// Where a hierarchy, or a part of it, is to be seen: a line of /proc/self/mountinfo (proc(5)).
    private struct Mount {
        let version: Version
        /// The group that is seen at `point`, from the root of the process's cgroup namespace.
        private let root: String
        let point: String

        init?(_ line: Substring) {
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count > separator + 3 else {
                return nil
            }
            switch fields[separator + 1] {
            case "cgroup2": version = .two
            case "cgroup" where fields[separator + 3].split(separator: ",").contains("cpu"): version = .one
            default: return nil
            }
            (root, point) = (Self.unescaped(fields[3]), Self.unescaped(fields[4]))
        }

        /// The folder of a group below `point`: empty, or with a slash before each name. nil for one that isn't to be
        /// seen there. A mount from outside of the namespace shows a group around it, and not which of the groups in
        /// there is the process's.
        func folder(of path: String) -> String? {
            let names = root.split(separator: "/")
            if !names.isEmpty && names.allSatisfy({ $0 == ".." }) { return "" }
            let own = path.split(separator: "/")
            guard own.starts(with: names), !own.contains("..") else { return nil }
            return own.dropFirst(names.count).map { "/" + $0 }.joined()
        }

        /// Blanks and the like are written as a backslash and three octal digits.
        private static func unescaped(_ field: Substring) -> String {
            String(field).replacing(#/\\([0-7]{3})/#) { String(UnicodeScalar(UInt8($0.1, radix: 8) ?? 63)) }
        }
    }

    private static func quota(in folder: String, version: Version, _ files: SystemFiles) -> Double? {
        func numbers(_ file: String) -> [Double?] {
            let text = (try? files.text("\(folder)/\(file)")) ?? ""
            return text.split(whereSeparator: \.isWhitespace).map { Double($0) }
        }
        let figures =
            switch version {
            case .one: numbers("cpu.cfs_quota_us") + numbers("cpu.cfs_period_us")
            case .two: numbers("cpu.max")
            }
        // No quota is "max" in version 2, and -1 in version 1.
        guard figures.count == 2, let quota = figures[0], let period = figures[1], quota > 0, period > 0 else {
            return nil
        }
        return quota / period
    }
}
