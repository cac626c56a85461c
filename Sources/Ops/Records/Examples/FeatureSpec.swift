package import CoreOps

/// What is wanted of the features of one key.
package struct FeatureSpec: Sendable {
  package enum Kind: Sendable {
    /// So many values in each example, of that shape.
    case dense(Shape, default: Tensor)
    /// Any number of blocks of values, padded to the longest.
    case padded(block: Shape, default: Tensor)
    case sparse
    /// Rows, with splits of that dtype.
    case ragged(DType)
  }

  package let key: [UInt8]
  package let dtype: DType
  package let kind: Kind

  var isDense: Bool {
    switch kind {
    case .dense, .padded: true
    case .sparse, .ragged: false
    }
  }

  /// The key in messages.
  var name: String { String(decoding: key, as: UTF8.self) }
}

/// The attributes of an op that parses examples.
package struct FeatureAttributes: Sendable {
  package let denseTypes: [DType]
  package let denseShapes: [PartialShape]
  package let sparseTypes: [DType]
  package let raggedTypes: [DType]
  package let splitTypes: [DType]

  /// - Throws: `INVALID_ARGUMENT` where the lists do not fit each other, or a shape has unknown
  ///   dimensions behind the first.
  package init(
    _ context: some AttrAccess, sparseCount: Int? = nil, denseCount: Int? = nil,
    hasRagged: Bool = false
  ) throws {
    denseTypes = try context.types("Tdense")
    denseShapes = try context.shapes("dense_shapes")
    sparseTypes = try context.types("sparse_types")
    raggedTypes = hasRagged ? try context.types("ragged_value_types") : []
    splitTypes = hasRagged ? try context.types("ragged_split_types") : []
    try require(
      sparseCount ?? sparseTypes.count == sparseTypes.count,
      "len(sparse_keys) != len(sparse_types)")
    try require(
      denseCount ?? denseTypes.count == denseTypes.count, "len(dense_keys) != len(dense_types)")
    try require(denseTypes.count == denseShapes.count, "len(dense_keys) != len(dense_shapes)")
    try require(
      raggedTypes.count == splitTypes.count, "len(ragged_keys) != len(ragged_split_types)")
    for (index, shape) in denseShapes.enumerated() {
      try require(
        shape.dims.map { !$0.dropFirst().contains(nil) } ?? false,
        """
        dense_shapes[\(index)] has unknown rank or unknown inner dimensions: \(shape)
        """)
    }
  }

  /// Whether a dense feature has any number of blocks.
  func isPadded(_ index: Int) -> Bool {
    guard let dims = denseShapes[index].dims, let first = dims.first else { return false }
    return first == nil
  }

  /// The features that are wanted: sparse ones, dense ones, ragged ones.
  ///
  /// - Throws: `INVALID_ARGUMENT` where a default does not fit its shape.
  package func features(
    sparse: [[UInt8]], dense: [[UInt8]], ragged: [[UInt8]] = [], defaults: ArraySlice<Tensor>
  ) throws -> [FeatureSpec] {
    var features = zip(sparse, sparseTypes).map { FeatureSpec(key: $0, dtype: $1, kind: .sparse) }
    for (index, (key, value)) in zip(dense, defaults).enumerated() {
      let shape = denseShapes[index]
      let kind: FeatureSpec.Kind
      if isPadded(index) {
        try require(
          value.dims.elementCount == 1,
          """
          dense_shape[\(index)] is a variable length shape: \(shape), therefore def_value[\(index)] \
          must contain a single element (the padding element).  But its shape is: \(value.dims)
          """)
        let block = try Self.known(shape.dims.map { PartialShape(Array($0.dropFirst())) } ?? shape)
        try require(
          block.elementCount > 0,
          "dense_shape[\(index)] has blocks of no elements: \(shape)")
        kind = .padded(block: block, default: value)
      } else {
        try require(
          value.dims.elementCount == 0 || shape.isCompatible(with: PartialShape(value.dims)),
          """
          def_value[\(index)].shape() == \(value.dims) is not compatible with \
          dense_shapes_[\(index)] == \(shape)
          """)
        kind = .dense(try Self.known(shape), default: value)
      }
      try require(
        value.dtype == denseTypes[index],
        """
        dense_defaults[\(index)].dtype() == \(value.dtype.signatureName) != \
        dense_types_[\(index)] == \(denseTypes[index].signatureName)
        """)
      features.append(FeatureSpec(key: key, dtype: value.dtype, kind: kind))
    }
    for (index, key) in ragged.enumerated() {
      features.append(
        FeatureSpec(key: key, dtype: raggedTypes[index], kind: .ragged(splitTypes[index])))
    }
    return features
  }

  private static func known(_ shape: PartialShape) throws -> Shape {
    guard let known = shape.known, known.checkedElementCount != nil else {
      throw TFError.invalidArgument("\(shape) is not the shape of a tensor")
    }
    return known
  }
}
