package import CoreOps

/// Ops that parse serialized `tf.train.Example`s.
package struct ExampleOps: OpFamily {
  package static let family: Self = define(Self())

  package let parse = OpDef(
    "ParseExample",
    """
    serialized: string, names: string, sparse_keys: Nsparse * string, \
    dense_keys: Ndense * string, dense_defaults: Tdense -> \
    sparse_indices: Nsparse * int64, sparse_values: sparse_types, \
    sparse_shapes: Nsparse * int64, dense_values: Tdense
    Nsparse: int >= 0
    Ndense: int >= 0
    sparse_types: list({float, int64, string}) >= 0
    Tdense: list({float, int64, string}) >= 0
    dense_shapes: list(shape) >= 0
    """,
    shape: { context in
      let attributes = try FeatureAttributes(
        context, sparseCount: context.int("Nsparse"), denseCount: context.int("Ndense"))
      let batch = try context.shape(0, rank: 1, "serialized")
      _ = try context.shape(1, rank: 1, "names")
      return attributes.outputShapes(batch)
    },
    kernel: .dynamic { context in
      let attributes = try FeatureAttributes(
        context, sparseCount: context.int("Nsparse"), denseCount: context.int("Ndense"))
      let (sparse, dense) = (
        try context.inputRange("sparse_keys"), try context.inputRange("dense_keys")
      )
      let defaults = try context.inputRange("dense_defaults")
      return { run in
        let features = try attributes.features(
          sparse: sparse.map { try run.key($0, "sparse_keys[\($0 - sparse.lowerBound)]") },
          dense: dense.map { try run.key($0, "dense_keys[\($0 - dense.lowerBound)]") },
          defaults: run.inputs[defaults])
        let serialized = run.inputs[0]
        try require(
          serialized.dims.rank == 1,
          "Expected serialized to be a vector, got shape: \(serialized.dims)")
        return ordered(
          try ExampleBatch(features).parse(serialized, names: run.exampleNames()), features)
      }
    }, gradient: .none("strings have no gradient"))

  package let parseV2 = OpDef(
    "ParseExampleV2",
    """
    serialized: string, names: string, sparse_keys: string, dense_keys: string, \
    ragged_keys: string, dense_defaults: Tdense -> \
    sparse_indices: num_sparse * int64, sparse_values: sparse_types, \
    sparse_shapes: num_sparse * int64, dense_values: Tdense, \
    ragged_values: ragged_value_types, ragged_row_splits: ragged_split_types
    Tdense: list({float, int64, string}) >= 0
    num_sparse: int >= 0
    sparse_types: list({float, int64, string}) >= 0
    ragged_value_types: list({float, int64, string}) >= 0
    ragged_split_types: list({int32, int64}) >= 0
    dense_shapes: list(shape) >= 0
    """,
    shape: { context in
      let attributes = try FeatureAttributes(
        context, sparseCount: context.int("num_sparse"), hasRagged: true)
      let batch = context.shapes[0]
      try require(
        batch.rank ?? 0 <= 1,
        "Shape must be at most rank 1 but is rank \(batch.rank ?? 0) with shape \(batch)")
      if let names = context.shapes[1].rank {
        try require(
          names <= 1, "Shape must be at most rank 1 but is rank \(names) for names")
      }
      for input in 2...4 { _ = try context.shape(input, rank: 1) }
      return attributes.outputShapes(batch)
    },
    kernel: .dynamic { context in
      let attributes = try FeatureAttributes(
        context, sparseCount: context.int("num_sparse"), hasRagged: true)
      return { run in
        let keys = (2...4).map { run.inputs[$0].strings.map { Array($0) } }
        let serialized = run.inputs[0]
        try require(
          serialized.dims.rank <= 1,
          "Expected serialized to be a scalar or vector, got shape: \(serialized.dims)")
        let names = try run.exampleNames()
        for (what, counts, keys, count) in [
          ("dense", "len(dense_types)", keys[1], attributes.denseTypes.count),
          ("sparse", "num_sparse", keys[0], attributes.sparseTypes.count),
          ("ragged", "len(ragged_value_types)", keys[2], attributes.raggedTypes.count),
        ] {
          try require(
            keys.count == count,
            "Expected len(\(what)_keys) == \(counts) but got: \(keys.count) vs. \(count)")
        }
        let features = try attributes.features(
          sparse: keys[0], dense: keys[1], ragged: keys[2], defaults: run.inputs[5...])
        return ordered(try ExampleBatch(features).parse(serialized, names: names), features)
      }
    }, gradient: .none("strings have no gradient"))

  package let parseSingle = OpDef(
    "ParseSingleExample",
    """
    serialized: string, dense_defaults: Tdense -> \
    sparse_indices: num_sparse * int64, sparse_values: sparse_types, \
    sparse_shapes: num_sparse * int64, dense_values: Tdense
    num_sparse: int >= 0
    sparse_keys: list(string) >= 0
    dense_keys: list(string) >= 0
    sparse_types: list({float, int64, string}) >= 0
    Tdense: list({float, int64, string}) >= 0
    dense_shapes: list(shape) >= 0
    """,
    shape: { context in
      let attributes = try singleAttributes(context)
      return attributes.outputShapes(try context.shape(0, rank: 0, "serialized"))
    },
    kernel: .dynamic { context in
      let attributes = try singleAttributes(context)
      let (sparse, dense) = (try context.keys("sparse_keys"), try context.keys("dense_keys"))
      return { run in
        let features = try attributes.features(
          sparse: sparse, dense: dense, defaults: run.inputs[1...])
        let serialized = run.inputs[0]
        try require(
          serialized.dims.rank == 0,
          "Expected serialized to be a scalar, got shape: \(serialized.dims)")
        return ordered(try ExampleBatch(features).parse(serialized), features)
      }
    }, gradient: .none("strings have no gradient"))

  private static func singleAttributes(_ context: some AttrAccess) throws -> FeatureAttributes {
    let count = try context.list("sparse_keys").count
    let sparse = try context.int("num_sparse")
    let attributes = try FeatureAttributes(
      context, sparseCount: count, denseCount: context.list("dense_keys").count)
    try require(
      sparse == count,
      "num_sparse (\(sparse)) must match the size of sparse_keys (\(count))")
    return attributes
  }

  /// The outputs in the order of the ops: the parts of all sparse features, the dense values, the
  /// parts of all ragged features.
  private static func ordered(_ outputs: [ExampleBatch.Output], _ features: [FeatureSpec])
    -> [Tensor]
  {
    var sparse: [[Tensor]] = [[], [], []]
    var dense: [Tensor] = []
    var ragged: [[Tensor]] = [[], []]
    for output in outputs {
      switch output {
      case .dense(let values): dense.append(values)
      case .sparse(let indices, let values, let shape):
        sparse[0].append(indices)
        sparse[1].append(values)
        sparse[2].append(shape)
      case .ragged(let values, let splits):
        ragged[0].append(values)
        ragged[1].append(splits)
      }
    }
    return sparse.flatMap { $0 } + dense + ragged.flatMap { $0 }
  }
}

extension FeatureAttributes {
  /// The shapes of the outputs.
  ///
  /// - Parameter batch: the shape of the serialized examples: a vector, a scalar or unknown.
  fileprivate func outputShapes(_ batch: PartialShape) -> [PartialShape] {
    let rank = batch.rank
    var shapes: [PartialShape] = []
    let columns: Dimension? = rank.map { Dimension($0 + 1) }
    shapes += sparseTypes.map { _ in .of(nil, columns) }
    shapes += sparseTypes.map { _ in [nil] }
    shapes += sparseTypes.map { _ in .of(columns) }
    shapes += denseShapes.map { batch.concatenated(with: $0) }
    shapes += raggedTypes.map { _ in [nil] }
    let splits: PartialShape
    switch rank {
    case nil: splits = [nil]
    case 0: splits = [0]
    default: splits = .of(batch[0].map { $0 + 1 })
    }
    return shapes + splitTypes.map { _ in splits }
  }
}

extension AttrAccess {
  /// An attribute that lists keys.
  func keys(_ name: String) throws -> [[UInt8]] {
    try list(name).map {
      guard case .bytes(let key) = $0 else {
        throw TFError.invalidArgument(
          "attr '\(name)' of \(signature.name) is not a list of strings")
      }
      return key
    }
  }
}

extension DynamicContext {
  /// The only string of an input that names a feature.
  func key(_ index: Int, _ name: String) throws -> [UInt8] {
    try require(
      inputs[index].dims.rank == 0,
      "Expected \(name) to be a scalar, got shape: \(inputs[index].dims)")
    return Array(inputs[index].strings[0])
  }

  /// What input 1 says that the examples in input 0 are called; nil where it is empty.
  fileprivate func exampleNames() throws -> StringBuffer? {
    let names = inputs[1]
    guard names.dims.elementCount > 0 else { return nil }
    try require(
      names.dims == inputs[0].dims,
      """
      Expected names have the same shape as serialized: name.shape=\(names.dims), \
      serialized.shape=\(inputs[0].dims)
      """)
    return names.strings
  }
}
