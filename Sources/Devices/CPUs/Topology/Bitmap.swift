// The fence around hwloc's CPU bitmaps: owned here, freed here, never seen outside this target.
import CHwloc

/// An owned hwloc bitmap. Stays on the thread that made it.
struct Bitmap: ~Copyable {
    let pointer: hwloc_bitmap_t

    init() {
        guard let pointer = hwloc_bitmap_alloc() else { fatalError("out of memory for a CPU bitmap") }
        self.pointer = pointer
    }

    init(_ cpus: CPUSet) {
        self.init()
        for cpu in cpus.numbers {
            precondition(hwloc_bitmap_set(pointer, UInt32(cpu)) == 0, "out of memory for a CPU bitmap")
        }
    }

    deinit { hwloc_bitmap_free(pointer) }

    var cpus: CPUSet { CPUSet(bitmap: pointer) }
}

extension CPUSet {
    /// Copies a bitmap that hwloc owns; a missing one is empty.
    /// - Precondition: the bitmap is finite.
    init(bitmap: hwloc_const_bitmap_t?) {
        guard let bitmap else {
            self.init()
            return
        }
        precondition(hwloc_bitmap_weight(bitmap) >= 0, "an infinite CPU bitmap")
        var numbers: [Int] = []
        var cpu = hwloc_bitmap_first(bitmap)
        while cpu >= 0 {
            numbers.append(Int(cpu))
            cpu = hwloc_bitmap_next(bitmap, cpu)
        }
        self.init(numbers)
    }
}
