import CKernels
import COpenBLAS
import CoreOps

/// A matrix of double or complex double numbers in column-major order, as LAPACK takes it.
struct DenseMatrix {
  let isComplex: Bool
  package let rows: Int
  let columns: Int
  /// Real and imaginary parts next to each other where the numbers are complex.
  var values: [Double]

  var width: Int { isComplex ? 2 : 1 }

  init(isComplex: Bool, rows: Int, columns: Int) {
    self.isComplex = isComplex
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: 0, count: rows * columns * (isComplex ? 2 : 1))
  }

  static func identity(isComplex: Bool, _ size: Int) -> DenseMatrix {
    var result = DenseMatrix(isComplex: isComplex, rows: size, columns: size)
    for i in 0..<size { result[i, i] = (1, 0) }
    return result
  }

  /// Matrix `index` of a row-major stack.
  init(
    _ pointer: UnsafeRawPointer, _ dtype: DType, index: Int, rows: Int, columns: Int,
    isComplex: Bool? = nil
  ) {
    let isComplex = isComplex ?? dtype.isComplex
    var turned = DenseMatrix(isComplex: isComplex, rows: columns, columns: rows)
    let count = rows * columns
    if count > 0 {
      jk_convert_numbers(
        Int32(dtype.rawValue), Int32((isComplex ? DType.complex128 : .float64).rawValue),
        pointer + index * count * dtype.byteSize, &turned.values, Int64(count))
    }
    self = turned.transposed()
  }

  /// Writes it as matrix `index` of a row-major stack.
  func store(_ pointer: UnsafeMutableRawPointer, _ dtype: DType, index: Int) {
    let turned = transposed()
    let count = rows * columns
    if count == 0 { return }
    jk_convert_numbers(
      Int32((isComplex ? DType.complex128 : .float64).rawValue), Int32(dtype.rawValue),
      turned.values,
      pointer + index * count * dtype.byteSize, Int64(count))
  }

  subscript(row: Int, column: Int) -> (re: Double, im: Double) {
    get {
      let i = (column * rows + row) * width
      return (values[i], isComplex ? values[i + 1] : 0)
    }
    set {
      let i = (column * rows + row) * width
      values[i] = newValue.re
      if isComplex { values[i + 1] = newValue.im }
    }
  }

  package func transposed(conjugated: Bool = false) -> DenseMatrix {
    var result = DenseMatrix(isComplex: isComplex, rows: columns, columns: rows)
    let (rows, columns) = (rows, columns)
    values.withUnsafeBufferPointer { from in
      result.values.withUnsafeMutableBufferPointer { to in
        if isComplex {
          let sign: Double = conjugated ? -1 : 1
          for c in 0..<columns {
            for r in 0..<rows {
              to[(r * columns + c) * 2] = from[(c * rows + r) * 2]
              to[(r * columns + c) * 2 + 1] = sign * from[(c * rows + r) * 2 + 1]
            }
          }
        } else {
          for c in 0..<columns { for r in 0..<rows { to[r * columns + c] = from[c * rows + r] } }
        }
      }
    }
    return result
  }

  var adjoint: DenseMatrix { transposed(conjugated: true) }

  /// The matrix itself, or its adjoint.
  func form(adjoint: Bool) -> DenseMatrix { adjoint ? self.adjoint : self }

  var isFinite: Bool { values.allSatisfy { $0.isFinite } }

  package mutating func fill(_ value: Double) {
    for i in values.indices { values[i] = value }
  }

  func scaled(_ factor: Double) -> DenseMatrix {
    var result = self
    for i in values.indices { result.values[i] *= factor }
    return result
  }

  func adding(_ other: DenseMatrix, _ factor: Double = 1) -> DenseMatrix {
    var result = self
    for i in values.indices { result.values[i] += factor * other.values[i] }
    return result
  }

  /// The product of this matrix and `other`.
  func times(_ other: DenseMatrix) -> DenseMatrix {
    var result = DenseMatrix(isComplex: isComplex, rows: rows, columns: other.columns)
    if rows == 0 || other.columns == 0 || columns == 0 { return result }
    // Column-major matrices are row-major ones turned round: (A·B)ᵀ = Bᵀ·Aᵀ.
    let gemm = isComplex ? jk_blas_gemm_c128 : jk_blas_gemm_f64
    gemm(
      0, 0, Int64(other.columns), Int64(rows), Int64(columns), other.values, Int64(columns), values,
      Int64(rows),
      &result.values, Int64(rows))
    return result
  }

  /// The largest sum of absolute values in a column.
  var norm1: Double {
    var largest = 0.0
    for c in 0..<columns {
      var sum = 0.0
      for r in 0..<rows {
        let x = self[r, c]
        sum += (x.re * x.re + x.im * x.im).squareRoot()
      }
      largest = max(largest, sum)
    }
    return largest
  }

  var z: Int32 { isComplex ? 1 : 0 }

  // MARK: - decompositions

  /// L and U in one square matrix, and which rows were swapped; `singular` when a pivot is 0.
  func lu() -> (factors: DenseMatrix, pivots: [Int32], singular: Bool) {
    var factors = self
    var pivots = [Int32](repeating: 0, count: max(rows, 1))
    if rows == 0 { return (factors, pivots, false) }
    guard isFinite else {
      (factors, pivots) = plainLU(dividing: MatrixFunctions.quotient)
      return (factors, pivots, factors.hasZeroPivot)
    }
    let info = jk_getrf(z, Int32(rows), Int32(columns), &factors.values, &pivots)
    return (factors, pivots, info != 0)
  }

  /// X with self · X = `b`, or nil when this matrix is singular.
  func solve(_ b: DenseMatrix) -> DenseMatrix? {
    if rows == 0 || b.columns == 0 { return b }
    let (factors, pivots, singular) = lu()
    if singular { return nil }
    if !isFinite { return factors.plainSolve(b, pivots: pivots) }
    var x = b
    _ = jk_getrs(z, 0, Int32(rows), Int32(b.columns), factors.values, pivots, &x.values)
    return x
  }

  func inverse() -> DenseMatrix? {
    if rows == 0 { return self }
    if !isFinite { return solve(.identity(isComplex: isComplex, rows)) }
    var (factors, pivots, singular) = lu()
    if singular { return nil }
    var work = [Double](repeating: 0, count: rows * 64 * width)
    let info = jk_getri(z, Int32(rows), &factors.values, &pivots, &work, Int32(rows * 64))
    return info == 0 ? factors : nil
  }

  /// The lower triangle L with L·Lᴴ equal to this matrix, whose lower triangle is read; nil when
  /// there is none. Elements that are not numbers go into those that follow from them.
  func cholesky() -> DenseMatrix? {
    if rows == 0 { return self }
    var factor = self
    let info = jk_potrf(z, 0, Int32(rows), &factor.values)
    for c in 0..<columns { for r in 0..<c { factor[r, c] = (0, 0) } }
    if info == 0, factor.isFinite { return factor }
    return isFinite ? nil : plainCholesky()
  }

  /// X with L·Lᴴ·X = `b` for the L that this matrix is.
  func choleskySolve(_ b: DenseMatrix) -> DenseMatrix {
    if rows == 0 || b.columns == 0 { return b }
    var x = b
    _ = jk_potrs(z, 0, Int32(rows), Int32(b.columns), values, &x.values)
    return x
  }

  func qr(full: Bool) -> (q: DenseMatrix, r: DenseMatrix) {
    let (m, n) = (rows, columns)
    let k = min(m, n)
    let wide = full ? m : k
    var r = DenseMatrix(isComplex: isComplex, rows: wide, columns: n)
    if m == 0 || n == 0 {
      return (
        full
          ? .identity(isComplex: isComplex, m)
          : DenseMatrix(isComplex: isComplex, rows: m, columns: k), r
      )
    }
    if !isFinite { return plainQR(full: full) }
    var factors = self
    var tau = [Double](repeating: 0, count: k * width)
    let lwork = max(m, n) * 64
    var work = [Double](repeating: 0, count: lwork * width)
    _ = jk_geqrf(z, Int32(m), Int32(n), &factors.values, &tau, &work, Int32(lwork))
    for c in 0..<n { for row in 0...min(c, k - 1) { r[row, c] = factors[row, c] } }
    var q = DenseMatrix(isComplex: isComplex, rows: m, columns: wide)
    let shared = min(n, wide) * m * width
    q.values.replaceSubrange(0..<shared, with: factors.values[0..<shared])
    _ = jk_orgqr(z, Int32(m), Int32(wide), Int32(k), &q.values, tau, &work, Int32(lwork))
    return (q, r)
  }

  /// The singular values, and u and v with u · diag(s) · vᴴ equal to this matrix. Where it is not
  /// finite they are not numbers, or 0 where it is complex, as in TensorFlow.
  func svd(vectors: Bool, full: Bool) -> (s: [Double], u: DenseMatrix, v: DenseMatrix) {
    if vectors, JacobiSVD.takes(self) { return JacobiSVD.decompose(self, full: full) }
    let full = full && vectors
    let (m, n) = (rows, columns)
    let k = min(m, n)
    var s = [Double](repeating: .nan, count: k)
    var u = DenseMatrix(isComplex: isComplex, rows: m, columns: full ? m : k)
    var vt = DenseMatrix(isComplex: isComplex, rows: full ? n : k, columns: n)
    if k == 0 {
      if full {
        u = .identity(isComplex: isComplex, m)
        vt = .identity(isComplex: isComplex, n)
      }
      return (s, u, vt.adjoint)
    }
    var a = self
    let big = max(m, n)
    let lwork = 5 * k * k + 64 * (m + n) + 10 * big
    var work = [Double](repeating: 0, count: lwork * width)
    var rwork = [Double](
      repeating: 0, count: max(5 * k * k + 7 * k, 2 * big * k + 2 * k * k + k) + 1)
    var iwork = [Int32](repeating: 0, count: 8 * k)
    let info =
      a.isFinite
      ? jk_gesdd(
        z, vectors ? (full ? 2 : 1) : 0, Int32(m), Int32(n), &a.values, &s, &u.values, &vt.values,
        &work,
        Int32(lwork), &rwork, &iwork) : 1
    if info != 0 {
      let nothing: Double = isComplex ? 0 : .nan
      s = [Double](repeating: nothing, count: k)
      u.fill(nothing)
      vt.fill(nothing)
    }
    return (s, u, vt.adjoint)
  }

  /// The eigenvalues in ascending order, and the eigenvectors as columns, of a self-adjoint matrix,
  /// whose lower triangle is read.
  ///
  /// - Throws: `INVALID_ARGUMENT` where the iteration would not end because of elements that are
  ///   not finite.
  func selfAdjointEigen(vectors: Bool) throws -> (values: [Double], vectors: DenseMatrix) {
    var a = self
    var w = [Double](repeating: .nan, count: rows)
    if rows == 0 { return (w, a) }
    if rows == 1 {
      w[0] = self[0, 0].re
      a[0, 0] = (1, 0)
      return (w, a)
    }
    let isLowerFinite = (0..<rows).allSatisfy { r in
      (0...r).allSatisfy { c in self[r, c].re.isFinite && self[r, c].im.isFinite }
    }
    guard isLowerFinite else {
      // Where an infinite corner alone stands out, or in two rows the diagonal, the scaled matrix
      // is diagonal already, without numbers.
      let isAlone = (0..<rows).allSatisfy { r in
        (0...r).allSatisfy { c in
          let x = self[r, c]
          return r == c && (r == 0 || rows == 2)
            ? !x.re.isNaN && x.im.isFinite : x.re.isFinite && x.im.isFinite
        }
      }
      guard isAlone else { throw Self.notDecomposed("Self-adjoint eigen") }
      a.fill(.nan)
      return (w, a)
    }
    let lwork = 66 * rows
    var work = [Double](repeating: 0, count: lwork * width)
    var rwork = [Double](repeating: 0, count: 3 * rows)
    let info = jk_heev(
      z, vectors ? 1 : 0, 0, Int32(rows), &a.values, &w, &work, Int32(lwork), &rwork)
    guard info == 0 else { throw Self.notDecomposed("Self-adjoint eigen") }
    return (w, a)
  }

  private static func notDecomposed(_ kind: String) -> TFError {
    TFError.invalidArgument(
      "\(kind) decomposition was not successful. The input might not be valid.")
  }

  /// The eigenvalues (one column) and eigenvectors of a real matrix: conjugate pairs next to each
  /// other.
  private func realEigen(vectors: Bool) throws -> (values: DenseMatrix, vectors: DenseMatrix) {
    var a = self
    var w = DenseMatrix(isComplex: true, rows: rows, columns: 1)
    var v = DenseMatrix(isComplex: true, rows: rows, columns: rows)
    var real = DenseMatrix(isComplex: false, rows: rows, columns: rows)
    let lwork = 66 * rows + rows * rows
    var work = [Double](repeating: 0, count: lwork)
    var (wr, wi, scale) = (
      [Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows),
      [Double](repeating: 0, count: rows)
    )
    let info = jk_real_geev(
      vectors ? 1 : 0, Int32(rows), &a.values, &wr, &wi, &real.values, &scale, &work, Int32(lwork))
    guard info == 0 else { throw Self.notDecomposed("Eigen") }
    for column in 0..<rows {
      w[column, 0] = (wr[column], wi[column])
      // The first of a pair has its vector's real part in its own column and the imaginary one in
      // the next.
      let first = wi[column] < 0 ? column - 1 : column
      for row in 0..<rows {
        let imaginary = wi[column] == 0 ? 0 : real[row, first + 1].re
        v[row, column] = (real[row, first].re, wi[column] < 0 ? -imaginary : imaginary)
      }
    }
    return (w, v)
  }

  /// The eigenvalues (one column) and eigenvectors of a matrix.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a matrix that is not finite.
  func eigen(vectors: Bool) throws -> (values: DenseMatrix, vectors: DenseMatrix) {
    if isComplex, rows == 1 {
      var one = self
      one[0, 0] = (1, 0)
      return (self, one)
    }
    guard isFinite else { throw Self.notDecomposed("Eigen") }
    if !isComplex, rows > 0 { return try realEigen(vectors: vectors) }
    var a = self
    var w = DenseMatrix(isComplex: true, rows: rows, columns: 1)
    var v = DenseMatrix(isComplex: true, rows: rows, columns: rows)
    if rows == 0 { return (w, v) }
    let lwork = 66 * rows
    var work = [Double](repeating: 0, count: lwork * 2)
    var rwork = [Double](repeating: 0, count: 2 * rows)
    let info = jk_geev(
      vectors ? 1 : 0, Int32(rows), &a.values, &w.values, &v.values, &work, Int32(lwork), &rwork)
    guard info == 0 else { throw Self.notDecomposed("Eigen") }
    return (w, v)
  }

  /// An upper triangle t and a unitary u with u · t · uᴴ equal to this complex matrix.
  func schur() -> (t: DenseMatrix, u: DenseMatrix)? {
    if !isFinite { return nil }
    var t = self
    var u = DenseMatrix(isComplex: true, rows: rows, columns: rows)
    if rows == 0 { return (t, u) }
    var w = [Double](repeating: 0, count: 2 * rows)
    let lwork = 66 * rows
    var work = [Double](repeating: 0, count: lwork * 2)
    var rwork = [Double](repeating: 0, count: rows)
    let info = jk_gees(Int32(rows), &t.values, &w, &u.values, &work, Int32(lwork), &rwork)
    return info == 0 ? (t, u) : nil
  }
}
