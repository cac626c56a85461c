import CKernels
import CoreOps

/// A single-precision product with a matrix whose panels of columns fit the cache, and what follows
/// it.
///
/// Measured beside oneDNN 2.6 with AVX-512, from 16 × 192 × 512 to 1024 × 1024 × 1024, it takes 90
/// to 100 % of the time; and any range of rows can be computed by itself.
final class ProductPlan: @unchecked Sendable {
  private var product = jk_product()
  /// b in panels, if it is the same at every run.
  private let packed: Buffer?
  private let activation: FusedActivation

  /// The longest column of b of which a panel stays in the cache.
  private static let maximumDepth = 2048
  /// The most elements of a b that is taken as it lies.
  private static let maximumPlain = 1 << 17

  /// - Parameters:
  ///   - constant: the value that b has at every run.
  ///   - layouts: where its layout is kept for other shapes.
  /// - Returns: nil where another way is faster.
  init?(_ plan: jk_matmul, _ epilogue: Epilogue, constant: Tensor?, _ layouts: PackedMatrix) {
    guard plan.dtype == Int32(DType.float32.rawValue), plan.batch == 1, plan.ta == 0, plan.m > 1,
      plan.n > 1,
      plan.k <= Self.maximumDepth, !epilogue.residual
    else { return nil }
    product.m = plan.m
    product.n = plan.n
    product.k = plan.k
    product.a_row = plan.k
    product.b_row = plan.n
    product.width = Int64(jk_product_width())
    activation = product.clamp(epilogue.activation)
    if let constant {
      guard let panels = layouts.panels(of: constant, isTransposed: plan.tb != 0, &product) else {
        return nil
      }
      packed = panels
    } else {
      guard plan.tb == 0, plan.n >= product.width, Int(plan.k * plan.n) <= Self.maximumPlain else {
        return nil
      }
      packed = nil
    }
  }

  package func run(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, _ c: UnsafeMutableRawPointer,
    bias: UnsafeMutableRawPointer?
  ) {
    jk_run_product(
      &product, floats(a), floats(packed?.pointer ?? b), bias.map { UnsafePointer(floats($0)) },
      floats(c))
    activate(floats(c), product.m)
  }

  /// The product in parts of rows. The pointers are a, b, the bias where there is one, and the
  /// result.
  package func rows(hasBias: Bool) -> RowForm {
    let output = hasBias ? 3 : 2
    return RowForm(
      count: Int(product.m), shared: hasBias ? [1, 2] : [1], work: Int(product.n * product.k),
      rereads: Int(product.n * product.k) * 4
    ) { [self] pointers, range in
      let c = floats(pointers[output])
      jk_product_part(
        &product, floats(pointers[0]), floats(packed?.pointer ?? pointers[1]),
        hasBias ? UnsafePointer(floats(pointers[2])) : nil, c, Int64(range.lowerBound),
        Int64(range.upperBound), 0,
        jk_product_panels(&product))
      activate(c + range.lowerBound * Int(product.n), Int64(range.count))
    }
  }

  private func activate(_ c: UnsafeMutablePointer<Float>, _ rows: Int64) {
    guard activation != .none else { return }
    jk_epilogue(
      Int32(JK_F32), rows * product.n, product.n, 1, c, nil, nil, activation.number,
      activation.alpha)
  }

  private func floats(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    pointer.assumingMemoryBound(to: Float.self)
  }
}
