package import CoreOps

/// Barriers, by reference.
package struct BarrierOps: OpFamily {
  package static let family: Self = define(Self())

  package let barrier = OpDef(
    "Barrier",
    """
    -> handle: Ref(string)
    component_types: list(type) >= 1
    shapes: list(shape) >= 0 = []
    capacity: int = -1
    container: string = ''
    shared_name: string = ''
    """, stateful: true, shape: { _ in [[2]] },
    kernel: .dynamic { context in
      let types = try context.types("component_types")
      let shapes = try context.shapes("shapes")
      let place = try ResourcePlace(context)
      for shape in shapes {
        try require(shape.isFullyDefined, "Shape \(shape) is not fully defined")
      }
      try require(
        shapes.count == types.count, "All of the component shapes must be specified")
      try require(
        context.int("capacity") == -1,
        """
        Barrier only accepts capacity=-1.  Feed the inputs to your Barrier through a queue to \
        enforce a limited capacity.
        """
      )
      return { run in
        let barrier = try place.findOrCreate(run) {
          BarrierObject(name: $0, types: types, shapes: shapes)
        }
        func differ(_ what: String, _ own: String, _ its: String) -> String {
          """
          Shared barrier '\(barrier.name)' has component \(what) \(own) but requested component \
          \(what) were \(its)
          """
        }
        try require(
          barrier.types == types,
          differ("types", list(barrier.types, brackets: false), list(types, brackets: false)))
        try require(
          barrier.shapes == shapes, differ("shapes", list(barrier.shapes), list(shapes)))
        return [try place.handle(barrier, .reference, run)]
      }
    }, gradient: .none("a barrier has no inputs"))

  package let insertMany = OpDef(
    "BarrierInsertMany",
    """
    handle: Ref(string), keys: string, values: T ->
    T: type
    component_index: int
    """,
    shape: { context in
      let keys = try context.shape(1, rank: 1, "keys")
      if let rank = context.shapes[2].rank {
        try require(rank > 0, "Shape must be at least rank 1 but is rank 0 for values")
        if let count = keys[0], let rows = context.shapes[2][0], count != rows {
          throw TFError.invalidArgument("Dimensions must be equal, but are \(count) and \(rows)")
        }
      }
      return []
    },
    kernel: .dynamic(["T": [.plain, .objects]]) { context in
      let component = try context.int("component_index")
      return { run in
        let barrier = try barrier(run)
        let count = barrier.types.count
        try require(
          component >= 0 && component < count,
          "The component ID is out of range \(component) > num_components (= \(count))")
        let (own, its) = (barrier.types[component], run.inputs[2].dtype)
        try require(
          own == its,
          """
          Signature mismatch, have: string_ref, string, \(its.signatureName)-> expected: \
          string_ref, string, \(own.signatureName)->
          """
        )
        try require(
          run.inputs[1].dims.rank == 1, "keys must be a vector, got shape \(run.inputs[1].dims)")
        try barrier.insert(run.inputs[1], component: component, run.inputs[2])
        return []
      }
    }, gradient: .none("what is put into a barrier is not followed"))

  package let takeMany = OpDef(
    "BarrierTakeMany",
    """
    handle: Ref(string), num_elements: int32 -> indices: int64, keys: string, \
      values: component_types
    component_types: list(type) >= 1
    allow_small_batch: bool = false
    wait_for_incomplete: bool = false
    timeout_ms: int = -1
    """, mayWait: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      try require(context.int("timeout_ms") == -1, "Timeout not supported yet.")
      let allowsFewer = try context.bool("allow_small_batch")
      let types = try context.types("component_types")
      return { run in
        let barrier = try barrier(run)
        try require(run.inputs[1].dims.rank == 0, "num_elements must be a scalar.")
        func signature(_ types: [DType]) -> String {
          "string_ref, int32->int64, string, \(list(types, brackets: false))"
        }
        try require(
          barrier.types == types,
          "Signature mismatch, have: \(signature(types)) expected: \(signature(barrier.types))")
        return try barrier.take(
          run.inputs[1].integers()[0], allowsFewer: allowsFewer, run.ticket)
      }
    }, gradient: .none("what is taken out of a barrier is not followed"))

  package let close = OpDef(
    "BarrierClose",
    """
    handle: Ref(string) ->
    cancel_pending_enqueues: bool = false
    """, shape: { _ in [] },
    kernel: .dynamic { context in
      let cancels = try context.bool("cancel_pending_enqueues")
      return { run in
        try barrier(run).close(cancelling: cancels)
        return []
      }
    }, gradient: .zero)

  package let readySize = OpDef(
    "BarrierReadySize", "handle: Ref(string) -> size: int32", shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: Int32(clamping: barrier($0).readyCount))] },
    gradient: .zero)

  package let incompleteSize = OpDef(
    "BarrierIncompleteSize", "handle: Ref(string) -> size: int32", shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: Int32(clamping: barrier($0).incompleteCount))] },
    gradient: .zero)

  private static func barrier(_ run: DynamicContext) throws -> BarrierObject {
    try run.resource(kind: "N10tensorflow7barrier7BarrierE")
  }
}
