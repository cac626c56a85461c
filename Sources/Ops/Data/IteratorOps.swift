package import CoreOps
import OpsState

/// Iterators: where programs are in datasets.
package struct IteratorOps: OpFamily {
  package static let family: Self = define(Self())

  package let iterator = IteratorOps.namedOp("Iterator")
  package let iteratorV2 = IteratorOps.namedOp("IteratorV2")
  package let anonymous = IteratorOps.anonymousOp("AnonymousIterator", deleter: false)
  package let anonymousV2 = IteratorOps.anonymousOp("AnonymousIteratorV2", deleter: true)
  package let anonymousV3 = IteratorOps.anonymousOp("AnonymousIteratorV3", deleter: false)
  package let deleteIterator = ResourceHandles.deleteOp("DeleteIterator")

  package let make = OpDef(
    "MakeIterator",
    """
    dataset: variant, iterator: resource ->
    """, stateful: true,
    shape: { context in
      try DatasetDefinition.requireScalars(context)
      return []
    },
    kernel: .run { run in
      try run.inputs[1].resource(IteratorObject.self).start(run.dataset())
      return []
    }, gradient: .none("a dataset has no gradient"))

  package let oneShot = OpDef(
    "OneShotIterator",
    """
    -> handle: resource
    dataset_factory: func
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    container: string = ''
    shared_name: string = ''
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      let (function, attrs) = try context.function("dataset_factory")
      let (container, sharedName) = (
        try context.string("container"), try context.string("shared_name")
      )
      return { run in
        let name = sharedName.isEmpty ? run.node : sharedName
        let iterator = try run.execution.resources.findOrCreate(container, name) {
          let factory = CapturedFunction(
            (function, attrs), captured: [], results: [.variant], run.execution)
          let dataset = try factory.instance()([], run.execution)[0].dataset()
          let made = IteratorObject(components, container: container, name: name)
          try made.start(dataset)
          return made
        }
        return [Tensor(resource: iterator)]
      }
    }, gradient: .none("an iterator's handle has no inputs"))

  package let next = IteratorOps.nextOp("IteratorGetNext")
  package let nextSync = IteratorOps.nextOp("IteratorGetNextSync")

  package let nextAsOptional = OpDef(
    "IteratorGetNextAsOptional",
    """
    iterator: resource -> optional: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        let element = try run.inputs[0].resource(IteratorObject.self).next(run.execution)
        if let element { try ElementCheck.require(element, are: components) }
        return [Tensor(.variant, objects: [OptionalValue(element)], dims: Shape())]
      }
    }, gradient: .none("a dataset has no gradient"))

  package let toStringHandle = OpDef(
    "IteratorToStringHandle",
    """
    resource_handle: resource -> string_handle: string
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      let iterator = try run.inputs[0].resource(IteratorObject.self)
      // An anonymous iterator has a name from when one is asked for.
      _ = try run.execution.resources.findOrCreate(iterator.container, iterator.name) { iterator }
      let handle = StringHandle(container: iterator.container, name: iterator.name)
      return [try Tensor(strings: [handle.bytes], dims: Shape())]
    }, gradient: .zero)

  package let fromStringHandle = IteratorOps.fromHandleOp("IteratorFromStringHandle")
  package let fromStringHandleV2 = IteratorOps.fromHandleOp("IteratorFromStringHandleV2")

  package let device = IteratorOps.deviceOp("IteratorGetDevice")
  package let experimentalDevice = IteratorOps.deviceOp("ExperimentalIteratorGetDevice")

  package let serialize = OpDef(
    "SerializeIterator",
    """
    resource_handle: resource -> serialized: variant
    external_state_policy: int = 0
    """, stateful: true, shape: { _ in [.unknown(rank: 1)] },
    kernel: .run { run in
      let position = try run.inputs[0].resource(IteratorObject.self).position(run.execution)
      return [Tensor(.variant, objects: [position], dims: [1])]
    }, gradient: .none("an iterator has no gradient"))

  package let deserialize = OpDef(
    "DeserializeIterator",
    """
    resource_handle: resource, serialized: variant ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      guard let object = run.inputs[1].objects.first, let position = object as? IteratorPosition
      else {
        throw TFError.invalidArgument("the variant does not hold the state of an iterator")
      }
      try run.inputs[0].resource(IteratorObject.self).go(to: position, run.execution)
      return []
    }, gradient: .none("an iterator has no gradient"))

  private static func namedOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      -> handle: resource
      shared_name: string
      container: string
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true, shape: ShapeRules.scalar,
      kernel: .dynamic { context in
        let components = try DatasetDefinition.components(context)
        let (container, sharedName) = (
          try context.string("container"), try context.string("shared_name")
        )
        return { run in
          let name = sharedName.isEmpty ? run.node : sharedName
          // An eager call has no node that would be the same at the next.
          guard !name.isEmpty else { return [Tensor(resource: IteratorObject(components))] }
          let iterator = try run.execution.resources.findOrCreate(container, name) {
            IteratorObject(components, container: container, name: name)
          }
          try ElementCheck.require(components, fit: iterator.components)
          return [Tensor(resource: iterator)]
        }
      }, gradient: .none("an iterator's handle has no inputs"))
  }

  private static func anonymousOp(_ name: String, deleter: Bool) -> OpDef {
    OpDef(
      name,
      """
      -> handle: resource\(deleter ? ", deleter: variant" : "")
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true,
      shape: { _ in [PartialShape](repeating: .scalar, count: deleter ? 2 : 1) },
      kernel: .dynamic { context in
        let components = try DatasetDefinition.components(context)
        return { _ in
          [Tensor(resource: IteratorObject(components))] + (deleter ? [.deleter] : [])
        }
      }, gradient: .none("an iterator's handle has no inputs"))
  }

  private static func nextOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      iterator: resource -> components: output_types
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true, shape: DatasetValueOps.statedShapes,
      kernel: .dynamic { context in
        let components = try DatasetDefinition.components(context)
        return { run in
          let iterator = try run.inputs[0].resource(IteratorObject.self)
          guard let element = try iterator.next(run.execution) else {
            throw TFError.outOfRange("End of sequence")
          }
          try ElementCheck.require(element, are: components)
          return element
        }
      }, gradient: .none("a dataset has no gradient"))
  }

  private static func fromHandleOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      string_handle: string -> resource_handle: resource
      output_types: list(type) >= 0 = []
      output_shapes: list(shape) >= 0 = []
      """, stateful: true, shape: ShapeRules.scalar,
      kernel: .dynamic { context in
        let components = try DatasetDefinition.components(context)
        return { run in
          let iterator: IteratorObject = try StringHandle.resource(run, "IteratorResource")
          if !components.isEmpty { try ElementCheck.require(components, fit: iterator.components) }
          return [Tensor(resource: iterator)]
        }
      }, gradient: .zero)
  }

  private static func deviceOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      resource: resource -> device: string
      """, stateful: true, shape: ShapeRules.scalar,
      kernel: .run { run in
        _ = try run.inputs[0].resource(IteratorObject.self)
        return [try Tensor(strings: [StringHandle.device], dims: Shape())]
      }, gradient: .zero)
  }
}
