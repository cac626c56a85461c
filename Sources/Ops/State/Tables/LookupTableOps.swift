package import CoreOps

/// What steps do with tables, by handle and, as TF-1 has them, by a reference to their name.
package struct LookupTableOps: OpFamily {
  package static let family: Self = define(Self())

  package let initialize = LookupTableOps.initialize("InitializeTable", .reference)
  package let initializeV2 = LookupTableOps.initialize("InitializeTableV2", .resource)

  package let find = LookupTableOps.find("LookupTableFind", .reference)
  package let findV2 = LookupTableOps.find("LookupTableFindV2", .resource)
  package let insert = LookupTableOps.change("LookupTableInsert", .reference, isImport: false)
  package let insertV2 = LookupTableOps.change("LookupTableInsertV2", .resource, isImport: false)
  package let `import` = LookupTableOps.change("LookupTableImport", .reference, isImport: true)
  package let importV2 = LookupTableOps.change("LookupTableImportV2", .resource, isImport: true)
  package let size = LookupTableOps.size("LookupTableSize", .reference)
  package let sizeV2 = LookupTableOps.size("LookupTableSizeV2", .resource)
  package let export = LookupTableOps.export("LookupTableExport", .reference)
  package let exportV2 = LookupTableOps.export("LookupTableExportV2", .resource)

  package let removeV2 = OpDef(
    "LookupTableRemoveV2",
    """
    table_handle: resource, keys: Tin ->
    Tin: type
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "table_handle")
      return []
    },
    kernel: .run { run in
      let (table, keys) = (try run.table(), run.inputs[1])
      try require(
        keys.dtype == table.keyType,
        """
        Signature mismatch, have: resource, \(keys.dtype.signatureName)-> expected: resource, \
        \(table.keyType.signatureName)->
        """
      )
      _ = try table.valueDims(keys.dims)
      try table.remove(keys)
      return []
    }, gradient: .none("a table is not followed"))

  private static func initialize(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(form.type), keys: Tkey, values: Tval ->
      Tkey: type
      Tval: type
      """, stateful: form.isStateful, shape: { _ in [] },
      kernel: .run { run in
        let (keys, values) = (run.inputs[1], run.inputs[2])
        let table = try run.staticTable()
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

  private static func find(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(form.type), keys: Tin, default_value: Tout -> values: Tout
      Tin: type
      Tout: type
      """, stateful: form.isStateful,
      shape: { context in
        guard let parts = context.handle(0)?.parts, parts.count == 2 else { return [.unknown] }
        for (part, type) in zip(parts, context.inputTypes.dropFirst()) where part.dtype != type {
          throw TFError.invalidArgument(
            """
            Trying to read value with wrong dtype. Expected \(part.dtype.signatureName) got \
            \(type.signatureName)
            """
          )
        }
        guard let keys = context.shapes[1].dims, let own = parts[0].shape.dims,
          keys.count >= own.count
        else { return [.unknown] }
        return [PartialShape(Array(keys.dropLast(own.count))).concatenated(with: parts[1].shape)]
      },
      kernel: .run { run in
        let (keys, fallback) = (run.inputs[1], run.inputs[2])
        let table = try run.table()
        try table.check(name, [keys.dtype, fallback.dtype])
        let dims = try table.valueDims(keys.dims)
        try table.checkDefault(fallback.dims, dims)
        return [try table.find(keys, default: fallback, dims)]
      }, gradient: .none("TensorFlow has no gradient for it"))
  }

  /// An op that gives a table entries, or replaces all of its entries.
  private static func change(_ name: String, _ form: HandleForm, isImport: Bool) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(form.type), keys: Tin, values: Tout ->
      Tin: type
      Tout: type
      """, stateful: form.isStateful, shape: { _ in [] },
      kernel: .run { run in
        let (keys, values) = (run.inputs[1], run.inputs[2])
        let table = try run.table()
        try table.check(name, [keys.dtype, values.dtype])
        if isImport {
          try table.checkLoad(keys, values)
          try table.load(keys, values)
        } else {
          try table.checkEntries(keys, values)
          try table.insert(keys, values)
        }
        return []
      }, gradient: .none("filling a table has no outputs"))
  }

  private static func size(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name, "table_handle: \(form.type) -> size: int64", stateful: form.isStateful,
      shape: ShapeRules.scalar,
      kernel: .run { run in [try Tensor(scalar: Int64(try run.table().count))] }, gradient: .zero)
  }

  private static func export(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(form.type) -> keys: Tkeys, values: Tvalues
      Tkeys: type
      Tvalues: type
      """, stateful: form.isStateful, shape: ShapeRules.unknown,
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
