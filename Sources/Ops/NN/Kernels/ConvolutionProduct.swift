import CKernels
import CoreOps
import OpsLinalg

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
