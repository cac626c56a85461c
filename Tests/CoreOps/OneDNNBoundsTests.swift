import CKernels
import COneDNN
import Testing

/// What oneDNN writes lies inside the memory that it is given, and is right, for small shapes of
/// each primitive.
@Suite struct OneDNNBoundsTests {
  /// Memory with a zone before and after it that must stay as it is.
  private final class Guarded {
    private static let zone = 1 << 14, mark: UInt8 = 0xa5
    private let base: UnsafeMutableRawPointer
    private let bytes: Int
    var address: UnsafeMutableRawPointer { base + Self.zone }
    var floats: UnsafeMutablePointer<Float> { address.assumingMemoryBound(to: Float.self) }

    init(bytes: Int) {
      self.bytes = bytes
      base = .allocate(byteCount: bytes + 2 * Self.zone, alignment: 64)
      base.initializeMemory(as: UInt8.self, repeating: Self.mark, count: bytes + 2 * Self.zone)
    }

    convenience init(_ values: [Float]) {
      self.init(bytes: values.count * 4)
      for index in values.indices { floats[index] = values[index] }
    }

    deinit { base.deallocate() }

    var isWhole: Bool {
      let all = UnsafeRawBufferPointer(start: base, count: bytes + 2 * Self.zone)
      return all[..<Self.zone].allSatisfy { $0 == Self.mark }
        && all[(Self.zone + bytes)...].allSatisfy { $0 == Self.mark }
    }
  }

  private struct Numbers {
    var state: UInt64
    mutating func values(_ count: Int) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 33) % 1000) / 1000
      }
    }
  }

  /// A square image and window; no padding, or as much as makes the output `in / stride` long.
  struct Window: CustomTestStringConvertible, Sendable {
    let size: Int, kernel: Int, stride: Int, dilation: Int, padded: Bool
    var testDescription: String {
      "\(size) by \(kernel), stride \(stride), dilation \(dilation)\(padded ? ", padded" : "")"
    }
    var reach: Int { (kernel - 1) * dilation + 1 }
    var out: Int { padded ? (size + stride - 1) / stride : (size - reach) / stride + 1 }
    var before: Int { padded ? max((out - 1) * stride + reach - size, 0) / 2 : 0 }
  }

  static let windows = [
    Window(size: 5, kernel: 1, stride: 1, dilation: 1, padded: false),
    Window(size: 8, kernel: 1, stride: 2, dilation: 1, padded: false),
    Window(size: 9, kernel: 1, stride: 2, dilation: 1, padded: true),
    Window(size: 14, kernel: 1, stride: 2, dilation: 1, padded: true),
    Window(size: 12, kernel: 1, stride: 3, dilation: 1, padded: false),
    Window(size: 7, kernel: 3, stride: 1, dilation: 1, padded: true),
    Window(size: 9, kernel: 3, stride: 2, dilation: 1, padded: false),
    Window(size: 8, kernel: 3, stride: 1, dilation: 2, padded: true),
    Window(size: 10, kernel: 5, stride: 2, dilation: 1, padded: true),
  ]
  private static let channels = [
    (1, 1), (1, 8), (2, 5), (3, 5), (3, 16), (5, 3), (6, 10), (7, 9), (8, 8), (9, 7), (12, 4),
    (15, 17), (16, 3), (17, 16), (24, 6), (33, 2),
  ]

  private static let forward = Int32(JK_CONV_FORWARD)
  private static let inputGradient = Int32(JK_CONV_INPUT_GRADIENT)
  private static let filterGradient = Int32(JK_CONV_FILTER_GRADIENT)

  @Test(arguments: [forward, inputGradient, filterGradient], windows)
  func convolutionsStayInTheirMemory(kind: Int32, window: Window) {
    for (index, (inChannels, outChannels)) in Self.channels.enumerated() {
      check(kind, window, 2, inChannels, outChannels, groups: 1, channelsFirst: index % 3 == 2)
    }
    for channels in [2, 5, 8, 13, 17] {
      check(kind, window, 2, channels, channels, groups: channels, channelsFirst: false)
    }
    check(kind, window, 2, 6, 9, groups: 3, channelsFirst: false)
    check(kind, window, 1, 3, 5, groups: 1, channelsFirst: false)
    check(kind, window, 3, 3, 5, groups: 1, channelsFirst: false)
  }

  /// One convolution of two images over `rank` dimensions.
  private func check(
    _ kind: Int32, _ window: Window, _ rank: Int, _ inChannels: Int, _ outChannels: Int,
    groups: Int, channelsFirst: Bool
  ) {
    let text = "\(rank) dimensions, channels \(inChannels) to \(outChannels), groups \(groups)"
    let batch = 2, size = window.size, out = window.out
    let pixels = (0..<rank).reduce(1) { product, _ in product * size }
    let outPixels = (0..<rank).reduce(1) { product, _ in product * out }
    let taps = (0..<rank).reduce(1) { product, _ in product * window.kernel }
    let inPart = inChannels / groups, outPart = outChannels / groups
    var conv = jk_dnnl_conv()
    (conv.kind, conv.spatial, conv.channels_first) = (kind, Int32(rank), channelsFirst ? 1 : 0)
    (conv.batch, conv.in_channels) = (Int64(batch), Int64(inChannels))
    (conv.out_channels, conv.groups) = (Int64(outChannels), Int64(groups))
    let after = (out - 1) * window.stride + window.reach - size - window.before
    func dims(_ value: Int) -> (Int64, Int64, Int64) { (Int64(value), Int64(value), Int64(value)) }
    (conv.in, conv.out, conv.kernel) = (dims(size), dims(out), dims(window.kernel))
    (conv.stride, conv.dilation) = (dims(window.stride), dims(window.dilation))
    (conv.pad_before, conv.pad_after) = (dims(window.before), dims(after))
    var numbers = Numbers(state: UInt64(inChannels * 100 + outChannels))
    let x = numbers.values(batch * pixels * inChannels)
    let w = numbers.values(taps * inPart * outChannels)
    let y = numbers.values(batch * outPixels * outChannels)
    let given = (x: Guarded(x), w: Guarded(w), y: Guarded(y))
    var epilogue = jk_dnnl_epilogue()
    guard let plan = jk_dnnl_conv_create(&conv, &epilogue, nil) else {
      Issue.record("no plan for \(text)")
      return
    }
    defer { jk_dnnl_destroy(plan) }
    let scratch = Guarded(bytes: (jk_dnnl_scratch_bytes(plan) + 63) / 64 * 64)
    #expect(
      jk_dnnl_run(
        plan, given.x.address, given.w.address, nil, given.y.address, nil, scratch.address) == 0)
    #expect(given.x.isWhole, "the input of \(text)")
    #expect(given.w.isWhole, "the filter of \(text)")
    #expect(given.y.isWhole, "the output of \(text)")
    #expect(scratch.isWhole, "the scratch memory of \(text)")

    // The same in double precision, tap by tap.
    let result = [given.y, given.x, given.w][Int(kind)].floats
    var sums = [Double](repeating: 0, count: [y.count, x.count, w.count][Int(kind)])
    for n in 0..<batch {
      for position in 0..<outPixels {
        for tap in 0..<taps {
          guard let pixel = self.pixel(position, tap, window, rank) else { continue }
          for o in 0..<outChannels {
            let yi =
              channelsFirst
              ? (n * outChannels + o) * outPixels + position
              : (n * outPixels + position) * outChannels + o
            for i in 0..<inPart {
              let channel = o / outPart * inPart + i
              let xi =
                channelsFirst
                ? (n * inChannels + channel) * pixels + pixel
                : (n * pixels + pixel) * inChannels + channel
              let wi = (tap * inPart + i) * outChannels + o
              switch kind {
              case Self.forward: sums[yi] += Double(x[xi]) * Double(w[wi])
              case Self.inputGradient: sums[xi] += Double(y[yi]) * Double(w[wi])
              default: sums[wi] += Double(x[xi]) * Double(y[yi])
              }
            }
          }
        }
      }
    }
    let worst = sums.indices.map { abs(Double(result[$0]) - sums[$0]) }.max() ?? 0
    #expect(worst < 1e-3, "\(text)")
  }

  /// The input pixel that a tap of an output position reads; nil where it is padding.
  private func pixel(_ position: Int, _ tap: Int, _ window: Window, _ rank: Int) -> Int? {
    var (position, tap, pixel, step) = (position, tap, 0, 1)
    for _ in 0..<rank {
      let at =
        position % window.out * window.stride - window.before
        + tap % window.kernel * window.dilation
      guard at >= 0, at < window.size else { return nil }
      pixel += at * step
      (position, tap, step) = (position / window.out, tap / window.kernel, step * window.size)
    }
    return pixel
  }

  @Test(arguments: [1, 2, 3, 5, 8, 13, 33], [false, true])
  func productsStayInTheirMemory(m: Int, isTransposed: Bool) {
    for n in [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65] {
      for k in [1, 3, 8, 17, 64] {
        for batch in [1, 3] { check(m, n, k, batch, isTransposed) }
      }
    }
  }

  private func check(_ m: Int, _ n: Int, _ k: Int, _ batch: Int, _ isTransposed: Bool) {
    var numbers = Numbers(state: UInt64(m * 10000 + n * 100 + k))
    let a = numbers.values(batch * m * k), b = numbers.values(batch * k * n)
    let bias = numbers.values(n)
    let exact = (0..<batch * m * n).map { index in
      let (j, row, part) = (index % n, index / n % m, index / n / m)
      return (0..<k).reduce(0.0) { sum, q in
        let left = a[part * m * k + (isTransposed ? q * m + row : row * k + q)]
        let right = b[part * k * n + (isTransposed ? j * k + q : q * n + j)]
        return sum + Double(left) * Double(right)
      }
    }
    var shape = jk_dnnl_matmul()
    (shape.m, shape.n, shape.k) = (Int64(m), Int64(n), Int64(k))
    (shape.batch_rank, shape.batch.0) = (batch > 1 ? 1 : 0, Int64(batch))
    (shape.a_batch_stride.0, shape.b_batch_stride.0) = (Int64(m * k), Int64(k * n))
    shape.a_stride = isTransposed ? (1, Int64(m)) : (Int64(k), 1)
    shape.b_stride = isTransposed ? (1, Int64(k)) : (Int64(n), 1)
    var epilogue = jk_dnnl_epilogue()
    epilogue.bias = 1
    let text = "\(batch) of [\(m), \(k)] by [\(k), \(n)]"
    let given = (a: Guarded(a), b: Guarded(b), bias: Guarded(bias))
    let c = Guarded(bytes: batch * m * n * 4)
    guard let plan = jk_dnnl_matmul_create(&shape, &epilogue, nil) else {
      Issue.record("no plan for \(text)")
      return
    }
    defer { jk_dnnl_destroy(plan) }
    let scratch = Guarded(bytes: (jk_dnnl_scratch_bytes(plan) + 63) / 64 * 64)
    #expect(
      jk_dnnl_run(
        plan, given.a.address, given.b.address, given.bias.address, c.address, nil, scratch.address)
        == 0)
    for memory in [given.a, given.b, given.bias, c, scratch] {
      #expect(memory.isWhole, "the memory of \(text)")
    }
    let worst = exact.indices.map {
      abs(Double(c.floats[$0]) - exact[$0] - Double(bias[$0 % n]))
    }.max()
    #expect(worst! < 1e-3, "\(text)")
    guard batch == 1 else { return }
    let product = Guarded(bytes: m * n * 4)
    let t: Int32 = isTransposed ? 1 : 0
    jk_dnnl_gemm_f32(
      t, t, Int64(m), Int64(n), Int64(k), given.a.address, Int64(isTransposed ? m : k),
      given.b.address, Int64(isTransposed ? k : n), product.address, Int64(n))
    #expect(product.isWhole, "the product of \(text)")
    #expect(exact.indices.allSatisfy { abs(Double(product.floats[$0]) - exact[$0]) < 1e-3 })
  }
}
