// The memory that XNNPACK works in: on huge pages where that is worth it, and shared by operators of 2022 that read the
// same weights. Any thread.
import CXNNPACK
import Synchronization

/// XNNPACK's allocator, and copies of its operators.
///
/// An operator of 2022 holds packed weights and the addresses that it is set up for, so that each lane needs one of its
/// own, and XNNPACK packs the weights for each. Here blocks have owners: a copy of an operator that was never set up
/// owns the blocks that it points to beside the original, and whoever is deleted last frees them.
enum XNNPACKMemory {
    private struct Block {
        let size: Int
        var owners = 1
    }

    /// By address.
    private static let blocks = Mutex<[UInt: Block]>([:])

    /// Lives as long as the process, as XNNPACK wants it to.
    nonisolated(unsafe) static let allocator: UnsafePointer<xnn_allocator> = {
        let allocator = UnsafeMutablePointer<xnn_allocator>.allocate(capacity: 1)
        allocator.initialize(
            to: xnn_allocator(
                context: nil,
                allocate: { malloc($1) },
                reallocate: { realloc($1, $2) },
                deallocate: { free($1) },
                aligned_allocate: { XNNPACKMemory.allocate($1, $2) },
                aligned_deallocate: { XNNPACKMemory.release($1) }))
        return UnsafePointer(allocator)
    }()

    /// Blocks in use of this size and larger; tests tell by them whether weights are shared and freed.
    static func blockCount(ofAtLeast bytes: Int) -> Int { blocks.withLock { $0.values.count { $0.size >= bytes } } }

    private static func allocate(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
        guard let address = AlignedBuffer.allocate(bytes: size, alignment: alignment) else { return nil }
        let key = UInt(bitPattern: address)
        blocks.withLock { $0[key] = Block(size: size) }
        return address
    }

    private static func release(_ address: UnsafeMutableRawPointer?) {
        let key = UInt(bitPattern: address)
        let isLast = blocks.withLock { blocks in
            // Not ours: XNNPACK was at work before it got this allocator.
            guard let owners = blocks[key]?.owners, owners > 1 else {
                blocks[key] = nil
                return true
            }
            blocks[key]?.owners -= 1
            return false
        }
        if isLast { free(address) }
    }

    /// A copy of an operator that shares all that the original points to.
    ///
    /// An operator is opaque: that its bytes can be copied is known of 2022 only. There it is one block of zeros, plain
    /// numbers and addresses, of other blocks and of code, made by one function for all operators. Of a later XNNPACK,
    /// which shares weights by a cache, nothing is copied; nor is what holds its own address, which no plain block does.
    /// - Parameter original: was never set up, so that all it points to stays as it is.
    /// - Returns: nil if it can't be copied, or isn't in this allocator's memory, since another library initialized
    ///   XNNPACK: each lane then packs weights of its own.
    static func copy(_ original: xnn_operator_t) -> xnn_operator_t? {
        let key = UInt(bitPattern: original)
        guard CXNNPACK_is_of_2024() == 0, let size = blocks.withLock({ $0[key]?.size }) else { return nil }
        let words = Array(
            UnsafeRawBufferPointer(start: UnsafeRawPointer(original), count: size).bindMemory(to: UInt.self))
        let own = key..<key + UInt(size)
        guard !words.contains(where: own.contains), let copy = allocate(AlignedBuffer.alignment, size) else {
            return nil
        }
        copy.copyMemory(from: UnsafeRawPointer(original), byteCount: size)
        blocks.withLock { blocks in
            for word in words { blocks[word]?.owners += 1 }
        }
        return xnn_operator_t(copy)
    }
}
