package import CoreOps

/// Tables: those that are filled once, those that change, and those whose buckets are saved.
package struct TableOps: OpFamily {
  package static let family: Self = define(Self())

  package let hashTable = TableOps.table("HashTable", .reference, .filledOnce)
  package let hashTableV2 = TableOps.table("HashTableV2", .resource, .filledOnce)
  package let anonymous = TableOps.table("AnonymousHashTable", nil, .filledOnce)

  package let mutable = TableOps.table("MutableHashTable", .reference, .scalars)
  package let mutableV2 = TableOps.table("MutableHashTableV2", .resource, .scalars)
  package let anonymousMutable = TableOps.table("AnonymousMutableHashTable", nil, .scalars)

  package let vectors = TableOps.table("MutableHashTableOfTensors", .reference, .vectors)
  package let vectorsV2 = TableOps.table("MutableHashTableOfTensorsV2", .resource, .vectors)
  package let anonymousVectors = TableOps.table(
    "AnonymousMutableHashTableOfTensors", nil, .vectors)

  package let dense = TableOps.table(
    "MutableDenseHashTable", .reference, .dense(marksDeleted: false))
  package let denseV2 = TableOps.table(
    "MutableDenseHashTableV2", .resource, .dense(marksDeleted: true))
  package let anonymousDense = TableOps.table(
    "AnonymousMutableDenseHashTable", nil, .dense(marksDeleted: true))

  private enum Kind: Sendable, Equatable {
    case filledOnce, scalars, vectors
    case dense(marksDeleted: Bool)

    var isDense: Bool { self == .dense(marksDeleted: true) || self == .dense(marksDeleted: false) }

    var inputs: String {
      switch self {
      case .dense(let marksDeleted):
        marksDeleted ? "empty_key: key_dtype, deleted_key: key_dtype " : "empty_key: key_dtype "
      default: ""
      }
    }

    var attributes: String {
      switch self {
      case .filledOnce, .scalars: ""
      case .vectors: "\nvalue_shape: shape = []"
      case .dense:
        """

        value_shape: shape = []
        initial_num_buckets: int = 131072
        max_load_factor: float = 0.800000011920929
        """
      }
    }

    var valueTypes: DTypeSet {
      switch self {
      case .filledOnce, .vectors: [.plain, .string]
      case .scalars: .all
      case .dense: [.plain, DTypeSet(.resource), DTypeSet(.variant)]
      }
    }
  }

  /// - Parameter form: nil for a table that belongs to its handle.
  private static func table(_ name: String, _ form: HandleForm?, _ kind: Kind) -> OpDef {
    let place =
      form == nil
      ? ""
      : """

      container: string = ''
      shared_name: string = ''
      use_node_name_sharing: bool = false
      """
    return OpDef(
      name,
      """
      \(kind.inputs)-> table_handle: \(form?.type ?? "resource")\(place)
      key_dtype: type
      value_dtype: type\(kind.attributes)
      """, stateful: true,
      shape: { context in
        if let key = context.shapes.first?.rank {
          try require(key <= 1, "Shape must be at most rank 1 but is rank \(key) for empty_key")
        }
        if form != .reference, kind != .filledOnce { context.setHandle(0, try handleData(context)) }
        return [(form ?? .resource).shape]
      },
      kernel: .dynamic([
        "key_dtype": [.int32, .int64, .string], "value_dtype": kind.valueTypes,
      ]) { context in
        let place = try form == nil ? nil : ResourcePlace(context)
        let make = try maker(context, kind)
        let types = (try context.type("key_dtype"), try context.type("value_dtype"))
        return { run in
          guard let place, let form else {
            return [Tensor(resource: TableEntry(try make("anonymous", run)))]
          }
          let entry = try place.findOrCreate(run) { TableEntry(try make($0, run)) }
          try requireSame(entry.table, types)
          return [try place.handle(entry, form, run)]
        }
      }, gradient: .none("a table has no inputs"))
  }

  private static func handleData(_ context: ShapeContext) throws -> HandleData {
    let value = try context.signature.attr("value_shape").map { _ in
      try context.shape("value_shape")
    }
    return HandleData([
      .init(try context.type("key_dtype"), context.shapes.first ?? .scalar),
      .init(try context.type("value_dtype"), value ?? .scalar),
    ])
  }

  private static func maker(_ context: KernelContext, _ kind: Kind) throws
    -> @Sendable (String, DynamicContext) throws -> any LookupTable
  {
    let (keyType, valueType) = (try context.type("key_dtype"), try context.type("value_dtype"))
    switch kind {
    case .filledOnce:
      return { name, _ in HashTableObject(name: name, keyType: keyType, valueType: valueType) }
    case .scalars:
      return { name, _ in
        MutableTableObject(
          name: name, keyType: keyType, valueType: valueType, valueShape: Shape())
      }
    case .vectors:
      let shape = try context.shape("value_shape")
      guard let dims = shape.known, dims.rank == 1 else {
        throw TFError.invalidArgument("Default value must be a vector, got shape \(shape)")
      }
      guard dims.checkedElementCount != nil else { throw Shape.refusal(dims.dims, "\(dims)") }
      return { name, _ in
        MutableTableObject(name: name, keyType: keyType, valueType: valueType, valueShape: dims)
      }
    case .dense(let marksDeleted):
      let shape = try context.shape("value_shape")
      guard let dims = shape.known, dims.checkedElementCount != nil else {
        throw TFError.invalidArgument(
          "Empty value must be a scalar or a vector, got shape \(shape)")
      }
      let buckets = try context.int("initial_num_buckets")
      let load = try context.float("max_load_factor")
      return { name, run in
        try DenseTableObject(
          name: name, emptyKey: run.inputs[0], deletedKey: marksDeleted ? run.inputs[1] : nil,
          valueType: valueType, valueShape: dims, buckets: buckets, maximumLoad: load)
      }
    }
  }

  private static func requireSame(_ table: any LookupTable, _ types: (DType, DType)) throws {
    if (table.keyType, table.valueType) == types { return }
    throw TFError.invalidArgument(
      """
      Conflicting key/value dtypes \(types.0.signatureName)->\(types.1.signatureName) with \
      \(table.keyType.signatureName)-\(table.valueType.signatureName) for table \(table.name)
      """
    )
  }
}
