package import CoreOps

/// Datasets whose elements a function makes of others' elements, or picks.
package struct FunctionDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let map = FunctionDatasetOps.mapOp(
    "MapDataset", inputs: "",
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      use_inter_op_parallelism: bool = true
      preserve_cardinality: bool = false
      force_synchronous: bool = false
      metadata: string = ''
      """)

  package let parallelMap = FunctionDatasetOps.mapOp(
    "ParallelMapDataset", inputs: ", num_parallel_calls: int32",
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      use_inter_op_parallelism: bool = true
      sloppy: bool = false
      preserve_cardinality: bool = false
      metadata: string = ''
      """)

  package let parallelMapV2 = FunctionDatasetOps.mapOp(
    "ParallelMapDatasetV2", inputs: ", num_parallel_calls: int64",
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      use_inter_op_parallelism: bool = true
      deterministic: string = 'default'
      preserve_cardinality: bool = false
      use_unbounded_threadpool: bool = false
      metadata: string = ''
      """)

  package let filter = FunctionDatasetOps.predicateOp(
    "FilterDataset", endsAtFirst: false,
    attributes: """
      predicate: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let parallelFilter = FunctionDatasetOps.predicateOp(
    "ParallelFilterDataset", endsAtFirst: false, inputs: ", num_parallel_calls: int64",
    attributes: """
      predicate: func
      deterministic: string = 'default'
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let takeWhile = FunctionDatasetOps.predicateOp(
    "TakeWhileDataset", endsAtFirst: true,
    attributes: """
      predicate: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let experimentalTakeWhile = FunctionDatasetOps.predicateOp(
    "ExperimentalTakeWhileDataset", endsAtFirst: true,
    attributes: """
      predicate: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """)

  package let scan = FunctionDatasetOps.scanOp(
    "ScanDataset",
    attributes: """
      f: func
      Tstate: list(type) >= 1
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      preserve_cardinality: bool = false
      use_default_device: bool = true
      metadata: string = ''
      """)

  package let experimentalScan = FunctionDatasetOps.scanOp(
    "ExperimentalScanDataset",
    attributes: """
      f: func
      Tstate: list(type) >= 1
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      preserve_cardinality: bool = false
      """)

  /// - Parameters:
  ///   - inputs: the inputs after the captured values.
  ///   - attributes: as the signature has them.
  private static func mapOp(_ name: String, inputs: String, attributes: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, other_arguments: Targuments\(inputs) -> handle: variant
      \(attributes)
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let others = try context.inputRange("other_arguments")
      let keepsCount = try context.bool("preserve_cardinality")
      return { run in
        if !inputs.isEmpty { try ParallelCalls.check(run.int(others.upperBound)) }
        let input = try run.dataset()
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others),
          results: components.map(\.dtype), run.execution)
        let elementAt: DatasetObject.ElementAt = { index, execution in
          try captured.instance()(input.element(at: index, execution), execution)
        }
        return try DatasetObject(
          inputs.isEmpty ? "Map" : "ParallelMap", components,
          cardinality: keepsCount ? input.cardinality : DatasetObject.unknown, from: [input],
          elementAt: input.hasElementsByNumber ? elementAt : nil
        ) { context in
          let source = try input.makeIterator(context)
          let call = captured.instance(context)
          return DatasetIterator { run in
            guard let element = try source.next(run) else { return nil }
            return try FunctionDatasetOps.endable(keepsCount) { try call(element, run) }
          }
        }
      }
    }
  }

  /// Does `body`, a function's call, which may end the dataset by `OUT_OF_RANGE`.
  ///
  /// - Parameter keepsCount: whether the dataset is to have as many elements as its input.
  static func endable(_ keepsCount: Bool, _ body: () throws -> [Tensor]) throws -> [Tensor]? {
    do { return try body() } catch let error as TFError where error.code == .outOfRange {
      guard keepsCount else { return nil }
      throw TFError.invalidArgument(
        "Function invocation produced OutOfRangeError: \(error.message)")
    }
  }

  /// - Parameter endsAtFirst: whether the first element that does not hold ends the dataset, and
  ///   does not only leave it out.
  private static func predicateOp(
    _ name: String, endsAtFirst: Bool, inputs: String = "", attributes: String
  ) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, other_arguments: Targuments\(inputs) -> handle: variant
      \(attributes)
      """
    ) { context in
      let function = try context.function("predicate")
      let others = try context.inputRange("other_arguments")
      return { run in
        if !inputs.isEmpty { try ParallelCalls.check(run.int(others.upperBound)) }
        let input = try run.dataset()
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others), results: nil, run.execution)
        return try DatasetObject(
          endsAtFirst ? "TakeWhile" : "Filter", input.components,
          cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          let holds = captured.instance(context)
          var isOver = false
          return DatasetIterator { run in
            while !isOver, let element = try source.next(run) {
              if try holds.isTrue(element, run) { return element }
              isOver = endsAtFirst
            }
            return nil
          }
        }
      }
    }
  }

  private static func scanOp(_ name: String, attributes: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, initial_state: Tstate, other_arguments: Targuments -> handle: variant
      \(attributes)
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let states = try context.inputRange("initial_state")
      let others = try context.inputRange("other_arguments")
      let stateTypes = try context.types("Tstate")
      let keepsCount = try context.bool("preserve_cardinality")
      return { run in
        let input = try run.dataset()
        let initial = Array(run.inputs[states])
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others),
          results: stateTypes + components.map(\.dtype), run.execution)
        return try DatasetObject(
          "Scan", components,
          cardinality: keepsCount ? input.cardinality : DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          let call = captured.instance(context)
          var state = initial
          return DatasetIterator { run in
            guard let element = try source.next(run) else { return nil }
            let results = try FunctionDatasetOps.endable(keepsCount) {
              try call(state + element, run)
            }
            guard let results else { return nil }
            state = Array(results.prefix(initial.count))
            return Array(results.dropFirst(initial.count))
          }
        }
      }
    }
  }
}

/// The number of calls that a dataset may make at the same time.
enum ParallelCalls {
  /// As many as there are processors.
  static let automatic = -1

  static func check(_ count: Int) throws {
    try require(
      count > 0 || count == automatic, "num_parallel_calls must be greater than zero.")
  }
}
