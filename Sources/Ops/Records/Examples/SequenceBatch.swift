import CoreOps

/// Parses a batch of serialized `tf.train.SequenceExample`s: features of the whole example, its
/// context, and features of which it has a list.
struct SequenceBatch {
  /// What is wanted of the features of one key.
  struct Spec: Sendable {
    enum Kind: Sendable {
      /// Values of that shape; of a list, in each of its features.
      case dense(Shape)
      case sparse
      case ragged(DType)
    }

    let key: [UInt8]
    let dtype: DType
    let kind: Kind
    /// What stands for a feature of the context that is missing.
    var fallback: Tensor?
    /// Whether a list may be missing, and is empty then.
    var mayBeMissing = false

    /// The kind without what belongs to it.
    enum Form { case dense, sparse, ragged }

    var form: Form {
      switch kind {
      case .dense: .dense
      case .sparse: .sparse
      case .ragged: .ragged
      }
    }

    var name: String { String(decoding: key, as: UTF8.self) }
  }

  /// The tensors of a feature, in the order of the op's outputs: of dense ones the values, and of
  /// lists the lengths; of sparse ones indices, values and shape; of ragged ones the values, and
  /// the splits from the outside in.
  typealias Output = [Tensor]

  let context: [Spec]
  let lists: [Spec]

  /// - Throws: `INVALID_ARGUMENT` where one key is wanted in two ways.
  init(context: [Spec], lists: [Spec]) throws {
    self.context = context
    self.lists = lists
    for (what, specs) in [("Context", context), ("Sequence", lists)] {
      var forms: [[UInt8]: Spec.Form] = [:]
      for spec in specs {
        guard let other = forms.updateValue(spec.form, forKey: spec.key), other != spec.form else {
          continue
        }
        let either = spec.form == .dense || other == .dense ? "dense" : "ragged"
        throw TFError.invalidArgument(
          "\(what) feature \(spec.name) cannot be both \(either) and sparse")
      }
    }
  }

  /// Parses examples.
  ///
  /// - Parameters:
  ///   - serialized: a vector; or a scalar, for outputs without the dimension of the batch.
  ///   - names: what messages call the examples; nil where they have no names.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  func parse(_ serialized: Tensor, names: StringBuffer?) throws
    -> (context: [Output], lists: [Output])
  {
    let strings = serialized.strings
    let isBatch = serialized.dims.rank > 0
    let names = SequenceNames(names)
    return try withExtendedLifetime(strings) {
      let (own, lists) = try find(strings, names)
      let contextOutputs = try context.enumerated().map {
        try ContextFeature($1, own[$0], names, isBatch: isBatch).output()
      }
      let listOutputs = try self.lists.enumerated().map {
        try ListFeature($1, lists[$0], names, isBatch: isBatch).output()
      }
      return (contextOutputs, listOutputs)
    }
  }

  /// A feature's bytes by example; nil where an example does not have it.
  private typealias Values = [UnsafeRawBufferPointer?]

  /// Finds the features of all examples.
  private func find(_ strings: StringBuffer, _ names: SequenceNames) throws -> ([Values], [Values])
  {
    let size = Dimension(context.count + self.lists.count) * strings.count * 32
    try MemoryLimit.room(for: size.saturated)
    let empty = Values(repeating: nil, count: strings.count)
    var own = [Values](repeating: empty, count: context.count)
    var lists = [Values](repeating: empty, count: self.lists.count)
    // Two dense features of one key are the same values.
    let (ownIndex, ownNumbers) = try Self.index(context)
    let (listIndex, listNumbers) = try Self.index(self.lists)
    var pace = Pace()
    try ownIndex.withFinder { findOwn in
      try listIndex.withFinder { findList in
        for example in strings.indices {
          let bytes = strings.bytes(example)
          try pace.step(bytes.count / 8 + 16)
          let isRead = Self.walk(bytes) { isList, key, value in
            if isList {
              for number in findList(key).map({ listNumbers[$0] }) ?? [] {
                lists[number][example] = value
              }
            } else {
              for number in findOwn(key).map({ ownNumbers[$0] }) ?? [] {
                own[number][example] = value
              }
            }
          }
          guard isRead else {
            throw TFError.invalidArgument(
              "Invalid protocol message input, example id: \(names[example])")
          }
        }
      }
    }
    return (own, lists)
  }

  /// The keys, and which features each stands for.
  private static func index(_ specs: [Spec]) throws -> (FeatureIndex, [[Int]]) {
    var keys: [[UInt8]] = []
    var numbers: [[Int]] = []
    var places: [[UInt8]: Int] = [:]
    for (number, spec) in specs.enumerated() {
      if let place = places[spec.key] {
        numbers[place].append(number)
      } else {
        places[spec.key] = keys.count
        keys.append(spec.key)
        numbers.append([number])
      }
    }
    return (try FeatureIndex(keys), numbers)
  }

  /// Calls `body` for each feature of an example.
  ///
  /// - Returns: whether the message could be read.
  private static func walk(
    _ bytes: UnsafeRawBufferPointer,
    _ body: (_ isList: Bool, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    var example = WireCursor(bytes)
    while !example.isAtEnd {
      let isList = example.peek == 18
      guard example.take(10) || example.take(18) else {
        guard example.skipField() else { return false }
        continue
      }
      guard var map = example.part() else { return false }
      while !map.isAtEnd {
        guard map.take(10), var entry = map.part(), entry.take(10), let key = entry.block(),
          entry.take(18), let value = entry.block(), entry.isAtEnd
        else { return false }
        map.resume(after: entry)
        body(isList, key, value)
      }
      example.resume(after: map)
    }
    return true
  }
}

/// What messages call the examples of a batch.
struct SequenceNames: Sendable {
  private let names: StringBuffer?

  init(_ names: StringBuffer?) { self.names = names }

  subscript(example: Int) -> String { names.map { $0[example].text } ?? "<unknown>" }
}

extension SequenceBatch.Spec {
  /// The list in a feature, if it has values of the dtype.
  ///
  /// - Returns: nil for another kind of values, or ones that cannot be read.
  func list(_ feature: UnsafeRawBufferPointer) -> (list: WireCursor, count: Int)? {
    var cursor = WireCursor(feature)
    guard cursor.take(ValueList.tag(dtype)), let list = cursor.part(),
      let count = ValueList.count(list, dtype, isExact: true)
    else { return nil }
    return (list, count)
  }

  var wrongType: String {
    "Data types don't match. Expected type: \(dtype.signatureName)"
  }
}

/// A feature of the context in all examples.
private struct ContextFeature {
  let spec: SequenceBatch.Spec
  let names: SequenceNames
  let isBatch: Bool
  /// The values by example; nil where the feature is missing.
  let lists: [(list: WireCursor, count: Int)?]
  /// Whether there is something in an example, however little.
  let isPresent: [Bool]

  init(
    _ spec: SequenceBatch.Spec, _ values: [UnsafeRawBufferPointer?], _ names: SequenceNames,
    isBatch: Bool
  ) throws {
    self.spec = spec
    self.names = names
    self.isBatch = isBatch
    isPresent = values.map { $0 != nil }
    lists = try values.enumerated().map { example, value in
      guard let value, !value.isEmpty else { return nil }
      guard let list = spec.list(value) else {
        throw TFError.invalidArgument(
          "Name: \(names[example]), Context feature: \(spec.name).  \(spec.wrongType)")
      }
      return list
    }
  }

  func output() throws -> [Tensor] {
    let counts = lists.map { $0?.count ?? 0 }
    switch spec.kind {
    case .dense(let shape): return [try dense(shape, counts)]
    case .sparse:
      let (values, total) = try all()
      var indices: [Int] = []
      try MemoryLimit.room(for: total * 16)
      for (example, count) in counts.enumerated() {
        for index in 0..<count { indices += isBatch ? [example, index] : [index] }
      }
      let longest = counts.max() ?? 0
      let size = isBatch ? [lists.count, longest] : [longest]
      return [
        try Tensor(indices, dims: [total, size.count]), values,
        try Tensor(size, dims: [size.count]),
      ]
    case .ragged(let dtype):
      return [try all().values, try Splits(counts).tensor(dtype, isVector: isBatch)]
    }
  }

  /// The values of all examples.
  private func all() throws -> (values: Tensor, total: Int) {
    var buffer = try ValueBuffer(spec.dtype)
    var total = 0
    for case (let list, let count)? in lists {
      guard try buffer.append(list, count: count) else {
        throw TFError.invalidArgument(
          "Unexpected total number of elements in feature \(spec.name)")
      }
      total += count
    }
    return (try buffer.finish([total]), total)
  }

  private func dense(_ shape: Shape, _ counts: [Int]) throws -> Tensor {
    let size = shape.elementCount
    let fallback = spec.fallback.flatMap { $0.dims.elementCount > 0 ? $0 : nil }
    let longest = max(fallback?.dims.elementCount ?? 0, counts.max() ?? 0)
    try require(
      longest == size,
      """
      Inconsistent max number of elements for feature \(spec.name): expected \(size), but found \
      \(longest)
      """)
    var buffer = try ValueBuffer(spec.dtype)
    for (example, list) in lists.enumerated() {
      guard isPresent[example] else {
        guard let fallback else {
          throw TFError.invalidArgument(
            """
            Feature: \(spec.name) (data type: \(spec.dtype.signatureName)) is required but could \
            not be found.
            """)
        }
        try buffer.append(fallback)
        continue
      }
      guard counts[example] == size,
        try list.map({ try buffer.append($0.list, count: $0.count) }) ?? true
      else {
        throw TFError.invalidArgument("Unexpected number of elements in example \(names[example])")
      }
    }
    return try buffer.finish(Shape((isBatch ? [lists.count] : []) + shape.dims))
  }
}
