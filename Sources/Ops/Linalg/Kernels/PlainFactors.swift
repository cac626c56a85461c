import CKernels

/// Factorisations element by element, in the order of Eigen's steps: they give TensorFlow's
/// results for matrices that are not finite, on which LAPACK stops or takes shortcuts, and its
/// choice of pivots among complex numbers.
extension DenseMatrix {
  private typealias Complex = MatrixFunctions.Complex

  /// L and U in one matrix, with pivots as LAPACK counts them: the row that step k swaps with, from
  /// 1 on. A pivot is the first element of the greatest absolute value.
  ///
  /// - Parameter divide: how complex numbers are divided, which differs for infinite ones.
  func plainLU(
    dividing divide: (MatrixFunctions.Complex, MatrixFunctions.Complex) -> MatrixFunctions.Complex
  ) -> (factors: DenseMatrix, pivots: [Int32]) {
    var a = self
    var pivots = [Int32](repeating: 0, count: max(rows, 1))
    var left = Int64(0)
    for k in 0..<rows {
      if Self.isToEnd(rows, columns, &left) { return (a, pivots) }
      var (pivot, greatest) = (k, Self.size(a[k, k]))
      for row in k + 1..<rows {
        let size = Self.size(a[row, k])
        if size > greatest { (pivot, greatest) = (row, size) }
      }
      pivots[k] = Int32(truncatingIfNeeded: pivot + 1)
      if greatest != 0 {
        if pivot != k {
          for column in 0..<columns {
            (a[k, column], a[pivot, column]) = (a[pivot, column], a[k, column])
          }
        }
        let divisor = a[k, k]
        for row in k + 1..<rows {
          a[row, k] =
            isComplex ? divide(a[row, k], divisor) : (a[row, k].re / divisor.re, 0)
        }
      }
      a.eliminate(column: k)
    }
    return (a, pivots)
  }

  /// X with L · U · X = P · `b` for the factors that this matrix is.
  func plainSolve(_ b: DenseMatrix, pivots: [Int32]) -> DenseMatrix {
    var x = b
    var left = Int64(0)
    for column in 0..<b.columns {
      if Self.isToEnd(rows, rows, &left) { return x }
      for row in 0..<rows {
        let other = Int(pivots[row]) - 1
        if other != row { (x[row, column], x[other, column]) = (x[other, column], x[row, column]) }
      }
      for k in 0..<rows {
        let value = x[k, column]
        for row in k + 1..<rows {
          x.subtract(Self.product(self[row, k], value), row, column)
        }
      }
      for k in (0..<rows).reversed() {
        let value =
          isComplex
          ? MatrixFunctions.quotient(x[k, column], self[k, k])
          : (x[k, column].re / self[k, k].re, 0)
        x[k, column] = value
        for row in 0..<k { x.subtract(Self.product(self[row, k], value), row, column) }
      }
    }
    return x
  }

  /// The lower triangle L with L·Lᴴ equal to this matrix, or nil where a diagonal element would be
  /// the root of a number at or below 0. One that is not a number goes on.
  func plainCholesky() -> DenseMatrix? {
    var l = DenseMatrix(isComplex: isComplex, rows: rows, columns: columns)
    var left = Int64(0)
    for k in 0..<columns {
      if Self.isToEnd(rows, k, &left) { return l }
      var diagonal = self[k, k].re
      for j in 0..<k {
        let x = l[k, j]
        diagonal -= x.re * x.re + x.im * x.im
      }
      if diagonal <= 0 { return nil }
      let root = diagonal.squareRoot()
      l[k, k] = (root, 0)
      for row in k + 1..<rows {
        var sum = self[row, k]
        for j in 0..<k {
          let (x, y) = (l[row, j], l[k, j])
          let term = Self.product(x, (y.re, -y.im))
          sum = (sum.re - term.re, sum.im - term.im)
        }
        l[row, k] = (sum.re / root, sum.im / root)
      }
    }
    return l
  }

  /// For this matrix as the factor of `plainCholesky`, the gradient of what was factored.
  ///
  /// - Parameter gradient: the gradient of the factor; its lower triangle is read.
  func plainCholeskyGradient(_ gradient: DenseMatrix) -> DenseMatrix {
    var g = gradient
    for column in 0..<columns { for row in 0..<column { g[row, column] = (0, 0) } }
    var left = Int64(0)
    for k in (0..<rows).reversed() {
      if Self.isToEnd(rows, k, &left) { return g }
      let diagonal = self[k, k].re
      var sum = 0.0
      for row in k + 1..<rows {
        sum += g[row, k].re * self[row, k].re
        g[row, k] = (g[row, k].re / diagonal, 0)
      }
      let own = (g[k, k].re - sum / diagonal) / diagonal
      for j in 0..<k {
        var sum = own * self[k, j].re
        for row in k + 1..<rows { sum += g[row, k].re * self[row, j].re }
        g.subtract((sum, 0), k, j)
        for row in k + 1..<rows {
          g.subtract((g[row, k].re * self[k, j].re, 0), row, j)
        }
      }
      g[k, k] = (own / 2, 0)
    }
    return g.adding(g.transposed()).scaled(0.5)
  }

  /// Whether the run is to end, which the executor then finds out too; asked before `rows` times
  /// `columns` steps.
  static func isToEnd(_ rows: Int, _ columns: Int, _ left: inout Int64) -> Bool {
    // A step here takes some ten times one of a loop in C.
    jk_stopped_after(Int64(rows &* columns &* 10), &left)
  }

  /// Whether what `lu` left on the diagonal makes the matrix one without an inverse. Comparisons
  /// with what is not a number fail, so that it counts only in the first place.
  var hasZeroPivot: Bool {
    var least = rows > 0 ? Self.size(self[0, 0]) : 1
    for k in 0..<rows {
      let size = Self.size(self[k, k])
      if size < least { least = size }
    }
    return !(least > 0)
  }

  private static func size(_ x: Complex) -> Double {
    x.im == 0 ? x.re.magnitude : (x.re * x.re + x.im * x.im).squareRoot()
  }

  private static func product(_ a: Complex, _ b: Complex) -> Complex {
    (a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
  }

  /// Takes column `k` times row `k` from what lies below and to the right of both.
  private mutating func eliminate(column k: Int) {
    let (rows, columns, isComplex) = (rows, columns, isComplex)
    values.withUnsafeMutableBufferPointer { values in
      let from = k * rows
      for column in k + 1..<columns {
        let to = column * rows
        if isComplex {
          let (re, im) = (values[2 * (to + k)], values[2 * (to + k) + 1])
          for row in k + 1..<rows {
            let (x, y) = (values[2 * (from + row)], values[2 * (from + row) + 1])
            values[2 * (to + row)] -= x * re - y * im
            values[2 * (to + row) + 1] -= x * im + y * re
          }
        } else {
          let factor = values[to + k]
          for row in k + 1..<rows { values[to + row] -= values[from + row] * factor }
        }
      }
    }
  }

  mutating func subtract(_ x: MatrixFunctions.Complex, _ row: Int, _ column: Int) {
    let old = self[row, column]
    self[row, column] = (old.re - x.re, old.im - x.im)
  }
}
