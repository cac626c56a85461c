import CoreOps

/// Ops on handles of resources that datasets use.
enum ResourceHandles {
  /// The shapes of a handle and its deleter.
  static let anonymousShape: ShapeRule = { context in
    try DatasetDefinition.requireScalars(context)
    return [.scalar, .scalar]
  }

  /// An op that lets go of a resource.
  static func deleteOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      handle: resource, deleter: variant ->
      """, stateful: true, shape: { _ in [] },
      kernel: .run { run in
        guard let object = run.inputs[0].objects.first, let object else { return [] }
        run.execution.resources.remove(object)
        return []
      }, gradient: .zero)
  }

  /// An op that gives a handle which stands for none.
  static func dummyOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      -> handle: resource
      """, stateful: true, shape: ShapeRules.scalar,
      kernel: .run { _ in [Tensor(resource: DummyResource(name))] }, gradient: .zero)
  }
}
