public import CoreOps

extension SharedAPI {
  public typealias lookup = LookupAPI
}

/// `tf.lookup`.
public enum LookupAPI {
  /// `tf.lookup.experimental`.
  public enum experimental {}

  /// What a table is filled with: a vector of keys and one of values. Follows
  /// `tf.lookup.KeyValueTensorInitializer`.
  public struct KeyValueTensorInitializer: Sendable {
    /// A vector of keys.
    public let keys: Tensor
    /// A vector of as many values.
    public let values: Tensor
    fileprivate let name: String

    /// - Parameters:
    ///   - keys: of the dtype `keyDType`, or of their own.
    ///   - values: of the dtype `valueDType`, or of their own.
    ///   - name: what the name of the node that fills a table begins with.
    public init(
      _ keys: some TensorConvertible, _ values: some TensorConvertible, keyDType: DType? = nil,
      valueDType: DType? = nil, name: String? = nil
    ) throws {
      self.keys = try LookupAPI.tensor(keys, keyDType).asConstant(named: "keys")
      self.values = try LookupAPI.tensor(values, valueDType).asConstant(named: "values")
      self.name = name ?? "key_value_init"
    }
  }

  /// A table that is filled once. Follows `tf.lookup.StaticHashTable`.
  ///
  /// In a graph the node `key_value_init/LookupTableImportV2` fills it, which a session runs first.
  public struct StaticHashTable: Sendable {
    /// The handle: of dtype resource.
    public let resourceHandle: Tensor
    /// What a key that is not there is looked up as.
    public let defaultValue: Tensor
    /// What the names of the table's nodes begin with.
    public let name: String
    private let keyDType: DType
    private let valueDType: DType

    /// - Parameters:
    ///   - initializer: the table's keys and values.
    ///   - defaultValue: a value for keys that are not there.
    ///   - name: the node's name in a graph.
    /// - Throws: `FAILED_PRECONDITION` when a key has two values.
    public init(
      _ initializer: KeyValueTensorInitializer, _ defaultValue: some TensorConvertible,
      name: String = "hash_table"
    ) throws {
      keyDType = initializer.keys.dtype
      valueDType = initializer.values.dtype
      self.defaultValue = try LookupAPI.tensor(defaultValue, valueDType).asConstant()
      resourceHandle = try apply(
        TableOps.family.hashTableV2, [],
        [
          "key_dtype": .type(keyDType), "value_dtype": .type(valueDType),
          "shared_name": .string(LookupAPI.sharedName()),
        ], name: name)[0]
      self.name = resourceHandle.nodeName ?? name
      let handle = resourceHandle
      _ = try inScope(initializer.name, initializer.name) { _ in
        try apply(
          LookupTableOps.family.importV2, [handle, initializer.keys, initializer.values])
      }
    }

    /// The values of keys. Follows `tf.lookup.StaticHashTable.lookup`.
    ///
    /// - Parameters:
    ///   - keys: of any shape.
    ///   - name: what the names of its nodes begin with.
    /// - Returns: a tensor of the shape of `keys`.
    public func lookup(_ keys: some TensorConvertible, name: String? = nil) throws -> Tensor {
      try inScope(name, "\(self.name)_Lookup") { _ in
        let keys = try LookupAPI.tensor(keys, keyDType)
        return try LookupTableOps.family.findV2([resourceHandle, keys, defaultValue])
          .refined(to: keys.shape)
      }
    }

    /// The number of keys, an int64. Follows `tf.lookup.StaticHashTable.size`.
    public func size(name: String? = nil) throws -> Tensor {
      try inScope(name, "\(self.name)_Size") { _ in
        try LookupTableOps.family.sizeV2([resourceHandle])
      }
    }

    /// All keys and values. Follows `tf.lookup.StaticHashTable.export`.
    public func export(name: String? = nil) throws -> (keys: Tensor, values: Tensor) {
      try inScope(name, "\(self.name)_Export") { _ in
        try LookupAPI.export(resourceHandle, keyDType, valueDType)
      }
    }
  }

  /// A value, of a dtype where one is asked for.
  fileprivate static func tensor(_ value: some TensorConvertible, _ dtype: DType?) throws -> Tensor
  {
    try dtype.map { try value.asTensor(preferring: $0) } ?? value.asTensor()
  }

  /// A name that no other table has; TensorFlow's tables have random ones, too.
  fileprivate static func sharedName() -> String {
    if Environment.current.isExecutingEagerly { return VariableOps.anonymousName }
    return "hash_table_\(UInt64.random(in: 0...UInt64.max))_\(UInt64.random(in: 0...UInt64.max))"
  }

  fileprivate static func export(_ handle: Tensor, _ keyDType: DType, _ valueDType: DType) throws
    -> (keys: Tensor, values: Tensor)
  {
    let both = try apply(
      LookupTableOps.family.exportV2, [handle],
      ["Tkeys": .type(keyDType), "Tvalues": .type(valueDType)])
    return (both[0], both[1])
  }
}

/// A table whose entries come and go.
public protocol MutableLookupTable: Sendable {
  /// The handle: of dtype resource.
  var resourceHandle: Tensor { get }
  /// What a key that is not there is looked up as.
  var defaultValue: Tensor { get }
  /// What the names of the table's nodes begin with.
  var name: String { get }
  var keyDType: DType { get }
  var valueDType: DType { get }
}

extension MutableLookupTable {
  /// Makes the nodes that a saver saves, in a graph.
  fileprivate func makeSaveable(_ checkpoint: Bool) throws {
    if checkpoint, !Environment.current.isExecutingEagerly { _ = try export() }
  }

  /// Gives keys values, whether they are there or not. Follows
  /// `tf.lookup.experimental.MutableHashTable.insert`.
  ///
  /// - Parameters:
  ///   - keys: of any shape.
  ///   - values: one value for each key.
  ///   - name: what the names of its nodes begin with.
  public func insert(
    _ keys: some TensorConvertible, _ values: some TensorConvertible, name: String? = nil
  ) throws {
    _ = try inScope(name, "\(self.name)_lookup_table_insert") { _ in
      try apply(
        LookupTableOps.family.insertV2,
        [
          resourceHandle, LookupAPI.tensor(keys, keyDType).asConstant(named: "keys"),
          LookupAPI.tensor(values, valueDType).asConstant(named: "values"),
        ])
    }
  }

  /// The values of keys. Follows `tf.lookup.experimental.MutableHashTable.lookup`.
  ///
  /// - Parameters:
  ///   - keys: of any shape.
  ///   - name: what the names of its nodes begin with.
  /// - Returns: one value for each key.
  public func lookup(_ keys: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try inScope(name, "\(self.name)_lookup_table_find") { _ in
      try LookupTableOps.family.findV2(
        [resourceHandle, LookupAPI.tensor(keys, keyDType).asConstant(named: "keys"), defaultValue])
    }
  }

  /// Removes keys; those that are not there are passed over. Follows
  /// `tf.lookup.experimental.MutableHashTable.remove`.
  ///
  /// - Parameters:
  ///   - keys: of any shape.
  ///   - name: what the names of its nodes begin with.
  public func remove(_ keys: some TensorConvertible, name: String? = nil) throws {
    _ = try inScope(name, "\(self.name)_lookup_table_remove") { _ in
      try apply(
        LookupTableOps.family.removeV2, [resourceHandle, LookupAPI.tensor(keys, keyDType)])
    }
  }

  /// The number of keys, an int64. Follows `tf.lookup.experimental.MutableHashTable.size`.
  public func size(name: String? = nil) throws -> Tensor {
    try inScope(name, "\(self.name)_Size") { _ in
      try LookupTableOps.family.sizeV2([resourceHandle])
    }
  }

  /// All keys and values; of a dense table, its buckets. Follows
  /// `tf.lookup.experimental.MutableHashTable.export`.
  public func export(name: String? = nil) throws -> (keys: Tensor, values: Tensor) {
    try inScope(name, "\(self.name)_lookup_table_export_values") { _ in
      try LookupAPI.export(resourceHandle, keyDType, valueDType)
    }
  }
}

extension LookupAPI.experimental {
  /// A table of numbers or vectors. Follows `tf.lookup.experimental.MutableHashTable`.
  public struct MutableHashTable: MutableLookupTable {
    public let resourceHandle: Tensor
    public let defaultValue: Tensor
    public let name: String
    public let keyDType: DType
    public let valueDType: DType

    /// - Parameters:
    ///   - keyDType: the dtype of keys: int32, int64 or string.
    ///   - valueDType: the dtype of values.
    ///   - defaultValue: a value for keys that are not there: its shape, a number or a vector, is
    ///     that of all values.
    ///   - name: the node's name in a graph.
    ///   - checkpoint: whether a graph gets the nodes that a saver saves.
    public init(
      _ keyDType: DType, _ valueDType: DType, _ defaultValue: some TensorConvertible,
      name: String = "MutableHashTable", checkpoint: Bool = true
    ) throws {
      self.keyDType = keyDType
      self.valueDType = valueDType
      self.defaultValue = try LookupAPI.tensor(defaultValue, valueDType).asConstant()
      let shape = self.defaultValue.shape
      let attrs: Attrs = [
        "key_dtype": .type(keyDType), "value_dtype": .type(valueDType),
        "shared_name": .string(
          Environment.current.isExecutingEagerly ? VariableOps.anonymousName : ""),
      ]
      resourceHandle =
        try shape.rank == 0
        ? apply(TableOps.family.mutableV2, [], attrs, name: name)[0]
        : apply(
          TableOps.family.vectorsV2, [], attrs.with("value_shape", .shape(shape)), name: name)[0]
      self.name = resourceHandle.nodeName ?? name
      try makeSaveable(checkpoint)
    }
  }

  /// A table whose keys and values lie in buckets. Follows
  /// `tf.lookup.experimental.DenseHashTable`.
  public struct DenseHashTable: MutableLookupTable {
    public let resourceHandle: Tensor
    public let defaultValue: Tensor
    public let name: String
    public let keyDType: DType
    public let valueDType: DType

    /// - Parameters:
    ///   - keyDType: the dtype of keys: int32, int64 or string.
    ///   - valueDType: the dtype of values, not string.
    ///   - defaultValue: a value for keys that are not there: its shape is that of all values.
    ///   - emptyKey, deletedKey: two keys that no entry has; their shape is that of all keys.
    ///   - initialNumBuckets: how many buckets there are at first, a power of two.
    ///   - name: the node's name in a graph.
    ///   - checkpoint: whether a graph gets the nodes that a saver saves.
    public init(
      _ keyDType: DType, _ valueDType: DType, _ defaultValue: some TensorConvertible,
      _ emptyKey: some TensorConvertible, _ deletedKey: some TensorConvertible,
      initialNumBuckets: Int? = nil, name: String = "MutableDenseHashTable",
      checkpoint: Bool = true
    ) throws {
      self.keyDType = keyDType
      self.valueDType = valueDType
      self.defaultValue = try LookupAPI.tensor(defaultValue, valueDType).asConstant(
        named: "default_value")
      let keys = [
        try LookupAPI.tensor(emptyKey, keyDType).asConstant(named: "empty_key"),
        try LookupAPI.tensor(deletedKey, keyDType).asConstant(named: "deleted_key"),
      ]
      resourceHandle = try apply(
        TableOps.family.denseV2, keys,
        [
          "value_dtype": .type(valueDType), "value_shape": .shape(self.defaultValue.shape),
          "initial_num_buckets": .int(initialNumBuckets ?? 131_072),
          "shared_name": .string(
            Environment.current.isExecutingEagerly ? VariableOps.anonymousName : ""),
        ], name: name)[0]
      self.name = resourceHandle.nodeName ?? name
      try makeSaveable(checkpoint)
    }

    /// The same with its keys by label.
    public init(
      _ keyDType: DType, _ valueDType: DType, _ defaultValue: some TensorConvertible,
      emptyKey: some TensorConvertible, deletedKey: some TensorConvertible,
      initialNumBuckets: Int? = nil, name: String = "MutableDenseHashTable",
      checkpoint: Bool = true
    ) throws {
      try self.init(
        keyDType, valueDType, defaultValue, emptyKey, deletedKey,
        initialNumBuckets: initialNumBuckets, name: name, checkpoint: checkpoint)
    }

    /// Removes keys. Follows `tf.lookup.experimental.DenseHashTable.erase`.
    public func erase(_ keys: some TensorConvertible, name: String? = nil) throws {
      try remove(keys, name: name)
    }
  }
}
