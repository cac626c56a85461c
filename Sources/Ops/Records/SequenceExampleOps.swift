package import CoreOps

/// Ops that parse serialized `tf.train.SequenceExample`s.
package struct SequenceExampleOps: OpFamily {
  package static let family: Self = define(Self())

  package let parse = OpDef(
    "ParseSequenceExample",
    """
    serialized: string, debug_name: string, context_dense_defaults: Tcontext_dense -> \
    context_sparse_indices: Ncontext_sparse * int64, \
    context_sparse_values: context_sparse_types, \
    context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, \
    feature_list_sparse_indices: Nfeature_list_sparse * int64, \
    feature_list_sparse_values: feature_list_sparse_types, \
    feature_list_sparse_shapes: Nfeature_list_sparse * int64, \
    feature_list_dense_values: feature_list_dense_types, \
    feature_list_dense_lengths: Nfeature_list_dense * int64
    feature_list_dense_missing_assumed_empty: list(string) >= 0
    context_sparse_keys: list(string) >= 0
    context_dense_keys: list(string) >= 0
    feature_list_sparse_keys: list(string) >= 0
    feature_list_dense_keys: list(string) >= 0
    Ncontext_sparse: int >= 0 = 0
    Ncontext_dense: int >= 0 = 0
    Nfeature_list_sparse: int >= 0 = 0
    Nfeature_list_dense: int >= 0 = 0
    context_sparse_types: list({float, int64, string}) >= 0 = []
    Tcontext_dense: list({float, int64, string}) >= 0 = []
    feature_list_dense_types: list({float, int64, string}) >= 0 = []
    context_dense_shapes: list(shape) >= 0 = []
    feature_list_sparse_types: list({float, int64, string}) >= 0 = []
    feature_list_dense_shapes: list(shape) >= 0 = []
    """,
    shape: { context in
      let attributes = try SequenceAttributes(context, hasKeys: true)
      return attributes.outputShapes(try batch(context.shapes[0]))
    },
    kernel: .dynamic { context in
      let attributes = try SequenceAttributes(context, hasKeys: true)
      let empty = Set(try context.keys("feature_list_dense_missing_assumed_empty"))
      let keys = try SequenceKeys(
        contextSparse: context.keys("context_sparse_keys"),
        contextDense: context.keys("context_dense_keys"),
        listSparse: context.keys("feature_list_sparse_keys"),
        listDense: context.keys("feature_list_dense_keys"))
      return { run in
        let batch = try attributes.batch(
          keys, defaults: run.inputs[2...], mayBeMissing: keys.listDense.map { empty.contains($0) })
        return try outputs(batch, run.inputs[0], run.inputs[1])
      }
    }, gradient: .none("strings have no gradient"))

  package let parseV2 = OpDef(
    "ParseSequenceExampleV2",
    """
    serialized: string, debug_name: string, context_sparse_keys: string, \
    context_dense_keys: string, context_ragged_keys: string, feature_list_sparse_keys: string, \
    feature_list_dense_keys: string, feature_list_ragged_keys: string, \
    feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: Tcontext_dense -> \
    context_sparse_indices: Ncontext_sparse * int64, \
    context_sparse_values: context_sparse_types, \
    context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, \
    context_ragged_values: context_ragged_value_types, \
    context_ragged_row_splits: context_ragged_split_types, \
    feature_list_sparse_indices: Nfeature_list_sparse * int64, \
    feature_list_sparse_values: feature_list_sparse_types, \
    feature_list_sparse_shapes: Nfeature_list_sparse * int64, \
    feature_list_dense_values: feature_list_dense_types, \
    feature_list_dense_lengths: Nfeature_list_dense * int64, \
    feature_list_ragged_values: feature_list_ragged_value_types, \
    feature_list_ragged_outer_splits: feature_list_ragged_split_types, \
    feature_list_ragged_inner_splits: feature_list_ragged_split_types
    Ncontext_sparse: int >= 0 = 0
    Tcontext_dense: list({float, int64, string}) >= 0 = []
    context_sparse_types: list({float, int64, string}) >= 0 = []
    context_ragged_value_types: list({float, int64, string}) >= 0 = []
    context_ragged_split_types: list({int32, int64}) >= 0 = []
    context_dense_shapes: list(shape) >= 0 = []
    Nfeature_list_sparse: int >= 0 = 0
    Nfeature_list_dense: int >= 0 = 0
    feature_list_dense_types: list({float, int64, string}) >= 0 = []
    feature_list_sparse_types: list({float, int64, string}) >= 0 = []
    feature_list_ragged_value_types: list({float, int64, string}) >= 0 = []
    feature_list_ragged_split_types: list({int32, int64}) >= 0 = []
    feature_list_dense_shapes: list(shape) >= 0 = []
    """,
    shape: { context in
      let attributes = try SequenceAttributes(context, hasRagged: true)
      return attributes.outputShapes(try batch(context.shapes[0]))
    },
    kernel: .dynamic { context in
      let attributes = try SequenceAttributes(context, hasRagged: true)
      return { run in
        let given = (2...7).map { run.inputs[$0].strings.map { Array($0) } }
        let keys = SequenceKeys(
          contextSparse: given[0], contextDense: given[1], contextRagged: given[2],
          listSparse: given[3], listDense: given[4], listRagged: given[5])
        let mayBeMissing = Array(run.inputs[8].elements(Bool.self))
        try attributes.check(keys, missingCount: mayBeMissing.count)
        let batch = try attributes.batch(
          keys, defaults: run.inputs[9...], mayBeMissing: mayBeMissing)
        return try outputs(batch, run.inputs[0], run.inputs[1])
      }
    }, gradient: .none("strings have no gradient"))

  /// The shape of serialized examples.
  private static func batch(_ shape: PartialShape) throws -> PartialShape {
    try require(
      shape.rank ?? 0 <= 1,
      "Expected serialized to be a scalar or vector, got shape: \(shape)")
    return shape
  }

  private static func outputs(
    _ batch: SequenceBatch, _ serialized: Tensor, _ debugNames: Tensor
  ) throws -> [Tensor] {
    try require(
      serialized.dims.rank <= 1,
      "Expected serialized to be a scalar or vector, got shape: \(serialized.dims)")
    let count = debugNames.dims.elementCount
    try require(
      count == 0 || count == serialized.dims.elementCount,
      "example_names must be empty or have the correct number of elements")
    let (context, lists) = try batch.parse(serialized, names: count == 0 ? nil : debugNames.strings)
    return zip([batch.context, batch.lists], [context, lists]).flatMap { specs, outputs in
      [SequenceBatch.Spec.Form.sparse, .dense, .ragged].flatMap { form -> [Tensor] in
        let own = zip(specs, outputs).filter { $0.0.form == form }.map(\.1)
        return (0..<(own.first?.count ?? 0)).flatMap { part in own.map { $0[part] } }
      }
    }
  }
}

/// The keys of the features of an example and of its lists.
struct SequenceKeys: Sendable {
  var contextSparse: [[UInt8]]
  var contextDense: [[UInt8]]
  var contextRagged: [[UInt8]] = []
  var listSparse: [[UInt8]]
  var listDense: [[UInt8]]
  var listRagged: [[UInt8]] = []
}

/// The attributes of an op that parses examples with sequences.
private struct SequenceAttributes: Sendable {
  private let contextSparse: [DType]
  private let contextDense: [DType]
  private let contextShapes: [Shape]
  private let contextRagged: [DType]
  private let contextSplits: [DType]
  private let listSparse: [DType]
  private let listDense: [DType]
  private let listShapes: [Shape]
  private let listRagged: [DType]
  private let listSplits: [DType]

  /// - Throws: `INVALID_ARGUMENT` where the lists do not fit each other.
  init(_ context: some AttrAccess, hasKeys: Bool = false, hasRagged: Bool = false) throws {
    func types(_ name: String, _ isThere: Bool = true) throws -> [DType] {
      isThere ? try context.types(name) : []
    }
    func shapes(_ name: String) throws -> [Shape] {
      try context.shapes(name).map {
        guard let shape = $0.known, shape.checkedElementCount != nil else {
          throw TFError.invalidArgument("\(name) has \($0), which is not the shape of a tensor")
        }
        return shape
      }
    }
    contextSparse = try types("context_sparse_types")
    contextDense = try types("Tcontext_dense")
    contextShapes = try shapes("context_dense_shapes")
    contextRagged = try types("context_ragged_value_types", hasRagged)
    contextSplits = try types("context_ragged_split_types", hasRagged)
    listSparse = try types("feature_list_sparse_types")
    listDense = try types("feature_list_dense_types")
    listShapes = try shapes("feature_list_dense_shapes")
    listRagged = try types("feature_list_ragged_value_types", hasRagged)
    listSplits = try types("feature_list_ragged_split_types", hasRagged)
    var sizes: [(String, Int, String, Int)] = [
      (
        "num_context_dense", contextDense.count, "context_dense_shapes", contextShapes.count
      ),
      ("num_feature_list_dense", listDense.count, "feature_list_dense_shapes", listShapes.count),
      (
        "num_context_ragged", contextRagged.count, "context_ragged_split_types",
        contextSplits.count
      ),
      (
        "num_feature_list_ragged", listRagged.count, "feature_list_ragged_split_types",
        listSplits.count
      ),
    ]
    for (what, attribute, count) in [
      ("context_sparse", "context_sparse_types", contextSparse.count),
      ("feature_list_sparse", "feature_list_sparse_types", listSparse.count),
      ("feature_list_dense", "feature_list_dense_types", listDense.count),
    ] { sizes.append(("num_\(what)", try context.int("N\(what)"), attribute, count)) }
    if hasKeys {
      for what in ["context_sparse", "context_dense", "feature_list_sparse", "feature_list_dense"] {
        sizes.append(
          (
            "num_\(what)", try context.int("N\(what)"), "\(what)_keys",
            try context.list("\(what)_keys").count
          ))
      }
      sizes.append(
        (
          "num_context_dense", try context.int("Ncontext_dense"), "context_dense_types",
          contextDense.count
        ))
    }
    for (number, count, list, size) in sizes {
      try require(
        count == size, "\(number) (\(count)) must match the size of \(list) (\(size))")
    }
  }

  /// Checks that there are as many keys as features.
  func check(_ keys: SequenceKeys, missingCount: Int) throws {
    func check(_ list: String, _ count: Int, _ expected: String, _ size: Int) throws {
      try require(count == size, "Expected len(\(list) to match \(expected)")
    }
    try check(
      "context_dense_keys)", keys.contextDense.count, "len(Tcontext_dense)", contextDense.count)
    try check(
      "context_sparse_keys)", keys.contextSparse.count, "Ncontext_sparse", contextSparse.count)
    try check(
      "context_ragged_keys)", keys.contextRagged.count, "len(context_ragged_value_types)",
      contextRagged.count)
    try check(
      "feature_list_dense_keys)", keys.listDense.count, "Nfeature_list_dense", listDense.count)
    try check(
      "feature_list_dense_missing_assumed_empty", missingCount, "Nfeature_list_dense",
      listDense.count)
    try check(
      "feature_list_sparse_keys)", keys.listSparse.count, "Nfeature_list_sparse", listSparse.count)
    try check(
      "feature_list_ragged_keys)", keys.listRagged.count, "len(feature_list_ragged_value_types)",
      listRagged.count)
  }

  /// - Throws: `INVALID_ARGUMENT` where a default does not fit its shape.
  func batch(_ keys: SequenceKeys, defaults: ArraySlice<Tensor>, mayBeMissing: [Bool]) throws
    -> SequenceBatch
  {
    typealias Spec = SequenceBatch.Spec
    for (index, value) in defaults.enumerated() where value.dims.elementCount > 0 {
      try require(
        value.dims == contextShapes[index],
        """
        default_value[\(index)].shape() == \(value.dims) != context_dense_shapes[\(index)] == \
        \(contextShapes[index])
        """)
    }
    var context = zip(keys.contextSparse, contextSparse).map {
      Spec(key: $0, dtype: $1, kind: .sparse)
    }
    for (index, key) in keys.contextRagged.enumerated() {
      context.append(
        Spec(key: key, dtype: contextRagged[index], kind: .ragged(contextSplits[index])))
    }
    for (index, (key, fallback)) in zip(keys.contextDense, defaults).enumerated() {
      context.append(
        Spec(
          key: key, dtype: contextDense[index], kind: .dense(contextShapes[index]),
          fallback: fallback))
    }
    var lists = zip(keys.listSparse, listSparse).map { Spec(key: $0, dtype: $1, kind: .sparse) }
    for (index, key) in keys.listRagged.enumerated() {
      lists.append(Spec(key: key, dtype: listRagged[index], kind: .ragged(listSplits[index])))
    }
    for (index, key) in keys.listDense.enumerated() {
      lists.append(
        Spec(
          key: key, dtype: listDense[index], kind: .dense(listShapes[index]),
          mayBeMissing: mayBeMissing[index]))
    }
    return try SequenceBatch(context: context, lists: lists)
  }

  /// The shapes of the outputs.
  ///
  /// - Parameter batch: the shape of the serialized examples: a vector, a scalar or unknown.
  func outputShapes(_ batch: PartialShape) -> [PartialShape] {
    let rank = batch.rank
    func sparse(_ count: Int, _ own: Int) -> [PartialShape] {
      let columns: Dimension? = rank.map { Dimension($0 + own) }
      return [PartialShape](repeating: .of(nil, columns), count: count)
        + [PartialShape](repeating: [nil], count: count)
        + [PartialShape](repeating: .of(columns), count: count)
    }
    func vectors(_ types: [DType]) -> [PartialShape] { types.map { _ in [nil] } }
    func splits(_ types: [DType]) -> [PartialShape] {
      let shape: PartialShape
      switch rank {
      case nil: shape = .unknown
      case 0: shape = .scalar
      default: shape = .of(batch[0].map { $0 + 1 })
      }
      return types.map { _ in shape }
    }
    var shapes = sparse(contextSparse.count, 1)
    for shape in contextShapes { shapes.append(batch.concatenated(with: PartialShape(shape))) }
    shapes += vectors(contextRagged) + splits(contextRagged)
    shapes += sparse(listSparse.count, 2)
    for shape in listShapes {
      shapes.append(batch.concatenated(with: [nil]).concatenated(with: PartialShape(shape)))
    }
    shapes += listDense.map { _ in batch }
    return shapes + vectors(listRagged) + splits(listRagged) + vectors(listRagged)
  }
}
