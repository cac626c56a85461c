import CoreOps

/// What the definitions of dataset ops have in common.
enum DatasetDefinition {
  /// Makes the dataset of a node, once its attributes are decoded.
  typealias Make = @Sendable (DynamicContext) throws -> DatasetObject

  /// An op that gives a dataset.
  ///
  /// - Parameter vectors: the inputs of a fixed dtype that are not scalars.
  static func op(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String,
    stateful: Bool = false, vectors: Set<String> = [],
    _ prepare: @escaping @Sendable (KernelContext) throws -> Make
  ) -> OpDef {
    OpDef(
      name, signature(), stateful: stateful,
      shape: { context in
        try requireScalars(context, except: vectors)
        return [.scalar]
      },
      kernel: .dynamic { context in
        let make = try prepare(context)
        return { run in [Tensor(dataset: try make(run))] }
      }, gradient: .none("a dataset has no gradient"))
  }

  /// - Throws: `INVALID_ARGUMENT` when an input of a fixed dtype is not a scalar.
  static func requireScalars(_ context: ShapeContext, except vectors: Set<String> = []) throws {
    for argument in context.signature.inputs where !vectors.contains(argument.name) {
      guard case .fixed = argument.kind else { continue }
      for index in try context.range(argument.name) {
        _ = try context.shape(index, rank: 0, argument.name)
      }
    }
  }

  /// What the attributes `output_types` and `output_shapes` say.
  static func components(_ context: some AttrAccess, _ types: String = "output_types") throws
    -> [DatasetObject.Component]
  {
    let (types, shapes) = (try context.types(types), try context.shapes("output_shapes"))
    guard types.count == shapes.count else {
      throw TFError.invalidArgument(
        """
        `output_types` and `output_shapes` must have the same number of elements, got \
        \(types.count) and \(shapes.count)
        """
      )
    }
    return zip(types, shapes).map { DatasetObject.Component($0, $1) }
  }

  /// The values that a function of the dataset takes from outside.
  static func captured(_ run: DynamicContext, _ range: Range<Int>) -> [Tensor] {
    Array(run.inputs[range])
  }
}

extension DynamicContext {
  /// The dataset in input `index`.
  func dataset(_ index: Int = 0) throws -> DatasetObject { try inputs[index].dataset() }

  /// The integer in input `index`, which the shape rule found to be a scalar.
  func int(_ index: Int) throws -> Int { try inputs[index].integers()[0] }

  func bool(_ index: Int) -> Bool { inputs[index].elements(Bool.self)[0] }

  /// The bytes of the string in input `index`.
  func text(_ index: Int) -> String { inputs[index].strings[0].text }
}
