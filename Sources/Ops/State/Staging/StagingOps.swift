package import CoreOps

/// Areas in which steps leave tensors for others, in line or by key.
package struct StagingOps: OpFamily {
  package static let family: Self = define(Self())

  package let stage = OpDef(
    "Stage",
    """
    values: dtypes ->
    capacity: int >= 0 = 0
    memory_limit: int >= 0 = 0
    dtypes: list(type) >= 1
    container: string = ''
    shared_name: string = ''
    """, stateful: true, mayWait: true, shape: { _ in [] },
    kernel: .dynamic { context in
      let line = try line(context)
      return { run in
        try line(run).put(run.inputs, run.ticket)
        return []
      }
    }, gradient: .none("what is staged is not followed"))

  package let unstage = StagingOps.taking("Unstage", "-> values: dtypes") { context in
    let line = try line(context)
    return { try line($0).get($0.ticket) }
  }

  package let peek = StagingOps.taking("StagePeek", "index: int32 -> values: dtypes") { context in
    let line = try line(context)
    return { run in
      try require(run.inputs[0].dims.rank == 0, "index must be scalar")
      return try line(run).peek(run.inputs[0].integers()[0], run.ticket)
    }
  }

  package let size = StagingOps.query("StageSize") { context in
    let line = try line(context)
    return { [try Tensor(scalar: Int32(clamping: try line($0).count))] }
  }

  package let clear = StagingOps.query("StageClear", "->") { context in
    let line = try line(context)
    return { run in
      try line(run).clear()
      return []
    }
  }

  package let mapStage = StagingOps.mapStage("MapStage", isOrdered: false)
  package let mapUnstage = StagingOps.mapTaking("MapUnstage", isOrdered: false, keeps: false)
  package let mapPeek = StagingOps.mapTaking("MapPeek", isOrdered: false, keeps: true)
  package let mapUnstageNoKey = StagingOps.mapUnstageNoKey("MapUnstageNoKey", isOrdered: false)
  package let mapSize = StagingOps.mapSize("MapSize", isOrdered: false, \.count)
  package let mapIncompleteSize = StagingOps.mapSize(
    "MapIncompleteSize", isOrdered: false, \.incompleteCount)
  package let mapClear = StagingOps.mapClear("MapClear", isOrdered: false)

  package let orderedMapStage = StagingOps.mapStage("OrderedMapStage", isOrdered: true)
  package let orderedMapUnstage = StagingOps.mapTaking(
    "OrderedMapUnstage", isOrdered: true, keeps: false)
  package let orderedMapPeek = StagingOps.mapTaking("OrderedMapPeek", isOrdered: true, keeps: true)
  package let orderedMapUnstageNoKey = StagingOps.mapUnstageNoKey(
    "OrderedMapUnstageNoKey", isOrdered: true)
  package let orderedMapSize = StagingOps.mapSize("OrderedMapSize", isOrdered: true, \.count)
  package let orderedMapIncompleteSize = StagingOps.mapSize(
    "OrderedMapIncompleteSize", isOrdered: true, \.incompleteCount)
  package let orderedMapClear = StagingOps.mapClear("OrderedMapClear", isOrdered: true)

  // MARK: - Kinds of ops

  private static func taking(
    _ name: String, _ arguments: String,
    _ prepare: @escaping @Sendable (KernelContext) throws -> DynamicRun
  ) -> OpDef {
    OpDef(
      name,
      """
      \(arguments)
      capacity: int >= 0 = 0
      memory_limit: int >= 0 = 0
      dtypes: list(type) >= 1
      container: string = ''
      shared_name: string = ''
      """, stateful: true, mayWait: true, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let (types, run) = (context.outputTypes, try prepare(context))
        return { context in
          let tuple = try run(context)
          try StagingLimits.check(tuple, types, node: context.node)
          return tuple
        }
      }, gradient: .none("what is staged is not followed"))
  }

  private static func query(
    _ name: String, _ arguments: String = "-> size: int32",
    _ prepare: @escaping @Sendable (KernelContext) throws -> DynamicRun
  ) -> OpDef {
    OpDef(
      name,
      """
      \(arguments)
      capacity: int >= 0 = 0
      memory_limit: int >= 0 = 0
      dtypes: list(type)
      container: string = ''
      shared_name: string = ''
      """, stateful: true, shape: { arguments == "->" ? [] : try ShapeRules.scalar($0) },
      kernel: .dynamic(prepare: prepare), gradient: .zero)
  }

  private static func line(_ context: KernelContext) throws
    -> @Sendable (DynamicContext) throws -> StagingLine
  {
    let (place, limits) = (try ResourcePlace(context), try StagingLimits(context))
    return { run in try place.find(run, form: "") { StagingLine(limits) } }
  }

  // MARK: - Kinds of ops on maps

  private static func mapStage(_ name: String, isOrdered: Bool) -> OpDef {
    OpDef(
      name,
      """
      key: int64, indices: int32, values: fake_dtypes ->
      capacity: int >= 0 = 0
      memory_limit: int >= 0 = 0
      dtypes: list(type)
      fake_dtypes: list(type) >= 1
      container: string = ''
      shared_name: string = ''
      """, stateful: true, mayWait: true, shape: { _ in [] },
      kernel: .dynamic { context in
        let map = try map(context, isOrdered)
        return { run in
          try map(run).put(
            key(run.inputs[0]), run.inputs[1].integers(), Array(run.inputs.dropFirst(2)),
            run.ticket)
          return []
        }
      }, gradient: .none("what is staged is not followed"))
  }

  private static func mapTaking(_ name: String, isOrdered: Bool, keeps: Bool) -> OpDef {
    taking(name, "key: int64, indices: int32 -> values: dtypes") { context in
      let map = try map(context, isOrdered)
      return { run in
        try map(run).take(
          key(run.inputs[0]), run.inputs[1].integers(), keeps: keeps, run.ticket
        ).values
      }
    }
  }

  private static func mapUnstageNoKey(_ name: String, isOrdered: Bool) -> OpDef {
    taking(name, "indices: int32 -> key: int64, values: dtypes") { context in
      let map = try map(context, isOrdered)
      return { run in
        let (key, values) = try map(run).take(
          nil, run.inputs[0].integers(), keeps: false, run.ticket)
        return [try Tensor(scalar: key)] + values
      }
    }
  }

  private static func mapSize(
    _ name: String, isOrdered: Bool, _ size: @escaping @Sendable (StagingMap) -> Int
  ) -> OpDef {
    query(name) { context in
      let map = try map(context, isOrdered)
      return { [try Tensor(scalar: Int32(clamping: size(try map($0))))] }
    }
  }

  private static func mapClear(_ name: String, isOrdered: Bool) -> OpDef {
    query(name, "->") { context in
      let map = try map(context, isOrdered)
      return { run in
        try map(run).clear()
        return []
      }
    }
  }

  private static func key(_ tensor: Tensor) throws -> Int {
    try require(tensor.dims.rank == 0, "key must be an int64 scalar, got shape \(tensor.dims)")
    return try tensor.integers()[0]
  }

  private static func map(_ context: KernelContext, _ isOrdered: Bool) throws
    -> @Sendable (DynamicContext) throws -> StagingMap
  {
    let (place, limits) = (try ResourcePlace(context), try StagingLimits(context))
    let width = try context.types("dtypes").count
    return { run in
      try place.find(run, form: isOrdered ? "ordered" : "") {
        StagingMap(width: width, limits, isOrdered: isOrdered)
      }
    }
  }
}
