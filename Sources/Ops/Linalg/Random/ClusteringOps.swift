import CKernels
package import CoreOps
import Glibc

/// The first centers of clusters, drawn by their distances.
package struct ClusteringOps: OpFamily {
  package static let family: Self = define(Self())

  package let kMeansPlusPlus: OpDef = OpDef(
    "KmeansPlusPlusInitialization",
    """
    points: float, num_to_sample: int64, seed: int64, num_retries_per_sample: int64 -> samples: \
      float
    """,
    shape: { context in
      let points = try context.shape(0, rank: 2, "points")
      for (index, name) in ["num_to_sample", "seed", "num_retries_per_sample"].enumerated() {
        try RandomRules.checkScalar(context.shapes[index + 1], name)
      }
      return [.of(try context.size(1).flatMap { $0 >= 0 ? $0 : nil }, points[1])]
    },
    kernel: .run { run in
      let points = run.inputs[0]
      try require(points.dims.rank == 2, "Input points should be a matrix.")
      let names = ["num_to_sample", "seed", "num_retries_per_sample"]
      let numbers = try zip(names, run.inputs.dropFirst()).map { name, input in
        try require(input.dims.rank == 0, "Input \(name) should be a scalar.")
        return input.elements(Int.self)[0]
      }
      let (count, rows) = (numbers[0], points.dims[0])
      try require(rows > 0, "Expected points.rows() > 0.")
      try require(count > 0, "Expected num_to_sample > 0.")
      try require(
        count <= rows, "Expected num_to_sample <= points.rows(). \(count) vs \(rows).")
      // Points without coordinates take no memory themselves.
      try MemoryLimit.room(for: (Dimension(rows) * 32).saturated)
      let retries = numbers[2] >= 0 ? numbers[2] : 2 + Int(log(Double(count)))
      var centers = CenterDrawing(points, seed: numbers[1])
      return [try PointRows.take(try centers.draw(count, retries: retries), of: points)]
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let chain: OpDef = OpDef(
    "KMC2ChainInitialization",
    """
    distances: float, seed: int64 -> index: int64
    """,
    shape: { context in
      _ = try context.shape(0, rank: 1, "distances")
      try RandomRules.checkScalar(context.shapes[1], "seed")
      return [.scalar]
    },
    kernel: .run { run in
      let (distances, seed) = (run.inputs[0], run.inputs[1])
      try require(distances.dims.rank == 1, "Input distances should be a vector.")
      try require(seed.dims.rank == 0, "Input seed should be a scalar.")
      try require(distances.dims[0] > 0, "Expected distances_tensor.size() > 0.")
      var stream = PhiloxStream(jk_philox_from_key(seed.elements(UInt64.self)[0], 0, 0))
      let values = distances.elements(Float.self)
      var chosen = 0
      var pace = Pace()
      for index in 1..<max(values.count, 1) {
        try pace.step()
        // The chain goes on with probability min(1, its distance / that of the state).
        if values[index] > stream.nextFloat() * values[chosen] { chosen = index }
      }
      return [try Tensor(scalar: chosen)]
    }, gradient: .none("TensorFlow has no gradient for it"))
}

/// k-means++ (Arthur and Vassilvitskii, 2007): each center is drawn by the squared distances of the
/// points from the nearest one before.
private struct CenterDrawing {
  private let points: UnsafeMutableBufferPointer<Float>
  private let rows: Int
  private let width: Int
  /// ½‖x‖² of each point.
  private var norms: [Float]
  /// Half the squared distance of each point from the nearest center, and the sums of those before
  /// and its own.
  private var distances: [Float]
  private var sums: [Float]
  private var chosen: Set<Int> = []
  private var stream: PhiloxStream
  private var pace = Pace()
  private let owner: Tensor

  init(_ points: Tensor, seed: Int) {
    owner = points
    self.points = points.elements(Float.self)
    (rows, width) = (points.dims[0], points.dims[1])
    stream = PhiloxStream(jk_philox_from_key(UInt64(bitPattern: Int64(seed)), 0, 0))
    norms = []
    distances = [Float](repeating: .infinity, count: rows)
    sums = distances
    norms = (0..<rows).map { 0.5 * product($0, $0) }
  }

  private func product(_ a: Int, _ b: Int) -> Float {
    var sum: Float = 0
    for axis in 0..<width { sum += points[a &* width &+ axis] * points[b &* width &+ axis] }
    return sum
  }

  mutating func draw(_ count: Int, retries: Int) throws -> [Int] {
    try (0..<count).map { index in
      if index > 0 {
        var sum: Float = 0
        for row in 0..<rows {
          sum += distances[row]
          sums[row] = sum
        }
      }
      var best: (index: Int, potential: Float, distances: [Float])?
      for _ in 0...retries {
        let candidate = try drawOne()
        try pace.step(rows * (width + 1))
        let near = (0..<rows).map { row in
          min(distances[row], norms[row] - product(row, candidate) + norms[candidate])
        }
        let potential = near.reduce(0, +)
        if retries == 0 || potential < best?.potential ?? .infinity {
          best = (candidate, potential, near)
        }
      }
      // Where no potential is less than infinity, TensorFlow takes the first point.
      if let best { distances = best.distances }
      let center = min(best?.index ?? 0, rows - 1)
      chosen.insert(center)
      return center
    }
  }

  private mutating func drawOne() throws -> Int {
    if chosen.isEmpty { return Int(stream.next(below: UInt64(rows))) }
    while true {
      try pace.step(32)
      let value = stream.nextFloat() * sums[rows - 1]
      // The first point whose sum is larger.
      var (low, high) = (0, rows)
      while low < high {
        let middle = (low + high) / 2
        if value < sums[middle] { high = middle } else { low = middle + 1 }
      }
      if !chosen.contains(low) { return min(low, rows - 1) }
    }
  }
}

private enum PointRows {
  /// Rows of a float matrix.
  static func take(_ rows: [Int], of matrix: Tensor) throws -> Tensor {
    let width = matrix.dims[1]
    let result = try Tensor.uninitialized(.float32, [rows.count, width])
    let (source, target) = (matrix.elements(Float.self), result.elements(Float.self))
    for (index, row) in rows.enumerated() {
      for axis in 0..<width { target[index &* width &+ axis] = source[row &* width &+ axis] }
    }
    return result
  }
}
