import CoreOps
import Serialization

/// Counts of numbers between limits that grow by a tenth, as TensorBoard shows them.
struct SummaryHistogram {
  /// What each bucket ends before: ±1e-12 to ±1e20, zero, and the largest number on both sides.
  private static let limits: [Double] = {
    var positive: [Double] = []
    var limit = 1e-12
    while limit < 1e20 {
      positive.append(limit)
      limit *= 1.1
    }
    positive.append(.greatestFiniteMagnitude)
    return positive.reversed().map { -$0 } + [0] + positive
  }()

  private var least = Double.greatestFiniteMagnitude
  private var most = -Double.greatestFiniteMagnitude
  private var count = 0.0
  private var sum = 0.0
  private var sumOfSquares = 0.0
  private var buckets = [Double](repeating: 0, count: limits.count)

  /// - Parameter value: a finite number.
  mutating func add(_ value: Double) {
    // The first limit above the number; none is above the largest.
    var (low, high) = (0, Self.limits.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if Self.limits[middle] > value { high = middle } else { low = middle + 1 }
    }
    buckets[low] += 1
    least = min(least, value)
    most = max(most, value)
    count += 1
    sum += value
    sumOfSquares += value * value
  }

  /// `tensorflow.HistogramProto`, where empty buckets side by side are one.
  var message: [UInt8] {
    var writer = WireWriter()
    for (number, value) in [least, most, count, sum, sumOfSquares].enumerated()
    where value.bitPattern != 0 {
      writer.tag(number + 1, 1)
      writer.fixed64(value.bitPattern)
    }
    var (limits, counts) = (WireWriter(), WireWriter())
    var index = 0
    while index < buckets.count {
      var last = index
      if buckets[index] == 0 {
        while last + 1 < buckets.count, buckets[last + 1] == 0 { last += 1 }
      }
      limits.fixed64(Self.limits[last].bitPattern)
      counts.fixed64(buckets[last].bitPattern)
      index = last + 1
    }
    for (number, values) in [(6, limits), (7, counts)] {
      writer.tag(number, 2)
      writer.block(values.bytes)
    }
    return writer.bytes
  }
}
