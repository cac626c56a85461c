package import CKernels
package import CoreOps

/// A constant matrix laid out for the package's product loops: once for a node, whatever shapes it
/// is specialised for.
package final class PackedMatrix: Sendable {
  private struct State {
    var source: Tensor?
    var isTransposed = false
    var panels: Buffer?
  }

  private let state = Lock(State())

  package init() {}

  /// The matrix in panels, of which `product` is told.
  ///
  /// - Returns: nil when there is no memory for it.
  package func panels(of matrix: Tensor, isTransposed: Bool, _ product: inout jk_product) -> Buffer?
  {
    let made = state.withLock { state -> Buffer? in
      guard let source = state.source, source.isSameMemory(as: matrix),
        state.isTransposed == isTransposed
      else { return nil }
      return state.panels
    }
    let count = Int(jk_product_panels(&product) * product.k * product.width)
    if let made, made.byteCount == count * 4 {
      product.b_panel = product.k * product.width
      product.b_row = product.width
      return made
    }
    guard let buffer = try? Buffer(byteCount: count * 4) else { return nil }
    jk_product_pack(
      &product, matrix.pointer.assumingMemoryBound(to: Float.self), isTransposed ? 1 : 0,
      buffer.pointer.assumingMemoryBound(to: Float.self))
    state.withLock {
      $0 = State(source: matrix, isTransposed: isTransposed, panels: buffer)
    }
    return buffer
  }
}

extension jk_product {
  /// Has the product do an activation while it writes, if it can.
  ///
  /// - Returns: what is left to do.
  package mutating func clamp(_ activation: FusedActivation) -> FusedActivation {
    switch activation {
    case .relu: (clamps, low, high) = (1, 0, .infinity)
    case .relu6: (clamps, low, high) = (1, 0, 6)
    default: return activation
    }
    return .none
  }
}
