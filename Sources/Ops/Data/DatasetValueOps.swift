package import CoreOps

/// Ops that make values of a whole dataset, or of one element.
package struct DatasetValueOps: OpFamily {
  package static let family: Self = define(Self())

  package let cardinality = OpDef(
    "DatasetCardinality",
    """
    input_dataset: variant -> cardinality: int64
    cardinality_options: string = ''
    """, shape: DatasetValueOps.scalarOfScalar,
    kernel: .run { [try Tensor(scalar: $0.dataset().cardinality)] }, gradient: .zero)

  package let experimentalCardinality = OpDef(
    "ExperimentalDatasetCardinality",
    """
    input_dataset: variant -> cardinality: int64
    """, shape: DatasetValueOps.scalarOfScalar,
    kernel: .run { [try Tensor(scalar: $0.dataset().cardinality)] }, gradient: .zero)

  package let singleElement = OpDef(
    "DatasetToSingleElement",
    """
    dataset: variant -> components: output_types
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """, stateful: true, shape: DatasetValueOps.statedShapes,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        let dataset = try run.dataset()
        let iterator = try dataset.makeIterator(IterationContext(dataset))
        guard let element = try iterator.next(run.execution) else {
          throw TFError.invalidArgument("Dataset was empty.")
        }
        guard try iterator.next(run.execution) == nil else {
          throw TFError.invalidArgument("Dataset had more than one element.")
        }
        return try fitting(element, components)
      }
    }, gradient: .none("a dataset has no gradient"))

  package let reduce = OpDef(
    "ReduceDataset",
    """
    input_dataset: variant, initial_state: Tstate, other_arguments: Targuments \
      -> components: output_types
    f: func
    Tstate: list(type) >= 1
    Targuments: list(type) >= 0
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    use_inter_op_parallelism: bool = true
    metadata: string = ''
    """, stateful: true, shape: DatasetValueOps.statedShapes,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let states = try context.inputRange("initial_state")
      let others = try context.inputRange("other_arguments")
      let types = try context.types("Tstate")
      return { run in
        let dataset = try run.dataset()
        let shared = IterationContext(dataset)
        let iterator = try dataset.makeIterator(shared)
        let call = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others), results: types,
          run.execution
        ).instance(shared)
        var state = Array(run.inputs[states])
        while let element = try iterator.next(run.execution) {
          state = try call(state + element, run.execution)
        }
        return try fitting(state, components)
      }
    }, gradient: .none("a dataset has no gradient"))

  package let elementAtIndex = OpDef(
    "GetElementAtIndex",
    """
    dataset: variant, index: int64 -> components: output_types
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, shape: DatasetValueOps.statedShapes,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        try fitting(run.dataset().element(at: run.int(1), run.execution), components)
      }
    }, gradient: .none("a dataset has no gradient"))

  package let wrap = OpDef(
    "WrapDatasetVariant",
    """
    input_handle: variant -> output_handle: variant
    """, shape: DatasetValueOps.scalarOfScalar,
    kernel: .run { [Tensor(.variant, objects: [WrappedDataset(try $0.dataset())], dims: Shape())] },
    gradient: .none("a dataset has no gradient"))

  package let unwrap = OpDef(
    "UnwrapDatasetVariant",
    """
    input_handle: variant -> output_handle: variant
    """, shape: DatasetValueOps.scalarOfScalar,
    kernel: .run { run in
      guard run.inputs[0].dims.rank == 0, let wrapped = run.inputs[0].objects[0] as? WrappedDataset
      else { throw TFError.invalidArgument("Tensor must be a WrappedDataset variant object.") }
      return [Tensor(dataset: wrapped.dataset)]
    }, gradient: .none("a dataset has no gradient"))

  package let compress = OpDef(
    "CompressElement",
    """
    components: input_types -> compressed: variant
    input_types: list(type) >= 1
    """, shape: ShapeRules.scalar,
    kernel: .run {
      [Tensor(.variant, objects: [CompressedElement($0.inputs)], dims: Shape())]
    }, gradient: .none("a compressed element has no gradient"))

  package let uncompress = OpDef(
    "UncompressElement",
    """
    compressed: variant -> components: output_types
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, shape: DatasetValueOps.statedShapes,
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        guard run.inputs[0].dims.rank == 0,
          let element = run.inputs[0].objects[0] as? CompressedElement
        else {
          throw TFError.invalidArgument("Tensor does not contain a compressed element.")
        }
        return try fitting(element.components, components)
      }
    }, gradient: .none("a compressed element has no gradient"))

  /// What is asked for a scalar is a scalar.
  private static let scalarOfScalar: ShapeRule = { context in
    try DatasetDefinition.requireScalars(context)
    return [.scalar]
  }

  /// What the attribute `output_shapes` says.
  static let statedShapes: ShapeRule = { context in
    try DatasetDefinition.requireScalars(context)
    return try DatasetDefinition.components(context).map(\.shape)
  }

  /// The element, if it is what the node states.
  ///
  /// - Throws: `INVALID_ARGUMENT` otherwise.
  static func fitting(_ element: [Tensor], _ components: [DatasetObject.Component]) throws
    -> [Tensor]
  {
    try ElementCheck.require(element, are: components)
    return element
  }
}

/// A dataset inside a variant that is no dataset to those who look for one.
private final class WrappedDataset: TensorObject {
  let dataset: DatasetObject
  init(_ dataset: DatasetObject) { self.dataset = dataset }
}

/// An element as one variant. Its memory is not made smaller: what it is for, sending elements
/// between machines, does not happen here.
private final class CompressedElement: TensorObject {
  let components: [Tensor]
  init(_ components: [Tensor]) { self.components = components }
}
