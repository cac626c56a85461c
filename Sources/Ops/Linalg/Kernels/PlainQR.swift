/// Reflections element by element, in the order of Eigen's steps: for matrices that are not finite,
/// whose elements LAPACK scales before it uses them.
extension DenseMatrix {
  private typealias Complex = MatrixFunctions.Complex

  /// Q and R with Q · R equal to this matrix, which has elements.
  ///
  /// - Parameter full: whether Q is square.
  func plainQR(full: Bool) -> (q: DenseMatrix, r: DenseMatrix) {
    let (m, n) = (rows, columns)
    let count = min(m, n)
    let wide = full ? m : count
    var factors = self
    var coefficients: [Complex] = []
    var left = Int64(0)
    for k in 0..<count {
      if Self.isToEnd(m, n, &left) { coefficients.append((0, 0)); continue }
      let (coefficient, beta) = factors.makeReflection(k)
      factors[k, k] = (beta, 0)
      coefficients.append(coefficient)
      let essential = factors.essential(k)
      factors.reflect(essential, coefficient, firstRow: k, columns: k + 1..<n)
    }
    var r = DenseMatrix(isComplex: isComplex, rows: wide, columns: n)
    for c in 0..<n { for row in 0...min(c, count - 1) { r[row, c] = factors[row, c] } }
    var q = DenseMatrix(isComplex: isComplex, rows: m, columns: wide)
    for i in 0..<wide { q[i, i] = (1, 0) }
    for k in (0..<count).reversed() {
      if Self.isToEnd(m, wide, &left) { break }
      let coefficient = (coefficients[k].re, -coefficients[k].im)
      // A square Q is the identity but for the corner that was reflected so far.
      q.reflect(
        factors.essential(k), coefficient, firstRow: k, columns: (full ? k : 0)..<wide)
    }
    return (q, r)
  }

  /// Puts the reflection that makes column `k` zero below its diagonal in place of what it makes
  /// zero.
  ///
  /// - Returns: its coefficient, and what the diagonal element becomes.
  private mutating func makeReflection(_ k: Int) -> (coefficient: Complex, beta: Double) {
    let first = self[k, k]
    var tail = 0.0
    for row in k + 1..<rows { tail += Self.square(self[row, k]) }
    let least = Double.leastNormalMagnitude
    if tail <= least, first.im * first.im <= least {
      for row in k + 1..<rows { self[row, k] = (0, 0) }
      return ((0, 0), first.re)
    }
    let size = (Self.square(first) + tail).squareRoot()
    let beta = first.re >= 0 ? -size : size
    for row in k + 1..<rows { self[row, k] = quotient(self[row, k], (first.re - beta, first.im)) }
    return (((beta - first.re) / beta, isComplex ? first.im / beta : 0), beta)
  }

  /// What a reflection adds to its first element, which is 1.
  private func essential(_ k: Int) -> [Complex] { (k + 1..<rows).map { self[$0, k] } }

  /// Applies a reflection to the rows from `firstRow` on.
  private mutating func reflect(
    _ essential: [Complex], _ coefficient: Complex, firstRow: Int, columns: Range<Int>
  ) {
    if essential.isEmpty {
      for c in columns {
        self[firstRow, c] = product(self[firstRow, c], (1 - coefficient.re, -coefficient.im))
      }
      return
    }
    if coefficient == (0, 0) { return }
    for c in columns {
      var sum: Complex = (0, 0)
      for (offset, x) in essential.enumerated() {
        let term = product((x.re, -x.im), self[firstRow + 1 + offset, c])
        sum = (sum.re + term.re, sum.im + term.im)
      }
      let top = self[firstRow, c]
      sum = (sum.re + top.re, sum.im + top.im)
      subtract(product(coefficient, sum), firstRow, c)
      for (offset, x) in essential.enumerated() {
        subtract(product(product(coefficient, x), sum), firstRow + 1 + offset, c)
      }
    }
  }

  private func product(_ a: Complex, _ b: Complex) -> Complex {
    isComplex ? MatrixFunctions.multiply(a, b) : (a.re * b.re, 0)
  }

  private func quotient(_ a: Complex, _ b: Complex) -> Complex {
    isComplex ? MatrixFunctions.divide(a, b) : (a.re / b.re, 0)
  }

  private static func square(_ x: Complex) -> Double { x.re * x.re + x.im * x.im }
}
