// Cuts cores of one kind into parts that stand in for clusters. Pure.

/// Cores that are to be cut, whole, into two or three parts.
struct CoreCut {
    let cores: [CPUSet]
    /// Of each place between two cores: how many caches both share. The more, the nearer to the cores.
    private let sharedCounts: [Int]

    /// - Parameters:
    ///   - cores: in the topology's order, so that those that share a cache are neighbours.
    ///   - caches: of the machine.
    init(cores: [CPUSet], caches: [CPUCache]) {
        self.cores = cores
        sharedCounts = zip(cores, cores.dropFirst()).map { left, right in
            caches.count { !$0.cpus.isDisjoint(with: left) && !$0.cpus.isDisjoint(with: right) }
        }
    }

    /// Cuts where the neighbours share as little cache as possible, in parts as near to these sizes as that allows:
    /// none smaller than half of what it should be.
    /// - Parameter sizes: two or three, positive, as many cores together as there are.
    func parts(near sizes: [Int]) -> [[CPUSet]] {
        precondition((2...3).contains(sizes.count) && sizes.allSatisfy { $0 > 0 })
        precondition(sizes.reduce(0, +) == cores.count, "the parts make up the cores")
        var best: (cuts: [Int], cost: [Int])?
        for first in 1..<cores.count {
            for second in sizes.count == 2 ? cores.count..<cores.count + 1 : first + 1..<cores.count {
                let counts = [first, second - first, cores.count - second]
                guard zip(counts, sizes).allSatisfy({ 2 * $0 >= $1 }) else { continue }
                let shared = [first, second].filter { $0 < cores.count }.map { sharedCounts[$0 - 1] }
                let distance = abs(first - sizes[0]) + abs(second - sizes[0] - sizes[1])
                let cost = shared.sorted(by: >) + [distance, -first]
                if best.map({ cost.lexicographicallyPrecedes($0.cost) }) ?? true {
                    best = ([first, second], cost)
                }
            }
        }
        // The sizes themselves are one way.
        let cuts = [0] + best!.cuts + [cores.count]
        return zip(cuts, cuts.dropFirst()).map { Array(cores[$0..<$1]) }.filter { !$0.isEmpty }
    }
}
