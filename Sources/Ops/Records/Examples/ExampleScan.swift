import CoreOps

/// The first pass over a batch of examples.
struct ExampleScan {
  /// What the pass has to know of a feature, without anything that is counted by reference.
  private struct Step {
    enum Kind { case dense, padded, free }

    var kind: Kind
    /// The first byte of its values.
    var tag: UInt8
    var dtype: DType
    /// Whether a value without a list counts as none.
    var skipsEmpty: Bool
    var isRequired: Bool
    /// The elements in an example, or in a block of a padded feature.
    var size: Int
    /// Where dense numbers go, and what stands for them where they are missing.
    var target: UnsafeMutableRawPointer?
    var fallback: UnsafeMutableRawPointer?
    var spans: UnsafeMutablePointer<FeatureSpan>?
  }

  /// The outputs of dense features of numbers.
  let dense: [Tensor?]
  private let strings: StringBuffer
  private let messages: ExampleMessages
  private let steps: [Step]
  /// The memory of the spans.
  private let memory: Buffer

  /// - Throws: `INVALID_ARGUMENT` or `RESOURCE_EXHAUSTED` where outputs are too large.
  init(
    _ features: [FeatureSpec], _ strings: StringBuffer, _ messages: ExampleMessages, isSingle: Bool
  ) throws {
    self.strings = strings
    self.messages = messages
    let batch = isSingle ? [] : [strings.count]
    dense = try features.map { feature in
      guard case .dense(let shape, _) = feature.kind, feature.dtype != .string else { return nil }
      return try Tensor.uninitialized(feature.dtype, Shape(batch + shape.dims))
    }
    let spanned = dense.lazy.filter { $0 == nil }.count
    let size = Dimension(spanned) * strings.count * MemoryLayout<FeatureSpan>.stride
    memory = try Buffer(byteCount: size.saturated)
    var next = memory.pointer.assumingMemoryBound(to: FeatureSpan.self)
    steps = zip(features, dense).map { feature, output in
      var step = Step(
        kind: .free, tag: ValueList.tag(feature.dtype), dtype: feature.dtype,
        skipsEmpty: isSingle || feature.isDense, isRequired: false, size: 1)
      switch feature.kind {
      case .dense(let shape, let fallback):
        step.kind = .dense
        step.size = shape.elementCount
        step.isRequired = fallback.dims.elementCount == 0
        if output != nil, !step.isRequired { step.fallback = fallback.pointer }
      case .padded(let block, _):
        step.kind = .padded
        step.size = block.elementCount
      case .sparse, .ragged: break
      }
      step.target = output?.pointer
      if output == nil {
        step.spans = next
        next += strings.count
      }
      return step
    }
  }

  /// Where the values of a feature are, by example; nil for dense numbers.
  func spans(_ feature: Int) -> FeatureSpans? {
    steps[feature].spans.map {
      FeatureSpans(UnsafeBufferPointer(start: $0, count: strings.count), owners: (memory, strings))
    }
  }

  /// - Parameter grain: examples that are worth a thread.
  func run(_ index: FeatureIndex, grain: Int) throws {
    try inParts(strings.count, grain: grain) { range in
      index.withFinder { find in
        steps.withUnsafeBufferPointer { steps in
          withUnsafeTemporaryAllocation(
            of: UnsafeRawBufferPointer?.self, capacity: steps.count
          ) { found in
            var example = range.lowerBound
            do {
              while example < range.upperBound {
                found.initialize(repeating: nil)
                try walk(example, find, steps, found)
                for feature in steps.indices {
                  try keep(found[feature], steps[feature], feature, example)
                }
                example += 1
              }
              return nil
            } catch {
              return (example, error)
            }
          }
        }
      }
    }
  }

  /// Finds the features of an example: of several of one key the last.
  private func walk(
    _ number: Int, _ find: FeatureIndex.Finder, _ steps: UnsafeBufferPointer<Step>,
    _ found: UnsafeMutableBufferPointer<UnsafeRawBufferPointer?>
  ) throws {
    let bytes = strings.bytes(number)
    var example = WireCursor(bytes)
    var isKnown = true
    // Several examples that were written one after the other are one.
    while !example.isAtEnd {
      guard example.take(10) else {
        guard example.skipField() else { throw messages.broken(bytes) }
        continue
      }
      guard var map = example.part() else { throw messages.broken(bytes) }
      while !map.isAtEnd {
        guard map.take(10), var entry = map.part(), let (key, value) = Self.pair(&entry) else {
          throw messages.broken(bytes)
        }
        map.resume(after: entry)
        guard let feature = find(key) else { continue }
        if value.isEmpty {
          if steps[feature].skipsEmpty { continue }
        } else if ValueList.dtype(tag: value[0]) == nil {
          isKnown = false
        }
        found[feature] = value
      }
      example.resume(after: map)
    }
    try require(isKnown, "Unsupported datatype.")
  }

  /// The key and the value of an entry of a map, which may stand in either order.
  @inline(__always)
  private static func pair(_ entry: inout WireCursor)
    -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)?
  {
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var value = key
    for _ in 0..<2 {
      guard let tag = entry.varint() else { return nil }
      switch UInt32(truncatingIfNeeded: tag) {
      case 10:
        guard let bytes = entry.block() else { return nil }
        key = bytes
      case 18:
        guard let bytes = entry.block() else { return nil }
        value = bytes
      default: return nil
      }
    }
    return entry.isAtEnd ? (key, value) : nil
  }

  /// Writes the values of a dense feature of numbers, or says where those of another one are.
  @inline(__always)
  private func keep(
    _ found: UnsafeRawBufferPointer?, _ step: Step, _ feature: Int, _ example: Int
  ) throws {
    var list: WireCursor?
    if let found, found.count > 0 {
      guard found[0] == step.tag else {
        throw messages.wrongType(feature, found[0], example)
      }
      var value = WireCursor(UnsafeRawBufferPointer(rebasing: found[1...]))
      guard let part = value.part() else { throw messages.unreadable(feature, example) }
      list = part
    }
    if let spans = step.spans {
      (spans + example).initialize(to: try span(list, step, feature, example))
      return
    }
    guard let target = step.target.map({ $0 + example &* step.size &* step.dtype.byteSize }) else {
      return
    }
    guard let list else {
      guard let fallback = step.fallback else { throw messages.missing(feature, example) }
      target.copyMemory(from: fallback, byteCount: step.size &* step.dtype.byteSize)
      return
    }
    let count =
      step.dtype == .float32
      ? ValueList.floats(list, into: target.assumingMemoryBound(to: Float.self), room: step.size)
      : ValueList.integers(list, into: target.assumingMemoryBound(to: Int64.self), room: step.size)
    guard let count else { throw messages.unreadable(feature, example) }
    guard count == step.size else { throw messages.wrongCount(feature, count, example) }
  }

  private func span(_ list: WireCursor?, _ step: Step, _ feature: Int, _ example: Int) throws
    -> FeatureSpan
  {
    guard let list else {
      if step.isRequired { throw messages.missing(feature, example) }
      return FeatureSpan(start: nil, size: 0, count: 0)
    }
    guard let count = ValueList.count(list, step.dtype), let size = UInt32(exactly: list.count),
      let narrow = UInt32(exactly: count)
    else { throw messages.unreadable(feature, example) }
    switch step.kind {
    case .dense:
      // TensorFlow stops at the first string that is too many.
      guard count <= step.size else { throw messages.unreadable(feature, example) }
      guard count == step.size else { throw messages.wrongCount(feature, count, example) }
    case .padded:
      guard count % step.size == 0 else { throw messages.notWhole(feature, count, example) }
    case .free: break
    }
    return FeatureSpan(start: list.next, size: size, count: narrow)
  }
}
