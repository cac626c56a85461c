import CKernels
import Glibc
import CoreOps

/// How one axis is resampled: which inputs, with which weights, make up each output.
package struct Taps: Sendable {
  package private(set) var first: [Int64] = [0]
  package private(set) var index: [Int32] = []
  package private(set) var weight: [Float] = []
  private var pace = Pace()

  package init() {}

  /// Adds an output; inputs that are named several times are taken several times.
  ///
  /// - Throws: when the run is to end.
  package mutating func append(_ taps: some Sequence<(index: Int, weight: Float)>) throws {
    try pace.step(8)
    for tap in taps {
      index.append(Int32(truncatingIfNeeded: tap.index))
      weight.append(tap.weight)
    }
    first.append(Int64(index.count))
  }

  /// The taps that spread the gradient of the outputs over `count` inputs.
  package func transposed(_ count: Int) throws -> Taps {
    var starts = [Int64](repeating: 0, count: count + 1)
    var pace = Pace()
    for input in index {
      try pace.step()
      starts[Int(input) + 1] += 1
    }
    for input in 0..<count { starts[input + 1] += starts[input] }
    var result = Taps()
    result.first = starts
    result.index = [Int32](repeating: 0, count: index.count)
    result.weight = [Float](repeating: 0, count: index.count)
    for output in 0..<first.count - 1 {
      for tap in Int(first[output])..<Int(first[output + 1]) {
        try pace.step()
        let place = Int(starts[Int(index[tap])])
        starts[Int(index[tap])] += 1
        result.index[place] = Int32(truncatingIfNeeded: output)
        result.weight[place] = weight[tap]
      }
    }
    return result
  }

  func withPointer<R>(_ body: (UnsafePointer<jk_taps>) -> R) -> R {
    first.withUnsafeBufferPointer { first in
      index.withUnsafeBufferPointer { index in
        weight.withUnsafeBufferPointer { weight in
          // An axis without taps has empty arrays, whose addresses are nil and are not read.
          var taps = jk_taps(
            first: first.baseAddress, index: index.baseAddress, weight: weight.baseAddress)
          return body(&taps)
        }
      }
    }
  }
}

/// Where the samples of a resized axis lie.
package struct ResizeAxis: Sendable {
  package let from: Int
  package let to: Int
  package let scale: Float
  package let halfPixel: Bool
  package let alignCorners: Bool

  package init(from: Int, to: Int, alignCorners: Bool, halfPixel: Bool) {
    self.from = from
    self.to = to
    self.alignCorners = alignCorners
    self.halfPixel = halfPixel
    scale =
      alignCorners && to > 1 ? Float(from - 1) / Float(to - 1) : Float(from) / Float(to)
  }

  private func bound(_ index: Int) -> Int { min(max(index, 0), from - 1) }

  private func position(_ output: Int) -> Float {
    halfPixel ? (Float(output) + 0.5) * scale - 0.5 : Float(output) * scale
  }

  package func bilinear() throws -> Taps {
    var taps = Taps()
    for output in 0..<to {
      let position = position(output)
      let floor = position.rounded(.down)
      let fraction = position - floor
      let low = max(Int(floor), 0)
      let high = min(Int(position.rounded(.up)), from - 1)
      if fraction == 0 || low == high {
        try taps.append(CollectionOfOne((index: min(low, from - 1), weight: Float(1))))
      } else {
        try taps.append([(index: low, weight: 1 - fraction), (index: high, weight: fraction)])
      }
    }
    return taps
  }

  package func nearest() throws -> [Int] {
    var pace = Pace()
    return try (0..<to).map { output in
      try pace.step(4)
      let position = halfPixel ? (Float(output) + 0.5) * scale : Float(output) * scale
      let index = position.rounded(alignCorners ? .toNearestOrAwayFromZero : .down)
      return bound(Int(index))
    }
  }

  /// Averages over the area that an output covers.
  package func area() throws -> Taps {
    var taps = Taps()
    // One pixel stretched between aligned corners would cover nothing: it is spread evenly.
    let scale = from == 1 ? 1 / Float(to) : scale
    for output in 0..<to {
      let start = Float(output) * scale
      let end = Float(output + 1) * scale
      let range = Int(start.rounded(.down))..<max(Int(end.rounded(.up)), Int(start.rounded(.down)))
      try taps.append(
        range.map { input -> (index: Int, weight: Float) in
          let covered: Float =
            Float(input) < start
            ? (Float(input + 1) > end ? scale : Float(input + 1) - start)
            : (Float(input + 1) > end ? end - Float(input) : 1)
          return (bound(input), covered / scale)
        })
    }
    return taps
  }

  /// Cubic convolution from a table of 1024 steps: with a = -1/2 and weights made to sum to one
  /// where pixel centres are halves, with a = -3/4 otherwise.
  package func bicubic() throws -> Taps {
    let a: Float = halfPixel ? -0.5 : -0.75
    func near(_ step: Int) -> Float {
      let x = Float(step) / 1024
      return ((a + 2) * x - (a + 3)) * x * x + 1
    }
    func far(_ step: Int) -> Float {
      let x = Float(step) / 1024 + 1
      return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }
    var taps = Taps()
    for output in 0..<to {
      let position = position(output)
      let floor = position.rounded(.down)
      let step = Int(((position - floor) * 1024).rounded(.toNearestOrEven))
      var weights = [far(step), near(step), near(1024 - step), far(1024 - step)]
      let indices = (-1...2).map { Int(floor) + $0 }
      if halfPixel {
        for tap in 0..<4 where bound(indices[tap]) != indices[tap] { weights[tap] = 0 }
        let sum = weights.reduce(0, +)
        if abs(sum) >= 1000 * Float.leastNormalMagnitude {
          for tap in 0..<4 { weights[tap] *= 1 / sum }
        }
      }
      try taps.append((0..<4).map { (index: bound(indices[$0]), weight: weights[$0]) })
    }
    return taps
  }
}

/// The kernels of `ScaleAndTranslate`.
package enum SamplingKernel: String, Sendable {
  case lanczos1, lanczos3, lanczos5, gaussian, box, triangle, keyscubic, mitchellcubic

  private var radius: Float {
    switch self {
    case .lanczos1, .box, .triangle: 1
    case .lanczos3: 3
    case .lanczos5: 5
    case .gaussian: 1.5
    case .keyscubic, .mitchellcubic: 2
    }
  }

  private func weight(_ x: Float) -> Float {
    switch self {
    case .lanczos1, .lanczos3, .lanczos5:
      if x > radius { return 0 }
      if x <= 1e-3 { return 1 }
      return radius * sinf(.pi * x) * sinf(.pi * x / radius) / (.pi * .pi * x * x)
    case .gaussian:
      let sigma = radius / 3
      return x >= radius ? 0 : expf(-x * x / (2 * sigma * sigma))
    case .box: return x < 0.5 ? 1 : x == 0.5 ? 0.5 : 0
    case .triangle: return x < 1 ? 1 - x : 0
    case .keyscubic:
      if x >= 2 { return 0 }
      return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : ((1.5 * x - 2.5) * x) * x + 1
    case .mitchellcubic:
      if x >= 2 { return 0 }
      return x >= 1
        ? (((-7.0 / 18.0) * x + 2) * x - 10.0 / 3.0) * x + 16.0 / 9.0
        : (((7.0 / 6.0) * x - 2) * x) * x + 8.0 / 9.0
    }
  }

  /// The taps of an axis of `from` inputs that is scaled, then moved, onto `to` outputs.
  package func taps(from: Int, to: Int, scale: Float, translation: Float, antialias: Bool) throws
    -> Taps
  {
    let inverse = 1 / scale
    let offset = -inverse * translation
    let width = antialias ? max(inverse, 1) : 1
    var taps = Taps()
    for output in 0..<to {
      let sample = (Float(output) + 0.5) * inverse + offset
      guard sample >= 0, sample <= Float(from) else {
        try taps.append([])
        continue
      }
      func bound(_ position: Float) -> Int { Int(min(max(position, 0), Float(from - 1))) }
      let start = bound((sample - radius * width - 0.5).rounded(.up))
      let end = bound((sample + radius * width - 0.5).rounded(.down))
      var weights =
        start > end ? [] : (start...end).map { weight(abs((Float($0) + 0.5 - sample) / width)) }
      let total = weights.reduce(0, +)
      if abs(total) >= 1000 * Float.leastNormalMagnitude {
        for tap in weights.indices { weights[tap] *= 1 / total }
      } else {
        weights = []
      }
      try taps.append(weights.enumerated().map { (index: start + $0.offset, weight: $0.element) })
    }
    return taps
  }
}
