import CoreOps

/// Functions of square matrices.
enum MatrixFunctions {
  typealias Complex = (re: Double, im: Double)

  static func multiply(_ a: Complex, _ b: Complex) -> Complex {
    (a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
  }

  static func divide(_ a: Complex, _ b: Complex) -> Complex {
    if b.im == 0 { return (a.re / b.re, a.im / b.re) }
    // By the larger part first, so that squares do not overflow.
    if b.re.magnitude >= b.im.magnitude {
      let ratio = b.im / b.re
      let scale = b.re + b.im * ratio
      return ((a.re + a.im * ratio) / scale, (a.im - a.re * ratio) / scale)
    }
    let ratio = b.re / b.im
    let scale = b.re * ratio + b.im
    return ((a.re * ratio + a.im) / scale, (a.im * ratio - a.re) / scale)
  }

  /// A quotient by way of the divisor over its larger part: an infinite divisor gives no number.
  static func quotientOfFinite(_ a: Complex, _ b: Complex) -> Complex {
    let larger = max(b.re.magnitude, b.im.magnitude)
    let (c, d) = (b.re / larger, b.im / larger)
    let scale = c * c + d * d
    return ((a.re * c + a.im * d) / scale / larger, (a.im * c - a.re * d) / scale / larger)
  }

  /// A quotient by the rules of C for infinite numbers: 0 for a finite one over an infinite one.
  static func quotient(_ a: Complex, _ b: Complex) -> Complex {
    let result = quotientOfFinite(a, b)
    guard result.re.isNaN, result.im.isNaN else { return result }
    func unit(_ x: Double) -> Double { .init(signOf: x, magnitudeOf: x.isInfinite ? 1 : 0) }
    if b.re.isInfinite || b.im.isInfinite, a.re.isFinite, a.im.isFinite {
      let (c, d) = (unit(b.re), unit(b.im))
      return (0 * (a.re * c + a.im * d), 0 * (a.im * c - a.re * d))
    }
    if a.re.isInfinite || a.im.isInfinite, b.re.isFinite, b.im.isFinite {
      let (x, y) = (unit(a.re), unit(a.im))
      return (.infinity * (x * b.re + y * b.im), .infinity * (y * b.re - x * b.im))
    }
    return result
  }

  static func squareRoot(_ x: Complex) -> Complex {
    let size = (x.re * x.re + x.im * x.im).squareRoot()
    if size == 0 { return (0, 0) }
    if x.re >= 0 {
      let re = ((size + x.re) / 2).squareRoot()
      return (re, x.im / (2 * re))
    }
    let im = ((size - x.re) / 2).squareRoot()
    return x.im >= 0 ? (x.im / (2 * im), im) : (-x.im / (2 * im), -im)
  }

  /// eᴬ by scaling, a Padé approximation of degree 13, and squaring.
  static func exponential(_ a: DenseMatrix) -> DenseMatrix {
    var result = a
    if a.rows == 0 { return a }
    guard a.isFinite else {
      result.fill(.nan)
      return result
    }
    let b: [Double] = [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600, 1_187_353_796_428_800,
      129_060_195_264_000, 10_559_470_521_600, 670_442_572_800, 33_522_128_640, 1_323_241_920,
      40_840_800,
      960_960, 16_380, 182, 1,
    ]
    var squarings = 0
    var norm = a.norm1
    while norm > 5.371920351148152, squarings < 1100 {
      norm /= 2
      squarings += 1
    }
    var x = a
    for _ in 0..<squarings { x = x.scaled(0.5) }
    let one = DenseMatrix.identity(isComplex: a.isComplex, a.rows)
    let x2 = x.times(x)
    let x4 = x2.times(x2)
    let x6 = x4.times(x2)
    func sum(_ c6: Double, _ c4: Double, _ c2: Double, _ c0: Double) -> DenseMatrix {
      x6.scaled(c6).adding(x4, c4).adding(x2, c2).adding(one, c0)
    }
    let odd = x.times(x6.times(sum(b[13], b[11], b[9], 0)).adding(sum(b[7], b[5], b[3], b[1])))
    let even = x6.times(sum(b[12], b[10], b[8], 0)).adding(sum(b[6], b[4], b[2], b[0]))
    guard var power = even.adding(odd, -1).solve(even.adding(odd)) else {
      result.fill(.nan)
      return result
    }
    for _ in 0..<squarings { power = power.times(power) }
    return power
  }

  /// The square root of an upper triangle, column by column.
  private static func triangularRoot(_ t: DenseMatrix) -> DenseMatrix {
    var r = DenseMatrix(isComplex: true, rows: t.rows, columns: t.rows)
    for j in 0..<t.rows {
      r[j, j] = squareRoot(t[j, j])
      for i in (0..<j).reversed() {
        var sum = t[i, j]
        for k in i + 1..<max(j, i + 1) {
          let product = multiply(r[i, k], r[k, j])
          sum = (sum.re - product.re, sum.im - product.im)
        }
        let (p, q) = (r[i, i], r[j, j])
        let scale = (re: p.re + q.re, im: p.im + q.im)
        r[i, j] = divide(sum, scale)
      }
    }
    return r
  }

  /// The principal square root of a complex matrix; not-a-number where it would have to be complex
  /// and `isReal` says that it can't.
  static func squareRoot(_ a: DenseMatrix, isReal: Bool) -> DenseMatrix {
    func hasNegative(_ t: DenseMatrix) -> Bool {
      let small = t.norm1 * Double.ulpOfOne
      return (0..<t.rows).contains { t[$0, $0].re < 0 && t[$0, $0].im.magnitude <= small }
    }
    guard let (t, u) = a.schur(), !(isReal && hasNegative(t)) else {
      var result = a
      result.fill(.nan)
      return result
    }
    return u.times(triangularRoot(t)).times(u.adjoint)
  }

  /// The principal logarithm of a complex matrix: roots are taken until it is close to 1, where a
  /// series converges.
  static func logarithm(_ a: DenseMatrix) -> DenseMatrix {
    guard let (triangle, u) = a.schur() else {
      var result = a
      result.fill(.nan)
      return result
    }
    if a.rows == 0 { return a }
    let one = DenseMatrix.identity(isComplex: true, a.rows)
    var t = triangle
    var doublings = 0
    while t.adding(one, -1).norm1 > 0.05, doublings < 100 {
      t = triangularRoot(t)
      doublings += 1
    }
    // Without a logarithm, as 0 is, the roots never come near 1.
    if doublings == 100 { t.fill(.nan) }
    // log t = 2 · artanh((t - 1)(t + 1)⁻¹).
    let below = t.adding(one)
    guard let x = below.transposed().solve(t.adding(one, -1).transposed())?.transposed() else {
      t.fill(.nan)
      return t
    }
    let square = x.times(x)
    var term = x
    var sum = x
    for k in 1..<12 {
      term = term.times(square)
      sum = sum.adding(term, 1 / Double(2 * k + 1))
    }
    return u.times(sum.scaled(2)).times(u.adjoint).scaled(
      Double(sign: .plus, exponent: doublings, significand: 1))
  }
}
