import CKernels
import Testing

/// The package's own products, for each width of vector that this processor has.
@Suite struct ProductTests {
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  private static let widths = [8, 16, 32].filter { $0 <= Int(jk_product_width()) }
  private static let shapes: [[Int]] = [
    [1, 1, 1], [2, 5, 3], [3, 7, 8], [4, 16, 31], [5, 3, 32], [7, 64, 33], [8, 17, 100],
    [13, 200, 64], [33, 40, 47],
  ]

  @Test(arguments: widths, shapes) func productsAreRightInAllParts(width: Int, shape: [Int]) {
    let (m, k, n) = (shape[0], shape[1], shape[2])
    var numbers = Numbers(state: UInt64(width * 1000 + m * n))
    func random(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &numbers) }
    }
    let (a, b, bias) = (random(m * k), random(k * n), random(n))
    var transposed = b
    for q in 0..<k { for j in 0..<n { transposed[j * k + q] = b[q * n + j] } }
    let exact = (0..<m * n).map { index in
      (0..<k).reduce(Double(bias[index % n])) {
        $0 + Double(a[index / n * k + $1]) * Double(b[$1 * n + index % n])
      }
    }
    var product = jk_product()
    (product.m, product.n, product.k, product.a_row, product.b_row) = (
      Int64(m), Int64(n), Int64(k), Int64(k), Int64(n)
    )
    product.width = Int64(width)
    let panels = jk_product_panels(&product)
    var results: [[Float]] = []
    for isTransposed in [false, true] {
      var packed = product
      var room = [Float](repeating: .nan, count: Int(panels) * k * width)
      jk_product_pack(&packed, isTransposed ? transposed : b, isTransposed ? 1 : 0, &room)
      var whole = [Float](repeating: .nan, count: m * n)
      jk_product_part(&packed, a, room, bias, &whole, 0, Int64(m), 0, panels)
      var parts = [Float](repeating: .nan, count: m * n)
      for row in 0..<m {
        for panel in 0..<panels {
          jk_product_part(
            &packed, a, room, bias, &parts, Int64(row), Int64(row + 1), panel, panel + 1)
        }
      }
      results += [whole, parts]
    }
    if n >= width {
      var plain = [Float](repeating: .nan, count: m * n)
      jk_run_product(&product, a, b, bias, &plain)
      results.append(plain)
    }
    for (index, value) in exact.enumerated() {
      #expect(abs(Double(results[0][index]) - value) < 1e-6 * Double(k + 4))
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test(arguments: widths) func resultsAreHeldBetweenBoundsAndStayNaN(width: Int) {
    var product = jk_product()
    (product.m, product.n, product.k, product.a_row, product.b_row) = (1, 40, 1, 1, 40)
    (product.width, product.clamps, product.low, product.high) = (Int64(width), 1, 0, 6)
    var b = (0..<40).map { Float($0) - 20 }
    b[7] = .nan
    var result = [Float](repeating: -1, count: 40)
    jk_run_product(&product, [1], b, nil, &result)
    #expect(result[7].isNaN)
    for index in 0..<40 where index != 7 { #expect(result[index] == min(max(b[index], 0), 6)) }
  }
}
