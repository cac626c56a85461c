package import CoreOps
import Serialization

/// The op that parses one `tf.train.SequenceExample`, whose message may have any form.
package struct SingleSequenceOps: OpFamily {
  package static let family: Self = define(Self())

  package let parse = OpDef(
    "ParseSingleSequenceExample",
    """
    serialized: string, feature_list_dense_missing_assumed_empty: string, \
    context_sparse_keys: Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, \
    feature_list_sparse_keys: Nfeature_list_sparse * string, \
    feature_list_dense_keys: Nfeature_list_dense * string, \
    context_dense_defaults: Tcontext_dense, debug_name: string -> \
    context_sparse_indices: Ncontext_sparse * int64, \
    context_sparse_values: context_sparse_types, \
    context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense, \
    feature_list_sparse_indices: Nfeature_list_sparse * int64, \
    feature_list_sparse_values: feature_list_sparse_types, \
    feature_list_sparse_shapes: Nfeature_list_sparse * int64, \
    feature_list_dense_values: feature_list_dense_types
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
      let attributes = try SingleSequenceAttributes(context)
      _ = try context.shape(0, rank: 0, "serialized")
      _ = try context.shape(1, rank: 1, "feature_list_dense_missing_assumed_empty")
      return attributes.outputShapes
    },
    kernel: .dynamic { context in
      let attributes = try SingleSequenceAttributes(context)
      let names = [
        "context_sparse_keys", "context_dense_keys", "feature_list_sparse_keys",
        "feature_list_dense_keys",
      ]
      let ranges = try names.map { try context.inputRange($0) }
      let defaults = try context.inputRange("context_dense_defaults")
      return { run in
        let keys = try zip(names, ranges).map { name, range in
          try range.map {
            let key = try run.key($0, "\(name)[\($0 - range.lowerBound)]")
            return String(decoding: key, as: UTF8.self)
          }
        }
        let (serialized, missing) = (run.inputs[0], run.inputs[1])
        let debugName = run.inputs[run.inputs.count - 1]
        try require(
          missing.dims.rank == 1,
          """
          Expected feature_list_dense_missing_assumed_empty to be a vector, got shape: \
          \(missing.dims)
          """)
        try require(
          debugName.dims.elementCount == 0 || debugName.dims.rank == 0,
          "Expected debug_name to be a scalar, got shape: \(debugName.dims)")
        try require(
          serialized.dims.rank == 0,
          "Expected serialized to be a scalar, got shape: \(serialized.dims)")
        let message = ExampleMessages(features: [], names: nil, isSingle: true)
        let example = try serialized.strings[0].withBytes { bytes in
          do { return try TrainSequenceExample(serialized: bytes) } catch is TFError {
            throw message.broken(bytes)
          }
        }
        let parser = SingleSequenceParser(
          name: debugName.dims.elementCount > 0 ? debugName.strings[0].text : "<unknown>",
          example: example, mayBeMissing: Set(missing.strings.map(\.text)))
        return try parser.outputs(attributes, keys, Array(run.inputs[defaults]))
      }
    }, gradient: .none("strings have no gradient"))
}

private struct SingleSequenceAttributes: Sendable {
  let contextSparse: [DType]
  let contextDense: [DType]
  let contextShapes: [Shape]
  let listSparse: [DType]
  let listDense: [DType]
  let listShapes: [Shape]

  init(_ context: some AttrAccess) throws {
    contextSparse = try context.types("context_sparse_types")
    contextDense = try context.types("Tcontext_dense")
    listSparse = try context.types("feature_list_sparse_types")
    listDense = try context.types("feature_list_dense_types")
    func shapes(_ name: String) throws -> [Shape] {
      try context.shapes(name).map {
        guard let shape = $0.known, shape.checkedElementCount != nil else {
          throw TFError.invalidArgument("\(name) has \($0), which is not the shape of a tensor")
        }
        return shape
      }
    }
    contextShapes = try shapes("context_dense_shapes")
    listShapes = try shapes("feature_list_dense_shapes")
    for (what, keys, types) in [
      ("context_sparse", try context.int("Ncontext_sparse"), contextSparse.count),
      ("context_dense", try context.int("Ncontext_dense"), contextDense.count),
      ("feature_list_sparse", try context.int("Nfeature_list_sparse"), listSparse.count),
      ("feature_list_dense", try context.int("Nfeature_list_dense"), listDense.count),
    ] { try require(keys == types, "len(\(what)_keys) != len(\(what)_types)") }
    try require(
      contextShapes.count == contextDense.count,
      "len(context_dense_keys) != len(context_dense_shapes)")
    try require(
      listShapes.count == listDense.count,
      "len(feature_list_dense_keys) != len(feature_list_dense_shapes)")
  }

  var outputShapes: [PartialShape] {
    func sparse(_ types: [DType], _ rank: Dimension) -> [PartialShape] {
      types.map { _ in .of(nil, rank) } + types.map { _ in [nil] } + types.map { _ in .of(rank) }
    }
    return sparse(contextSparse, 1) + contextShapes.map { PartialShape($0) }
      + sparse(listSparse, 2)
      + listShapes.map { PartialShape([nil] as [Dimension?]).concatenated(with: PartialShape($0)) }
  }
}

/// Takes the tensors out of an example.
private struct SingleSequenceParser {
  let name: String
  let example: TrainSequenceExample
  let mayBeMissing: Set<String>

  func outputs(
    _ attributes: SingleSequenceAttributes, _ keys: [[String]], _ defaults: [Tensor]
  ) throws -> [Tensor] {
    for (index, value) in defaults.enumerated() where value.dims.elementCount > 0 {
      try require(
        value.dims == attributes.contextShapes[index],
        """
        def_value[\(index)].shape() == \(value.dims) != context_dense_shapes_[\(index)] == \
        \(attributes.contextShapes[index])
        """)
    }
    let sparse = try zip(keys[0], attributes.contextSparse).map { try contextSparse($0, $1) }
    let dense = try keys[1].indices.map {
      try contextDense(
        keys[1][$0], attributes.contextDense[$0], attributes.contextShapes[$0], defaults[$0])
    }
    let listDense = try keys[3].indices.map {
      try self.listDense(keys[3][$0], attributes.listDense[$0], attributes.listShapes[$0])
    }
    let listSparse = try zip(keys[2], attributes.listSparse).map { try self.listSparse($0, $1) }
    func parts(_ outputs: [[Tensor]]) -> [Tensor] {
      (0..<3).flatMap { part in outputs.map { $0[part] } }
    }
    return parts(sparse) + dense + parts(listSparse) + listDense
  }

  private func contextSparse(_ key: String, _ dtype: DType) throws -> [Tensor] {
    var buffer = try ValueBuffer(dtype)
    var count = 0
    if let kind = example.context.feature[key]?.kind {
      try check(kind, dtype, "Context feature: \(key)")
      count = kind.count
      try buffer.append(kind)
    }
    return [
      try Tensor(Array(0..<count), dims: [count, 1]), try buffer.finish([count]),
      try Tensor([count], dims: [1]),
    ]
  }

  private func contextDense(
    _ key: String, _ dtype: DType, _ shape: Shape, _ fallback: Tensor
  ) throws -> Tensor {
    guard let feature = example.context.feature[key] else {
      try require(
        fallback.dims.elementCount > 0,
        "Name: \(name), Context feature '\(key)' is required but could not be found.")
      return fallback
    }
    try check(feature.kind, dtype, "Context feature: \(key)")
    var buffer = try ValueBuffer(dtype)
    try append(feature.kind, to: &buffer, key, shape, 0)
    return try buffer.finish(shape)
  }

  private func listDense(_ key: String, _ dtype: DType, _ shape: Shape) throws -> Tensor {
    let list = example.featureLists.featureList[key]
    try require(
      list != nil || mayBeMissing.contains(key),
      """
      Name: \(name), Feature list '\(key)' is required but could not be found.  Did you mean to \
      include it in feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?
      """)
    let rows = list?.feature ?? []
    var buffer = try ValueBuffer(dtype)
    for (index, feature) in rows.enumerated() {
      try check(feature.kind, dtype, "Feature list: \(key), Index: \(index)")
      try append(feature.kind, to: &buffer, key, shape, index)
    }
    let dims = Shape([rows.count] + shape.dims)
    guard dims.checkedElementCount != nil else { throw Shape.refusal(dims.dims, dims.description) }
    return try buffer.finish(dims)
  }

  private func listSparse(_ key: String, _ dtype: DType) throws -> [Tensor] {
    let rows = example.featureLists.featureList[key]?.feature ?? []
    var buffer = try ValueBuffer(dtype)
    var indices: [Int] = []
    var longest = 0
    for (row, feature) in rows.enumerated() {
      guard let kind = feature.kind else { continue }
      try check(kind, dtype, "Feature List: \(key), Index: \(row)")
      for index in 0..<kind.count { indices += [row, index] }
      longest = max(longest, kind.count)
      try buffer.append(kind)
    }
    let count = indices.count / 2
    return [
      try Tensor(indices, dims: [count, 2]), try buffer.finish([count]),
      try Tensor([rows.count, longest], dims: [2]),
    ]
  }

  private func check(_ kind: TrainFeature.Kind?, _ dtype: DType, _ what: String) throws {
    try require(
      kind?.dtype == dtype,
      """
      Name: \(name), \(what).  Data types don't match. Expected type: \(dtype.signatureName)  \
      Feature is: \(kind?.dtype.signatureName ?? "empty")
      """)
  }

  private func append(
    _ kind: TrainFeature.Kind?, to buffer: inout ValueBuffer, _ key: String, _ shape: Shape,
    _ index: Int
  ) throws {
    guard let kind else { return }
    try require(
      kind.count == shape.elementCount,
      """
      Name: \(name), Key: \(key), Index: \(index).  Number of \(kind.name) values != expected.  \
      values size: \(kind.count) but output shape: \(shape)
      """)
    try buffer.append(kind)
  }
}

extension TrainFeature.Kind {
  fileprivate var dtype: DType {
    switch self {
    case .bytes: .string
    case .floats: .float32
    case .int64s: .int64
    }
  }

  fileprivate var name: String {
    switch self {
    case .bytes: "bytes"
    case .floats: "float"
    case .int64s: "int64"
    }
  }

  fileprivate var count: Int {
    switch self {
    case .bytes(let values): values.count
    case .floats(let values): values.count
    case .int64s(let values): values.count
    }
  }
}
