// Medians and confidence intervals of repeated measurements.

/// Repeated measurements of one quantity.
struct Samples {
    let values: [Double]

    init(_ values: [Double]) { self.values = values }

    /// The middle value, or the mean of the two in the middle.
    /// - Precondition: at least one value.
    var median: Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// - Precondition: at least one value.
    var greatest: Double { values.max()! }

    /// Half the width of the 95 % confidence interval of the mean, by Student's t; nil for fewer than two values.
    var confidence95: Double? {
        let count = values.count
        guard count >= 2 else { return nil }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
        return Self.studentT95(degreesOfFreedom: count - 1) * (variance / Double(count)).squareRoot()
    }

    /// Two-sided 95 % quantiles of Student's t distribution; past the table, the next smaller tabulated row.
    private static func studentT95(degreesOfFreedom: Int) -> Double {
        let first = [
            12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
            2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
        ]
        if degreesOfFreedom <= first.count { return first[degreesOfFreedom - 1] }
        return degreesOfFreedom <= 30 ? 2.086 : degreesOfFreedom <= 60 ? 2.042 : 2.000
    }
}
