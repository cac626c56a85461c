package import CoreOps

/// Tables by resource and, as TF-1 has them, by a reference to their name.
package struct LookupTableOps: OpFamily {
  package static let family: Self = define(Self())

  package let hashTable = LookupTableOps.hashTable("HashTable", "Ref(string)")
  package let hashTableV2 = LookupTableOps.hashTable("HashTableV2", "resource")

  package let initialize = LookupTableOps.initialize("InitializeTable", "Ref(string)")
  package let initializeV2 = LookupTableOps.initialize("InitializeTableV2", "resource")
  package let `import` = LookupTableOps.fill("LookupTableImport", "Ref(string)", ("Tin", "Tout"))
  package let importV2 = LookupTableOps.fill("LookupTableImportV2", "resource", ("Tin", "Tout"))

  package let find = LookupTableOps.find("LookupTableFind", "Ref(string)")
  package let findV2 = LookupTableOps.find("LookupTableFindV2", "resource")
  package let size = LookupTableOps.size("LookupTableSize", "Ref(string)")
  package let sizeV2 = LookupTableOps.size("LookupTableSizeV2", "resource")
  package let export = LookupTableOps.export("LookupTableExport", "Ref(string)")
  package let exportV2 = LookupTableOps.export("LookupTableExportV2", "resource")

  /// Whether an op of that handle has effects by TensorFlow's registry: references have them by
  /// themselves.
  private static func isStateful(_ handle: String) -> Bool { handle == "resource" }

  private static func hashTable(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name,
      """
      -> table_handle: \(handle)
      container: string = ''
      shared_name: string = ''
      use_node_name_sharing: bool = false
      key_dtype: type
      value_dtype: type
      """, stateful: true,
      shape: { _ in [handle == "resource" ? .scalar : [2]] },
      kernel: .dynamic([
        "key_dtype": [.int32, .int64, .string], "value_dtype": [.plain, .string],
      ]) { context in
        let (container, sharedName) = (
          try context.string("container"), try context.string("shared_name")
        )
        let (keyType, valueType) = (try context.type("key_dtype"), try context.type("value_dtype"))
        return { run in
          let own = sharedName.isEmpty ? run.node : sharedName
          let table = try run.execution.resources.findOrCreate(container, own) {
            HashTableObject(name: own, keyType: keyType, valueType: valueType)
          }
          guard table.keyType == keyType, table.valueType == valueType else {
            throw TFError.invalidArgument(
              """
              Conflicting key/value dtypes \(keyType.signatureName)->\(valueType.signatureName) \
              with \(table.keyType.signatureName)-\(table.valueType.signatureName) for table \(own)
              """
            )
          }
          if handle == "resource" { return [Tensor(resource: table)] }
          let names = [container.isEmpty ? ResourceContainer.defaultName : container, own]
          return [try Tensor(strings: names, dims: [2])]
        }
      }, gradient: .none("a table has no inputs"))
  }

  private static func initialize(_ name: String, _ handle: String) -> OpDef {
    fill(name, handle, ("Tkey", "Tval"))
  }

  /// An op that fills a table with two vectors.
  private static func fill(_ name: String, _ handle: String, _ types: (String, String)) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(handle), keys: \(types.0), values: \(types.1) ->
      \(types.0): type
      \(types.1): type
      """, stateful: isStateful(handle), shape: { _ in [] },
      kernel: .run { run in
        let (keys, values) = (run.inputs[1], run.inputs[2])
        let table = try run.table()
        try table.check(name, [keys.dtype, values.dtype])
        try require(keys.dims.rank == 1, "Keys must be a vector, but received shape\(keys.dims)")
        try require(
          values.dims.rank == 1, "Values must be a vector, but received shape\(values.dims)")
        let (count, valueCount) = (keys.dims.elementCount, values.dims.elementCount)
        try require(
          count == valueCount,
          "Keys and values must have the same size \(count) vs \(valueCount)")
        try require(count > 0, "keys and values cannot be empty tensors.")
        try table.fill(total: { count }) { (keys, values) }
        return []
      }, gradient: .none("filling a table has no outputs"))
  }

  private static func find(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(handle), keys: Tin, default_value: Tout -> values: Tout
      Tin: type
      Tout: type
      """, stateful: isStateful(handle), shape: ShapeRules.unknown,
      kernel: .run { run in
        let (keys, fallback) = (run.inputs[1], run.inputs[2])
        let table = try run.table()
        try table.check(name, [keys.dtype, fallback.dtype])
        try require(
          fallback.dims.elementCount == 1,
          "Expect shape [] for the default value, got \(fallback.dims)")
        return [try table.find(keys, default: fallback)]
      }, gradient: .none("TensorFlow has no gradient for it"))
  }

  private static func size(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name, "table_handle: \(handle) -> size: int64", stateful: isStateful(handle),
      shape: ShapeRules.scalar,
      kernel: .run { run in [try Tensor(scalar: Int64(try run.table().count))] }, gradient: .zero)
  }

  private static func export(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(handle) -> keys: Tkeys, values: Tvalues
      Tkeys: type
      Tvalues: type
      """, stateful: isStateful(handle), shape: { _ in [[nil], [nil]] },
      kernel: .dynamic { context in
        let types = context.outputTypes
        return { run in
          let table = try run.table()
          try table.check(name, types)
          let (keys, values) = try table.export()
          return [keys, values]
        }
      }, gradient: .zero)
  }
}

extension HashTableObject {
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words when keys and values are of other dtypes.
  package func check(_ op: String, _ types: [DType]) throws {
    try require(
      types == [keyType, valueType],
      """
      Signature mismatch, have: \(types[0].signatureName), \(types[1].signatureName) expected: \
      \(keyType.signatureName), \(valueType.signatureName) of table \(name)
      """
    )
  }
}

extension DynamicContext {
  /// The table in input 0: a handle, or container and name.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `NOT_FOUND` where there is no table of that name.
  package func table() throws -> HashTableObject {
    let handle = inputs[0]
    if handle.dtype == .resource { return try handle.resource() }
    guard handle.dtype == .string, handle.dims.elementCount == 2 else {
      throw TFError.invalidArgument(
        "Lookup table handle must be scalar, but had shape: \(handle.dims)")
    }
    let names = handle.strings.map(\.text)
    guard let table: HashTableObject = execution.resources.find(names[0], names[1]) else {
      throw TFError.notFound("Table \(names[0])/\(names[1]) does not exist.")
    }
    return table
  }
}
