import COpenBLAS
import Glibc
import CoreOps

/// Singular values of small real matrices by Jacobi's rotations from both sides.
///
/// Vectors are unique only up to their signs. TensorFlow takes this method for matrices of fewer
/// than 16 columns, and the same sweeps give the same signs.
enum JacobiSVD {
  static func takes(_ a: DenseMatrix) -> Bool {
    !a.isComplex && a.columns < 16 && a.rows <= 256 && a.rows > 0 && a.columns > 0 && a.isFinite
  }

  static func decompose(_ a: DenseMatrix, full: Bool) -> (
    s: [Double], u: DenseMatrix, v: DenseMatrix
  ) {
    if a.rows == a.columns { return sweep(a) }
    // Tall: a · p = q · r, and r is square. Wide: the same of the transpose.
    let tall = a.rows > a.columns
    let (q, r, pivots) = pivotedQR(tall ? a : a.transposed())
    let (s, u, v) = sweep(tall ? r : r.transposed())
    let (outer, inner) = tall ? (u, v) : (v, u)
    let k = s.count
    let big = q.rows
    var long = DenseMatrix(isComplex: false, rows: big, columns: full ? big : k)
    let product = q.firstColumns(k).times(outer)
    for column in 0..<long.columns {
      for row in 0..<big { long[row, column] = column < k ? product[row, column] : q[row, column] }
    }
    var short = DenseMatrix(isComplex: false, rows: k, columns: k)
    for row in 0..<k { for column in 0..<k { short[pivots[row], column] = inner[row, column] } }
    return tall ? (s, long, short) : (s, short, long)
  }

  private static func pivotedQR(_ a: DenseMatrix) -> (q: DenseMatrix, r: DenseMatrix, pivots: [Int])
  {
    let (m, n) = (a.rows, a.columns)
    var factors = a
    var pivots = [Int32](repeating: 0, count: n)
    var tau = [Double](repeating: 0, count: n)
    let lwork = max(m, n) * 64 + 3 * n + 1
    var work = [Double](repeating: 0, count: lwork)
    _ = jk_geqp3(Int32(m), Int32(n), &factors.values, &pivots, &tau, &work, Int32(lwork))
    var r = DenseMatrix(isComplex: false, rows: n, columns: n)
    for column in 0..<n { for row in 0...column { r[row, column] = factors[row, column] } }
    var q = DenseMatrix(isComplex: false, rows: m, columns: m)
    q.values.replaceSubrange(0..<m * n, with: factors.values[0..<m * n])
    _ = jk_orgqr(0, Int32(m), Int32(m), Int32(n), &q.values, tau, &work, Int32(lwork))
    return (q, r, pivots.map { Int($0) - 1 })
  }

  /// A rotation [c, s; -s, c].
  private struct Rotation {
    var c = 1.0
    var s = 0.0
  }

  private static func sweep(_ a: DenseMatrix) -> (s: [Double], u: DenseMatrix, v: DenseMatrix) {
    let n = a.rows
    var scale = a.values.map(\.magnitude).max() ?? 0
    if scale == 0 { scale = 1 }
    var work = a
    for i in work.values.indices { work.values[i] /= scale }
    var (u, v) = (
      DenseMatrix.identity(isComplex: false, n), DenseMatrix.identity(isComplex: false, n)
    )
    var largest = (0..<n).map { work[$0, $0].re.magnitude }.max() ?? 0
    let precision = 2 * Double.ulpOfOne
    var finished = false
    // Rotations converge quadratically; the bound ends a loop that rounding errors would keep
    // going.
    for _ in 0..<1000 where !finished {
      finished = true
      for p in 1..<max(n, 1) {
        for q in 0..<p {
          let threshold = max(Double.leastNormalMagnitude, precision * largest)
          guard work[p, q].re.magnitude > threshold || work[q, p].re.magnitude > threshold else {
            continue
          }
          finished = false
          let (left, right) = rotations(work, p, q)
          work.rotateRows(p, q, left.c, left.s)
          u.rotateColumns(p, q, left.c, left.s)
          work.rotateColumns(p, q, right.c, -right.s)
          v.rotateColumns(p, q, right.c, -right.s)
          largest = max(largest, work[p, p].re.magnitude, work[q, q].re.magnitude)
        }
      }
    }
    var s = (0..<n).map { work[$0, $0].re }
    for column in 0..<n where s[column] < 0 {
      s[column] = -s[column]
      for row in 0..<n { u[row, column] = (-u[row, column].re, 0) }
    }
    for place in 0..<n {
      var best = place
      for other in place..<n where s[other] > s[best] { best = other }
      if best != place {
        s.swapAt(place, best)
        u.swapColumns(place, best)
        v.swapColumns(place, best)
      }
    }
    return (s.map { $0 * scale }, u, v)
  }

  /// The rotations from the left and the right that make the 2x2 part at p and q diagonal.
  private static func rotations(_ a: DenseMatrix, _ p: Int, _ q: Int) -> (Rotation, Rotation) {
    var (m00, m01, m10, m11) = (a[p, p].re, a[p, q].re, a[q, p].re, a[q, q].re)
    // First one that makes it symmetric.
    var first = Rotation()
    let (t, d) = (m00 + m11, m10 - m01)
    if d.magnitude >= Double.leastNormalMagnitude {
      let ratio = t / d
      let length = sqrt(1 + ratio * ratio)
      first = Rotation(c: ratio / length, s: 1 / length)
    }
    (m00, m10) = (first.c * m00 + first.s * m10, -first.s * m00 + first.c * m10)
    (m01, m11) = (first.c * m01 + first.s * m11, -first.s * m01 + first.c * m11)
    var right = Rotation()
    let double = 2 * m01.magnitude
    if double >= Double.leastNormalMagnitude {
      let tau = (m00 - m11) / double
      let root = sqrt(tau * tau + 1)
      let tangent = tau > 0 ? 1 / (tau + root) : 1 / (tau - root)
      let cosine = 1 / sqrt(tangent * tangent + 1)
      right = Rotation(
        c: cosine, s: -(tangent > 0 ? 1 : -1) * (m01 / m01.magnitude) * tangent.magnitude * cosine)
    }
    // first · rightᵀ
    let left = Rotation(
      c: first.c * right.c + first.s * right.s, s: first.s * right.c - first.c * right.s)
    return (left, right)
  }
}

extension DenseMatrix {
  fileprivate func firstColumns(_ count: Int) -> DenseMatrix {
    var result = DenseMatrix(isComplex: false, rows: rows, columns: count)
    result.values = Array(values[0..<rows * count])
    return result
  }

  fileprivate mutating func rotateRows(_ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for column in 0..<columns {
      let (x, y) = (self[p, column].re, self[q, column].re)
      self[p, column] = (c * x + s * y, 0)
      self[q, column] = (-s * x + c * y, 0)
    }
  }

  fileprivate mutating func rotateColumns(_ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for row in 0..<rows {
      let (x, y) = (self[row, p].re, self[row, q].re)
      self[row, p] = (c * x + s * y, 0)
      self[row, q] = (-s * x + c * y, 0)
    }
  }

  fileprivate mutating func swapColumns(_ p: Int, _ q: Int) {
    for row in 0..<rows { (self[row, p], self[row, q]) = (self[row, q], self[row, p]) }
  }
}
