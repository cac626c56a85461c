import CoreOps

/// The values of a feature in an example: where its list is, and how many it has.
struct FeatureSpan: BitwiseCopyable {
  /// Nil where the example has no such feature.
  var start: UnsafePointer<UInt8>?
  var size: UInt32
  var count: UInt32

  @inline(__always)
  var list: WireCursor {
    WireCursor(
      UnsafeRawBufferPointer(start: start.map { UnsafeRawPointer($0) }, count: Int(size)))
  }
}

/// The spans of a feature in all examples, and what keeps them and the bytes alive.
struct FeatureSpans {
  let all: UnsafeBufferPointer<FeatureSpan>
  private let owners: (Buffer, StringBuffer)

  init(_ all: UnsafeBufferPointer<FeatureSpan>, owners: (Buffer, StringBuffer)) {
    self.all = all
    self.owners = owners
  }
}

/// The second pass: where the values of a feature go.
final class FeatureLayout {
  /// A list that was counted and cannot be read.
  struct BrokenList: Error {
    let example: Int
  }

  private let spec: FeatureSpec
  private let owner: FeatureSpans
  private let spans: UnsafeBufferPointer<FeatureSpan>
  private let isSingle: Bool
  /// Where the values of each example begin, and where those of the last end.
  private let starts: [Int]
  private let longest: Int
  private let dims: Shape
  private let numbers: Tensor?
  private let strings: StringBuilder?
  private let indices: Tensor?

  /// - Throws: `INVALID_ARGUMENT` or `RESOURCE_EXHAUSTED` where the values are too many.
  init(_ spec: FeatureSpec, _ spans: FeatureSpans, isSingle: Bool) throws {
    self.spec = spec
    owner = spans
    self.spans = spans.all
    self.isSingle = isSingle
    var starts = [0]
    starts.reserveCapacity(spans.all.count + 1)
    var (total, longest, bytes) = (0, 0, 0)
    for span in spans.all {
      total += Int(span.count)
      longest = max(longest, Int(span.count))
      bytes += Int(span.size)
      starts.append(total)
    }
    self.starts = starts
    self.longest = longest
    let batch = isSingle ? [] : [spans.all.count]
    switch spec.kind {
    case .dense(let shape, _): dims = Shape(batch + shape.dims)
    case .padded(let block, _): dims = Shape(batch + [longest / block.elementCount] + block.dims)
    case .sparse, .ragged: dims = [total]
    }
    guard let size = dims.checkedElementCount else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    if spec.dtype == .string {
      strings = try StringBuilder(count: size, byteCount: bytes)
      numbers = nil
    } else {
      strings = nil
      numbers = try Tensor.uninitialized(spec.dtype, dims)
    }
    if case .sparse = spec.kind {
      indices = try Tensor.uninitialized(.int64, [total, isSingle ? 1 : 2])
    } else {
      indices = nil
    }
  }

  /// Writes the values of some examples.
  ///
  /// - Throws: `BrokenList`; `RESOURCE_EXHAUSTED`; when the run is to end.
  func fill(_ examples: Range<Int>) throws {
    var pace = Pace()
    if let strings {
      var padding = 0
      if case .padded = spec.kind { padding = longest }
      for example in examples {
        try pace.step(Int(spans[example].size) / 8 + 16 + padding)
        try append(example, to: strings)
      }
    } else if spec.dtype == .float32 {
      try write(examples, Float.self) { ValueList.floats($0, into: $1, room: $2) }
    } else {
      try write(examples, Int64.self) { ValueList.integers($0, into: $1, room: $2) }
    }
    if let indices {
      for example in examples { number(example, indices) }
    }
  }

  private func append(_ example: Int, to strings: StringBuilder) throws {
    let span = spans[example]
    guard try ValueList.strings(span.list, into: strings) != nil else {
      throw BrokenList(example: example)
    }
    switch spec.kind {
    case .dense(_, let fallback):
      guard span.start == nil else { return }
      let values = fallback.strings
      for index in values.indices { try strings.append(values.bytes(index)) }
    case .padded(_, let fallback):
      let padding = fallback.strings
      for _ in Int(span.count)..<longest { try strings.append(padding.bytes(0)) }
    case .sparse, .ragged: break
    }
  }

  @inline(__always)
  private func write<S: TensorScalar>(
    _ examples: Range<Int>, _: S.Type,
    _ read: (WireCursor, UnsafeMutablePointer<S>, Int) -> Int?
  ) throws {
    guard let numbers else { return }
    let target = numbers.pointer.assumingMemoryBound(to: S.self)
    var padding: S?
    if case .padded(_, let fallback) = spec.kind { padding = fallback.elements(S.self)[0] }
    var pace = Pace()
    for example in examples {
      let span = spans[example]
      try pace.step(Int(span.size) / 4 + 8)
      let count = Int(span.count)
      let own = target + (padding == nil ? starts[example] : example &* longest)
      guard read(span.list, own, count) == count else { throw BrokenList(example: example) }
      if let padding { (own + count).update(repeating: padding, count: longest &- count) }
    }
  }

  private func number(_ example: Int, _ indices: Tensor) {
    let count = Int(spans[example].count)
    let target = indices.pointer.assumingMemoryBound(to: Int64.self)
    if isSingle {
      for index in 0..<count { target[index] = Int64(index) }
      return
    }
    var next = target + starts[example] &* 2
    for index in 0..<count {
      next[0] = Int64(example)
      next[1] = Int64(index)
      next += 2
    }
  }

  /// The tensors, once all is filled in.
  func output() throws -> ExampleBatch.Output {
    let values = try numbers ?? strings.map { Tensor(strings: try $0.finish(), dims: dims) }
    guard let values else { throw TFError.internal("a feature has no values") }
    switch spec.kind {
    case .dense, .padded: return .dense(values)
    case .sparse:
      guard let indices else { throw TFError.internal("a sparse feature has no indices") }
      let size = isSingle ? [longest] : [spans.count, longest]
      return .sparse(indices: indices, values: values, shape: try Tensor(size, dims: [size.count]))
    case .ragged(let dtype):
      // One example has no splits.
      let splits = isSingle ? [] : starts
      if dtype == .int32, let last = splits.last, last > Int(Int32.max) {
        throw TFError.invalidArgument(
          "the \(last) values of the ragged feature \(spec.name) take splits of 64 bits")
      }
      return .ragged(values: values, splits: try .wrapping(splits, dtype, [splits.count]))
    }
  }
}
