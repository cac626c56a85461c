package import CoreOps

/// Iterators that deal the elements of a dataset out to several devices, of which there is one
/// here.
package struct MultiDeviceIteratorOps: OpFamily {
  package static let family: Self = define(Self())

  package let iterator = OpDef(
    "MultiDeviceIterator",
    """
    -> handle: resource
    devices: list(string) >= 1
    shared_name: string
    container: string
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      let count = try context.strings("devices").count
      let (container, sharedName) = (
        try context.string("container"), try context.string("shared_name")
      )
      return { run in
        let name = sharedName.isEmpty ? run.node : sharedName
        guard !name.isEmpty else {
          return [Tensor(resource: MultiDeviceIteratorObject(components, shards: count))]
        }
        let made = try run.execution.resources.findOrCreate(container, name) {
          MultiDeviceIteratorObject(components, shards: count, container: container, name: name)
        }
        try ElementCheck.require(components, fit: made.components)
        return [Tensor(resource: made)]
      }
    }, gradient: .none("an iterator's handle has no inputs"))

  package let anonymous = MultiDeviceIteratorOps.anonymousOp(
    "AnonymousMultiDeviceIterator", deleter: true)
  package let anonymousV3 = MultiDeviceIteratorOps.anonymousOp(
    "AnonymousMultiDeviceIteratorV3", deleter: false)

  package let start = OpDef(
    "MultiDeviceIteratorInit",
    """
    dataset: variant, multi_device_iterator: resource, max_buffer_size: int64 \
      -> incarnation_id: int64
    """, stateful: true,
    shape: { context in
      try DatasetDefinition.requireScalars(context)
      return [.scalar]
    },
    kernel: .run { run in
      let iterator = try run.inputs[1].resource(MultiDeviceIteratorObject.self)
      return [try Tensor(scalar: iterator.start(run.dataset()))]
    }, gradient: .none("a dataset has no gradient"))

  package let next = OpDef(
    "MultiDeviceIteratorGetNextFromShard",
    """
    multi_device_iterator: resource, shard_num: int32, incarnation_id: int64 \
      -> components: output_types
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, stateful: true, shape: DatasetValueOps.statedShapes,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        let iterator = try run.inputs[0].resource(MultiDeviceIteratorObject.self)
        let element = try iterator.next(
          shard: run.int(1), incarnation: run.int(2), run.execution)
        guard let element else { throw TFError.outOfRange("End of sequence") }
        try ElementCheck.require(element, are: components)
        return element
      }
    }, gradient: .none("a dataset has no gradient"))

  package let toStringHandle = OpDef(
    "MultiDeviceIteratorToStringHandle",
    """
    multi_device_iterator: resource -> string_handle: string
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      let iterator = try run.inputs[0].resource(MultiDeviceIteratorObject.self)
      _ = try run.execution.resources.findOrCreate(iterator.container, iterator.name) { iterator }
      let handle = StringHandle(container: iterator.container, name: iterator.name)
      return [try Tensor(strings: [handle.bytes], dims: Shape())]
    }, gradient: .zero)

  package let fromStringHandle = OpDef(
    "MultiDeviceIteratorFromStringHandle",
    """
    string_handle: string -> multi_device_iterator: resource
    output_types: list(type) >= 0 = []
    output_shapes: list(shape) >= 0 = []
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        let iterator: MultiDeviceIteratorObject = try StringHandle.resource(
          run, "MultiDeviceIterator")
        if !components.isEmpty { try ElementCheck.require(components, fit: iterator.components) }
        return [Tensor(resource: iterator)]
      }
    }, gradient: .zero)

  package let delete = OpDef(
    "DeleteMultiDeviceIterator",
    """
    multi_device_iterator: resource, iterators: N * resource, deleter: variant ->
    N: int >= 0
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      guard let object = run.inputs[0].objects.first, let object else { return [] }
      run.execution.resources.remove(object)
      return []
    }, gradient: .zero)

  private static func anonymousOp(_ name: String, deleter: Bool) -> OpDef {
    OpDef(
      name,
      """
      -> handle: resource\(deleter ? ", deleter: variant" : "")
      devices: list(string) >= 1
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true,
      shape: { _ in [PartialShape](repeating: .scalar, count: deleter ? 2 : 1) },
      kernel: .dynamic { context in
        let components = try DatasetDefinition.components(context)
        let count = try context.strings("devices").count
        return { _ in
          [Tensor(resource: MultiDeviceIteratorObject(components, shards: count))]
            + (deleter ? [.deleter] : [])
        }
      }, gradient: .none("an iterator's handle has no inputs"))
  }
}

/// A run through a dataset whose elements go to several shards in turn.
private final class MultiDeviceIteratorObject: TensorObject {
  private struct State {
    var incarnation = 0
    /// The elements that came while another shard asked, by shard.
    var waiting: [[[Tensor]]] = []
    var turn = 0
  }

  let components: [DatasetObject.Component]
  private let iterator: IteratorObject
  private let shards: Int
  private let state = Lock(State())

  var container: String { iterator.container }
  var name: String { iterator.name }

  init(
    _ components: [DatasetObject.Component], shards: Int, container: String = "",
    name: String? = nil
  ) {
    self.components = components
    self.shards = shards
    iterator = IteratorObject(components, container: container, name: name)
  }

  /// Starts a run, in place of the one before.
  ///
  /// - Returns: its number.
  func start(_ dataset: DatasetObject) throws -> Int {
    try iterator.start(dataset)
    return state.withLock { state in
      state = State(
        incarnation: state.incarnation + 1, waiting: [[[Tensor]]](repeating: [], count: shards))
      return state.incarnation
    }
  }

  /// The next element of a shard, nil when there are no more.
  ///
  /// - Throws: `INVALID_ARGUMENT` when there is no such shard, or another run was started.
  func next(shard: Int, incarnation: Int, _ execution: ExecutionContext) throws -> [Tensor]? {
    try require(
      shard >= 0 && shard < shards, "shard_num \(shard) is not in the range [0, \(shards))")
    while true {
      try execution.cancellation.check()
      let found: [Tensor]? = try state.withLock { state in
        try require(
          incarnation == state.incarnation,
          "Invalid incarnation id. Provided: \(incarnation); Expected: \(state.incarnation)")
        return state.waiting[shard].isEmpty ? nil : state.waiting[shard].removeFirst()
      }
      if let found { return found }
      // Elements go to shards in the order in which they come.
      guard let element = try iterator.next(execution) else {
        return state.withLock { state in
          incarnation == state.incarnation && !state.waiting[shard].isEmpty
            ? state.waiting[shard].removeFirst() : nil
        }
      }
      state.withLock { state in
        guard incarnation == state.incarnation else { return }
        state.waiting[state.turn].append(element)
        state.turn = (state.turn + 1) % shards
      }
    }
  }
}
