package import CoreOps

/// Parses a batch of serialized `tf.train.Example`s.
///
/// Two passes: the first finds each feature of each example, writes dense numbers to their place
/// and counts the values of the others; the second, which knows all sizes, writes those.
package struct ExampleBatch: Sendable {
  /// What came out for a feature.
  package enum Output {
    case dense(Tensor)
    case sparse(indices: Tensor, values: Tensor, shape: Tensor)
    case ragged(values: Tensor, splits: Tensor)
  }

  private let features: [FeatureSpec]
  private let index: FeatureIndex

  /// - Throws: `INTERNAL` where two features have one key.
  package init(_ features: [FeatureSpec]) throws {
    self.features = features
    index = try FeatureIndex(features.map(\.key))
  }

  /// Parses examples.
  ///
  /// - Parameters:
  ///   - serialized: a vector; or a scalar, for outputs without the dimension of the batch.
  ///   - names: what messages call the examples; nil where they have no names.
  /// - Returns: an output for each feature.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words for what cannot be parsed or is missing.
  package func parse(_ serialized: Tensor, names: StringBuffer? = nil) throws -> [Output] {
    let strings = serialized.strings
    let isSingle = serialized.dims.rank == 0
    let messages = ExampleMessages(features: features, names: names, isSingle: isSingle)
    // Examples whose bytes are worth a thread.
    let grain = strings.count * 40_000 / max(strings.byteCount, 1)
    let scan = try ExampleScan(features, strings, messages, isSingle: isSingle)
    try scan.run(index, grain: grain)
    let layouts = try features.indices.map { feature in
      try scan.spans(feature).map {
        try FeatureLayout(features[feature], $0, isSingle: isSingle)
      }
    }
    try fill(layouts, strings, messages, grain: max(grain, 1))
    return try features.indices.map { feature in
      if let tensor = scan.dense[feature] { return .dense(tensor) }
      guard let layout = layouts[feature] else {
        throw TFError.internal("the feature \(features[feature].name) has no output")
      }
      return try layout.output()
    }
  }

  /// The second pass.
  private func fill(
    _ layouts: [FeatureLayout?], _ strings: StringBuffer, _ messages: ExampleMessages, grain: Int
  ) throws {
    // Strings go into one memory, one after the other; numbers can be written at any place.
    var tasks: [(feature: Int, examples: Range<Int>)] = []
    for feature in features.indices where layouts[feature] != nil {
      let step = features[feature].dtype == .string ? max(strings.count, 1) : grain
      for start in stride(from: 0, to: strings.count, by: step) {
        tasks.append((feature, start..<min(start + step, strings.count)))
      }
    }
    let isSmall = strings.byteCount < 40_000
    try inParts(tasks.count, grain: isSmall ? tasks.count : 1) { range in
      for task in range {
        let (feature, examples) = tasks[task]
        do { try layouts[feature]?.fill(examples) } catch let list as FeatureLayout.BrokenList {
          return (list.example, messages.unreadable(feature, list.example))
        } catch {
          return (-1, error)
        }
      }
      return nil
    }
    try withExtendedLifetime(strings) { try Cancellation.checkCurrent() }
  }
}
