package import CoreOps

/// Queues of tensors, by which steps of one or several runs hand values on.
package struct QueueOps: OpFamily {
  package static let family: Self = define(Self())

  package let fifo = QueueOps.queue("FIFOQueueV2", .resource) { _ in .fifo }
  package let fifoV1 = QueueOps.queue("FIFOQueue", .reference) { _ in .fifo }
  package let padding = QueueOps.queue("PaddingFIFOQueueV2", .resource) { _ in .padding }
  package let paddingV1 = QueueOps.queue("PaddingFIFOQueue", .reference) { _ in .padding }
  package let priority = QueueOps.queue(
    "PriorityQueueV2", .resource, types: "component_types: list(type) >= 0 = []",
    shapes: "shapes: list(shape) >= 0"
  ) { _ in .priority }
  package let priorityV1 = QueueOps.queue(
    "PriorityQueue", .reference, types: "component_types: list(type) >= 0 = []",
    shapes: "shapes: list(shape) >= 0"
  ) { _ in .priority }
  package let shuffle = QueueOps.queue(
    "RandomShuffleQueueV2", .resource, more: QueueOps.shuffleAttributes, QueueOps.shuffleOrder)
  package let shuffleV1 = QueueOps.queue(
    "RandomShuffleQueue", .reference, more: QueueOps.shuffleAttributes, QueueOps.shuffleOrder)

  package let fake = OpDef(
    "FakeQueue",
    """
    resource: resource -> handle: Ref(string)
    """, stateful: true, shape: { _ in [[2]] },
    kernel: .run { run in
      let queue = try run.inputs[0].resource(QueueObject.self)
      return [try Tensor(strings: [queue.container, queue.name], dims: [2])]
    }, gradient: .none("a queue's handle is not differentiable"))

  private static let shuffleAttributes = """

    min_after_dequeue: int = 0
    seed: int = 0
    seed2: int = 0
    """

  private static func shuffleOrder(_ context: KernelContext) throws -> QueueOrder {
    let minimum = try context.int("min_after_dequeue")
    try require(minimum >= 0, "min_after_dequeue \(minimum) must be >= 0")
    let capacity = try context.int("capacity")
    try require(
      capacity < 0 || minimum < capacity,
      "min_after_dequeue \(minimum) must be < capacity \(capacity)")
    return .shuffle(
      minimum: minimum, seed: try context.int("seed"), seed2: try context.int("seed2"))
  }

  private static func queue(
    _ name: String, _ form: HandleForm, types: String = "component_types: list(type) >= 1",
    shapes: String = "shapes: list(shape) >= 0 = []", more: String = "",
    _ order: @escaping @Sendable (KernelContext) throws -> QueueOrder
  ) -> OpDef {
    OpDef(
      name,
      """
      -> handle: \(form.type)
      \(types)
      \(shapes)
      capacity: int = -1\(more)
      container: string = ''
      shared_name: string = ''
      """, stateful: true,
      shape: { context in
        if form == .resource { context.setHandle(0, try handleData(context)) }
        return [form.shape]
      },
      kernel: .dynamic { context in
        let order = try order(context)
        let (types, shapes) = try components(context, order)
        let capacity = try context.int("capacity")
        let place = try ResourcePlace(context)
        return { run in
          let queue = try place.findOrCreate(run) {
            QueueObject(
              name: $0, container: place.container, order: order, types: types, shapes: shapes,
              capacity: capacity)
          }
          try queue.requireSame(
            QueueObject(
              name: queue.name, container: place.container, order: order, types: types,
              shapes: shapes, capacity: capacity), op: name)
          return [try place.handle(queue, form, run)]
        }
      }, gradient: .none("a queue's handle has no inputs"))
  }

  /// The dtypes and shapes of the components; those of a priority queue begin with the priority.
  private static func components(_ context: some AttrAccess, _ order: QueueOrder) throws
    -> ([DType], [PartialShape])
  {
    var (types, shapes) = (
      try context.types("component_types"), try context.shapes("shapes")
    )
    if order == .priority {
      types.insert(.int64, at: 0)
      if !shapes.isEmpty || types.count == 1 { shapes.insert(.scalar, at: 0) }
      try require(
        !shapes.isEmpty, "A priority queue needs the shapes of its components")
    }
    if order == .padding {
      try require(
        shapes.count == types.count,
        """
        Shapes must be provided for all components, but received \(types.count) dtypes and \
        \(shapes.count) shapes.
        """
      )
    }
    try require(
      shapes.isEmpty || shapes.count == types.count,
      """
      Different number of component types.  Types: \(list(types, brackets: false)), Shapes: \
      \(list(shapes))
      """
    )
    for shape in shapes {
      if order == .padding {
        try require(shape.rank != nil, "shape \(shape) must have known rank.")
      } else {
        try require(shape.isFullyDefined, "Shape \(shape) is not fully defined")
      }
    }
    return (types, shapes)
  }

  private static func handleData(_ context: ShapeContext) throws -> HandleData? {
    let order: QueueOrder =
      context.op.name.hasPrefix("Priority")
      ? .priority : context.op.name.hasPrefix("Padding") ? .padding : .fifo
    var (types, shapes) = (
      try context.types("component_types"), try context.shapes("shapes")
    )
    // What is found by a name may have other shapes that only fit these.
    if order == .padding, try !context.string("shared_name").isEmpty {
      shapes = shapes.map { $0.rank.map { PartialShape.unknown(rank: $0) } ?? .unknown }
    }
    if order == .priority {
      types.insert(.int64, at: 0)
      shapes.insert(.scalar, at: 0)
    }
    guard shapes.isEmpty || shapes.count == types.count else { return nil }
    return HandleData(
      types.enumerated().map { HandleData.Part($1, shapes.isEmpty ? .unknown : shapes[$0]) })
  }
}

extension QueueObject {
  /// - Throws: `INVALID_ARGUMENT` when another op describes the queue differently.
  fileprivate func requireSame(_ other: QueueObject, op: String) throws {
    func differ(_ what: String, _ own: some Any, _ its: some Any) -> TFError {
      .invalidArgument("Shared queue '\(name)' has \(what) \(own) but requested \(what) \(its)")
    }
    if case .shuffle(let minimum, let seed, let seed2) = order,
      case .shuffle(let itsMinimum, let itsSeed, let itsSeed2) = other.order
    {
      if minimum != itsMinimum {
        throw differ("min_after_dequeue", minimum, "was \(itsMinimum).")
      }
      if (seed, seed2) != (0, 0), (itsSeed, itsSeed2) != (0, 0), order != other.order {
        throw TFError.invalidArgument(
          """
          Shared queue '\(name)' has random seeds (\(seed), \(seed2)) but requested seeds are \
          (\(itsSeed), \(itsSeed2)).
          """
        )
      }
    } else if order != other.order {
      throw TFError.invalidArgument("Expected \(order.op), found \(op)")
    }
    if capacity != other.capacity {
      throw differ("capacity", capacity, "was \(other.capacity)")
    }
    if types != other.types {
      throw differ(
        "component types", list(types, brackets: false),
        "were \(list(other.types, brackets: false))")
    }
    let fit =
      order == .padding
      ? shapes.count == other.shapes.count
        && zip(shapes, other.shapes).allSatisfy { $0.isCompatible(with: $1) }
      : shapes == other.shapes
    if !fit { throw differ("component shapes", list(shapes), "were \(list(other.shapes))") }
  }
}

/// Dtypes as messages list them.
func list(_ types: [DType], brackets: Bool = true) -> String {
  let text = types.map(\.signatureName).joined(separator: ", ")
  return brackets ? "[\(text)]" : text
}

/// Shapes as messages list them.
func list(_ shapes: [PartialShape]) -> String {
  "[" + shapes.map(\.description).joined(separator: ", ") + "]"
}
