import CoreOps
import Glibc
import OpsLinalg
import Serialization

/// The kinds of values of a summary, out of tensors.
extension SummaryMessage {
  /// A number, in single precision.
  mutating func add(scalar value: Float, tag: [UInt8]) {
    add(tag: tag) { writer in
      writer.tag(2, 5)
      writer.fixed32(value.bitPattern)
    }
  }

  /// How the elements of a tensor are distributed.
  ///
  /// - Parameter name: what errors call it.
  /// - Throws: `INVALID_ARGUMENT`, in TensorFlow's words, for what is not finite; when the run is
  ///   to end.
  mutating func add(histogramOf tensor: Tensor, tag: [UInt8], name: String) throws {
    var histogram = SummaryHistogram()
    var pace = Pace()
    try tensor.forEachReal { value in
      try pace.step(32)
      try require(!value.isNaN, "Nan in summary histogram for: \(name)")
      try require(value.isFinite, "Infinity in Histogram for: \(name)")
      histogram.add(value)
    }
    add(tag: tag) { writer in
      writer.tag(5, 2)
      writer.block(histogram.message)
    }
  }

  /// Images, as PNG files.
  ///
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`.
  ///   - most: how many are taken.
  ///   - badColor: what stands for pixels that are not finite.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words; `RESOURCE_EXHAUSTED`; when the run is to
  ///   end.
  mutating func add(images: Tensor, tag: [UInt8], most: Int, badColor: Tensor) throws {
    let dims = images.dims
    try require(
      dims.rank == 4 && [1, 3, 4].contains(dims[3]),
      "Tensor must be 4-D with last dim 1, 3, or 4, not \(dims)")
    let (height, width, channels) = (dims[1], dims[2], dims[3])
    let (isSmall, overflow) = height.multipliedReportingOverflow(by: width)
    try require(
      !overflow && isSmall < 1 << 29 && dims[0] < 1 << 31 && height < 1 << 31 && width < 1 << 31,
      "Tensor too large for summary \(dims)")
    let isPlain = images.dtype == .uint8
    try require(
      isPlain || badColor.dims.elementCount >= channels,
      """
      expected depth <= bad_color.size, got depth = \(channels), bad_color.size = \
      \(badColor.dims.elementCount)
      """)
    for index in 0..<min(most, dims[0]) {
      let pixels =
        try isPlain ? images : normalized(images, index, Array(badColor.elements(UInt8.self)))
      let start = isPlain ? index * height * width * channels : 0
      var file: [UInt8] = []
      let isWritten = try ImageEncoder.writePNG(
        pixels.bytes.baseAddress! + start, width: width, height: height, channels: channels
      ) { file = Array($0) }
      guard isWritten else { throw TFError.internal("PNG encoding failed") }
      add(tag: tag + Array(most > 1 ? "/image/\(index)".utf8 : "/image".utf8)) { writer in
        var image = WireWriter()
        for (number, size) in [height, width, channels].enumerated() {
          image.tag(number + 1, 0)
          image.varint(UInt64(size))
        }
        image.tag(4, 2)
        image.block(file)
        writer.tag(4, 2)
        writer.block(image.bytes)
      }
    }
  }

  /// Sounds, as WAV files.
  ///
  /// - Parameters:
  ///   - audio: `[batch, frames]` or `[batch, frames, channels]`, in -1...1.
  ///   - rate: in hertz.
  ///   - most: how many are taken.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  mutating func add(audio: Tensor, tag: [UInt8], rate: Float, most: Int) throws {
    let dims = audio.dims
    try require(
      dims.rank == 2 || dims.rank == 3, "Tensor must be 3-D or 2-D, got: \(dims)")
    try require(rate > 0, "sample_rate must be > 0")
    let (frames, channels) = (dims[1], dims.rank == 2 ? 1 : dims[2])
    let hertz = rate < 1e18 ? max(Int(lrintf(rate)), 1) : Int.max
    for index in 0..<min(most, dims[0]) {
      let size = frames * channels
      let samples = Array(audio.elements(Float.self)[index * size..<(index + 1) * size])
      let file = try WaveFile.encode(samples, samples: frames, channels: channels, rate: hertz)
      add(tag: tag + Array(most > 1 ? "/audio/\(index)".utf8 : "/audio".utf8)) { writer in
        var sound = WireWriter()
        sound.tag(1, 5)
        sound.fixed32(rate.bitPattern)
        for (number, count) in [(2, channels), (3, frames)] where count != 0 {
          sound.tag(number, 0)
          sound.varint(UInt64(count))
        }
        sound.tag(4, 2)
        sound.block(file)
        sound.tag(5, 2)
        sound.block(Array("audio/wav".utf8))
        writer.tag(6, 2)
        writer.block(sound.bytes)
      }
    }
  }

  /// A tensor as it is.
  ///
  /// - Parameters:
  ///   - node: the name of the node that gave it; empty for none.
  ///   - metadata: what a plugin is to make of it, serialized; nil for nothing.
  /// - Throws: `UNIMPLEMENTED` for resources and variants.
  mutating func add(
    tensor: Tensor, tag: [UInt8] = [], node: String = "", metadata: [UInt8]? = nil
  ) throws {
    let message = try tensor.wholeMessage()
    add(tag: tag) { writer in
      if !node.isEmpty {
        writer.tag(7, 2)
        writer.block(Array(node.utf8))
      }
      writer.tag(8, 2)
      writer.block(message)
      if let metadata {
        writer.tag(9, 2)
        writer.block(SummaryMessage.metadata(metadata))
      }
    }
  }

  /// Pixels of one image brought into 0...255: by the largest where none is negative, or else with
  /// zero at 128.
  private func normalized(_ images: Tensor, _ index: Int, _ badColor: [UInt8]) throws -> Tensor {
    switch images.dtype {
    case .half: try normalized(images, index, badColor, Float16.self)
    case .float64: try normalized(images, index, badColor, Double.self)
    default: try normalized(images, index, badColor, Float.self)
    }
  }

  private func normalized<T: TensorScalar & BinaryFloatingPoint>(
    _ images: Tensor, _ index: Int, _ badColor: [UInt8], _: T.Type
  ) throws -> Tensor {
    let (size, channels) = (images.dims[1] * images.dims[2], images.dims[3])
    let values = UnsafeMutableBufferPointer(
      rebasing: images.elements(T.self)[index * size * channels..<(index + 1) * size * channels])
    let output = try Tensor.uninitialized(.uint8, [size, channels])
    let pixels = output.elements(UInt8.self)
    var pace = Pace()
    var (least, most) = (Float.infinity, -Float.infinity)
    func isFinite(_ pixel: Int) -> Bool {
      (0..<channels).allSatisfy { values[pixel * channels + $0].isFinite }
    }
    for pixel in 0..<size where isFinite(pixel) {
      try pace.step(channels)
      for channel in 0..<channels {
        let value = Float(values[pixel * channels + channel])
        (least, most) = (min(least, value), max(most, value))
      }
    }
    let largest = least < 0 ? max(abs(least), abs(most)) : most
    let scale = T(largest < 1e-6 ? 0 : (least < 0 ? 127 : 255) / largest)
    let offset: T = least < 0 ? 128 : 0
    for pixel in 0..<size {
      try pace.step(channels)
      let isFinite = isFinite(pixel)
      for channel in 0..<channels {
        let at = pixel * channels + channel
        pixels[at] = isFinite ? truncated(values[at] * scale + offset) : badColor[channel]
      }
    }
    return output
  }

  private func truncated<T: BinaryFloatingPoint>(_ value: T) -> UInt8 {
    UInt8(truncatingIfNeeded: value.isFinite ? Int(min(max(value, -1e4), 1e4)) : 0)
  }
}

extension Tensor {
  /// Calls `body` with each element of a real or boolean tensor.
  func forEachReal(_ body: (Double) throws -> Void) throws {
    func each<T: TensorScalar>(_: T.Type, _ double: (T) -> Double) throws {
      for element in elements(T.self) { try body(double(element)) }
    }
    switch dtype {
    case .float32: try each(Float.self) { Double($0) }
    case .float64: try each(Double.self) { $0 }
    case .half: try each(Float16.self) { Double($0) }
    case .bfloat16: try each(BFloat16.self) { Double($0.float) }
    case .bool: try each(Bool.self) { $0 ? 1 : 0 }
    case .int8: try each(Int8.self) { Double($0) }
    case .int16: try each(Int16.self) { Double($0) }
    case .int32: try each(Int32.self) { Double($0) }
    case .uint8: try each(UInt8.self) { Double($0) }
    case .uint16: try each(UInt16.self) { Double($0) }
    case .uint32: try each(UInt32.self) { Double($0) }
    case .uint64: try each(UInt64.self) { Double($0) }
    default: try each(Int64.self) { Double($0) }
    }
  }

  /// An element of a real tensor in single precision, rounded once.
  func float(at index: Int) -> Float {
    switch dtype {
    case .float32: elements(Float.self)[index]
    case .float64: Float(elements(Double.self)[index])
    case .half: Float(elements(Float16.self)[index])
    case .bfloat16: elements(BFloat16.self)[index].float
    case .int8: Float(elements(Int8.self)[index])
    case .int16: Float(elements(Int16.self)[index])
    case .int32: Float(elements(Int32.self)[index])
    case .uint8: Float(elements(UInt8.self)[index])
    case .uint16: Float(elements(UInt16.self)[index])
    case .uint32: Float(elements(UInt32.self)[index])
    case .uint64: Float(elements(UInt64.self)[index])
    case .bool: elements(Bool.self)[index] ? 1 : 0
    default: Float(elements(Int64.self)[index])
    }
  }

  /// `tensorflow.TensorProto` with all elements: their bytes, or strings one by one.
  fileprivate func wholeMessage() throws -> [UInt8] {
    guard dtype.isNumeric || dtype == .string else {
      throw TFError.unimplemented("a \(dtype) tensor cannot be written to a file")
    }
    var writer = WireWriter()
    writer.tag(1, 0)
    writer.varint(UInt64(dtype.rawValue))
    var shape = WireWriter()
    for size in dims.dims {
      var dim = WireWriter()
      if size != 0 {
        dim.tag(1, 0)
        dim.varint(UInt64(size))
      }
      shape.tag(2, 2)
      shape.block(dim.bytes)
    }
    writer.tag(2, 2)
    writer.block(shape.bytes)
    if dtype == .string {
      for string in strings {
        writer.tag(8, 2)
        writer.block(Array(string))
      }
    } else if dims.elementCount > 0 {
      try MemoryLimit.room(for: 2 * bytes.count)
      writer.tag(4, 2)
      writer.varint(UInt64(bytes.count))
      writer.raw(bytes)
    }
    return writer.bytes
  }
}
