// Weights as they were reordered for oneDNN, by layer and layout. One a network; plans made at any time share it, on
// any thread.
import NetworkGraph
import Synchronization

/// Plans that differ in some layers have the others' weights in memory once: candidates that are timed, and the plan
/// that runs beside those that are made to replace it. Weights that no plan has any more are gone.
final class CPUConstants: Sendable {
    private struct Kept {
        let layout: OneDNNLayout
        weak var buffer: AlignedBuffer?
    }

    private let kept = Mutex<[Network.NodeID: [Kept]]>([:])

    /// The buffer that a plan has already, or one made now.
    func buffer(
        _ node: Network.NodeID, in layout: OneDNNLayout, make: () throws(CPULibraryError) -> AlignedBuffer
    ) throws(CPULibraryError) -> AlignedBuffer {
        let known = kept.withLock { $0[node]?.lazy.filter { $0.layout == layout }.compactMap(\.buffer).first }
        if let known { return known }
        let made = try make()
        kept.withLock { kept in
            kept[node, default: []].removeAll { $0.buffer == nil }
            kept[node, default: []].append(Kept(layout: layout, buffer: made))
        }
        return made
    }
}
