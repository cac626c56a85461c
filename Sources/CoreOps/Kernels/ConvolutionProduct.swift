import CKernels

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
  func panels(of matrix: Tensor, isTransposed: Bool, _ product: inout jk_product) -> Buffer? {
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

/// A convolution of single precision as a product with its filter. It takes nothing but the
/// filter's layout to make, where a primitive of oneDNN is code made for one size.
struct ConvolutionProduct: Sendable {
  private let product: jk_product
  private let window: jk_window
  private let filter: Buffer
  /// The activation that the product does not do while it writes.
  private let rest: FusedActivation

  /// The longest window of which a tile stays in the cache.
  private static let maximumDepth = 2048

  /// - Parameter filter: `[kernel..., in channels, out channels]`.
  /// - Returns: nil for groups, for channels first, for windows that are too long.
  init?(
    _ window: jk_window, filter: Tensor, _ packed: PackedMatrix, activation: FusedActivation
  ) {
    var product = jk_product()
    product.k = window.kernel.0 * window.kernel.1 * window.kernel.2 * window.in_channels
    guard window.groups == 1, window.channels_first == 0, product.k <= Self.maximumDepth else {
      return nil
    }
    product.m = window.batch * window.out.0 * window.out.1 * window.out.2
    product.n = window.out_channels
    product.a_row = product.k
    product.b_row = product.n
    product.width = Int64(jk_product_width())
    rest = product.clamp(activation)
    guard let filter = packed.panels(of: filter, isTransposed: false, &product) else { return nil }
    self.product = product
    self.window = window
    self.filter = filter
  }

  /// Whether the image's pixels are the windows.
  private var isPlain: Bool {
    window.kernel == (1, 1, 1) && window.stride == (1, 1, 1) && window.pad_before == (0, 0, 0)
      && window.in == window.out
  }

  func run(
    _ x: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?, _ y: UnsafeMutableRawPointer
  ) throws {
    let (x, y) = (x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self))
    let bias = bias.map { UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
    let filter = filter.pointer.assumingMemoryBound(to: Float.self)
    try withUnsafePointer(to: product) { product in
      if isPlain {
        jk_run_product(product, x, filter, bias, y)
      } else {
        try withUnsafePointer(to: window) { window in
          guard jk_conv_product(product, window, x, filter, bias, y) == 0 else {
            throw TFError.resourceExhausted("OOM when laying out the windows of a convolution")
          }
        }
      }
    }
    if rest != .none {
      jk_epilogue(
        Int32(JK_F32), product.m * product.n, 1, 1, y, nil, nil, rest.number, rest.alpha)
    }
  }
}

extension jk_product {
  /// Has the product do an activation while it writes, if it can.
  ///
  /// - Returns: what is left to do.
  mutating func clamp(_ activation: FusedActivation) -> FusedActivation {
    switch activation {
    case .relu: (clamps, low, high) = (1, 0, .infinity)
    case .relu6: (clamps, low, high) = (1, 0, 6)
    default: return activation
    }
    return .none
  }
}
