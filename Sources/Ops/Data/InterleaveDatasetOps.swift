import CKernels
package import CoreOps

/// Datasets of the elements of several datasets, which a function makes of each element.
package struct InterleaveDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let flatMap = DatasetDefinition.op(
    "FlatMapDataset",
    """
    input_dataset: variant, other_arguments: Targuments -> handle: variant
    f: func
    Targuments: list(type) >= 0
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { context in
    let components = try DatasetDefinition.components(context)
    let function = try context.function("f")
    let others = try context.inputRange("other_arguments")
    return { run in
      let input = try run.dataset()
      let captured = CapturedFunction(
        function, captured: DatasetDefinition.captured(run, others), results: [.variant],
        run.execution)
      return try DatasetObject(
        "FlatMap", components, cardinality: DatasetObject.unknown, from: [input]
      ) { context in
        let source = try input.makeIterator(context)
        let call = captured.instance(context)
        var inner: DatasetIterator?
        return DatasetIterator { run in
          while true {
            if let element = try inner?.next(run) { return element }
            inner = nil
            guard let element = try source.next(run) else { return nil }
            inner = try NestedDataset.iterator(call(element, run), components, context)
          }
        }
      }
    }
  }

  package let interleave = InterleaveDatasetOps.interleaveOp(
    "InterleaveDataset", numbers: [],
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let parallelInterleaveV2 = InterleaveDatasetOps.interleaveOp(
    "ParallelInterleaveDatasetV2", numbers: ["num_parallel_calls"],
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      sloppy: bool = false
      metadata: string = ''
      """)

  package let parallelInterleaveV3 = InterleaveDatasetOps.interleaveOp(
    "ParallelInterleaveDatasetV3", numbers: ["num_parallel_calls"],
    attributes: """
      f: func
      deterministic: string = 'default'
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let parallelInterleaveV4 = InterleaveDatasetOps.interleaveOp(
    "ParallelInterleaveDatasetV4",
    numbers: ["buffer_output_elements", "prefetch_input_elements", "num_parallel_calls"],
    attributes: """
      f: func
      deterministic: string = 'default'
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let parallelInterleave = InterleaveDatasetOps.legacyOp(
    "ParallelInterleaveDataset", hasSloppyInput: true,
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  package let experimentalParallelInterleave = InterleaveDatasetOps.legacyOp(
    "ExperimentalParallelInterleaveDataset", hasSloppyInput: true,
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """)

  package let legacyParallelInterleaveV2 = InterleaveDatasetOps.legacyOp(
    "LegacyParallelInterleaveDatasetV2", hasSloppyInput: false,
    attributes: """
      f: func
      deterministic: string = 'default'
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """)

  /// - Parameter numbers: the inputs after the block length.
  private static func interleaveOp(_ name: String, numbers: [String], attributes: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, other_arguments: Targuments, cycle_length: int64, \
        block_length: int64\(numbers.map { ", \($0): int64" }.joined()) -> handle: variant
      \(attributes)
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let others = try context.inputRange("other_arguments")
      let first = others.upperBound
      let isParallel = !numbers.isEmpty
      return { run in
        var cycle = try run.int(first)
        if cycle == ParallelCalls.automatic { cycle = Int(jk_threads()) }
        try require(cycle > 0, "`cycle_length` must be > 0")
        let length = cycle
        let block = try run.int(first + 1)
        try require(block > 0, "`block_length` must be > 0")
        for (index, number) in numbers.enumerated() {
          let value = try run.int(first + 2 + index)
          if number == "num_parallel_calls" {
            try require(
              value > 0 || value == ParallelCalls.automatic,
              "`num_parallel_calls` must be greater than zero.")
            try require(
              value <= length,
              """
              If `cycle_length` is set to a fixed value, `num_parallel_calls` must be either \
              `tf.data.AUTOTUNE` or a value less than or equal to `cycle_length`
              """)
          } else {
            try require(
              value >= 0 || value == ParallelCalls.automatic,
              "`\(number)` must be -1 (autotune) or >= 0, but is \(value)")
          }
        }
        let input = try run.dataset()
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others), results: [.variant],
          run.execution)
        return try DatasetObject(
          isParallel ? "ParallelInterleave" : "Interleave", components,
          cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let walk = InterleaveWalk(
            try input.makeIterator(context), cycle: length, block: block
          ) { [call = captured.instance(context)] element, run in
            try NestedDataset.iterator(call(element, run), components, context)
          }
          return DatasetIterator { try walk.next($0) }
        }
      }
    }
  }

  private static func legacyOp(_ name: String, hasSloppyInput: Bool, attributes: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, other_arguments: Targuments, cycle_length: int64, \
        block_length: int64\(hasSloppyInput ? ", sloppy: bool" : ""), \
        buffer_output_elements: int64, prefetch_input_elements: int64 -> handle: variant
      \(attributes)
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let others = try context.inputRange("other_arguments")
      let first = others.upperBound
      let buffers = first + (hasSloppyInput ? 3 : 2)
      return { run in
        let (cycle, block) = (try run.int(first), try run.int(first + 1))
        try require(cycle > 0, "`cycle_length` must be > 0")
        try require(block > 0, "`block_length` must be > 0")
        for (index, name) in ["buffer_output_elements", "prefetch_input_elements"].enumerated() {
          let value = try run.int(buffers + index)
          try require(
            value >= (index == 0 ? 1 : 0) || value == ParallelCalls.automatic,
            "`\(name)` must be \(index == 0 ? "> 0" : ">= 0")")
        }
        let input = try run.dataset()
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others), results: [.variant],
          run.execution)
        return try DatasetObject(
          "LegacyParallelInterleave", components, cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let walk = InterleaveWalk(
            try input.makeIterator(context), cycle: cycle, block: block
          ) { [call = captured.instance(context)] element, run in
            try NestedDataset.iterator(call(element, run), components, context)
          }
          return DatasetIterator { try walk.next($0) }
        }
      }
    }
  }
}

/// The dataset that a function gives for an element.
enum NestedDataset {
  /// - Throws: `INVALID_ARGUMENT` when the results are no dataset with such elements.
  static func iterator(
    _ results: [Tensor], _ components: [DatasetObject.Component], _ context: IterationContext
  ) throws -> DatasetIterator {
    guard results.count == 1, results[0].dtype == .variant, results[0].dims.rank == 0 else {
      throw TFError.invalidArgument("Function must return a single scalar of dtype DT_VARIANT.")
    }
    let dataset = try results[0].dataset()
    try ElementCheck.require(components, fit: dataset)
    return try dataset.makeIterator(context.nested)
  }
}

/// Goes through several datasets in turn, some elements of each.
private final class InterleaveWalk {
  private let source: DatasetIterator
  private let open: (([Tensor], ExecutionContext) throws -> DatasetIterator)
  private let cycle: Int
  private let block: Int
  /// Those that are open; places up to `cycle` are made as they are first used.
  private var current: [DatasetIterator?] = []
  private var openCount = 0
  private var place = 0
  private var taken = 0
  private var sourceIsOver = false
  private static let mostOpen = 1 << 20

  init(
    _ source: DatasetIterator, cycle: Int, block: Int,
    _ open: @escaping ([Tensor], ExecutionContext) throws -> DatasetIterator
  ) {
    self.source = source
    self.open = open
    self.cycle = cycle
    self.block = block
  }

  func next(_ run: ExecutionContext) throws -> [Tensor]? {
    while !sourceIsOver || openCount > 0 {
      if place == current.count {
        guard place < Self.mostOpen else {
          throw TFError.resourceExhausted("\(place) datasets open at the same time are too many")
        }
        current.append(nil)
      }
      if let iterator = current[place] {
        if let element = try iterator.next(run) {
          taken += 1
          if taken == block { moveOn() }
          return element
        }
        current[place] = nil
        openCount -= 1
        moveOn()
      } else if !sourceIsOver {
        guard let element = try source.next(run) else {
          sourceIsOver = true
          continue
        }
        current[place] = try open(element, run)
        openCount += 1
      } else {
        moveOn()
      }
    }
    return nil
  }

  private func moveOn() {
    taken = 0
    place += 1
    // Once the source is over no more places come to be used.
    if place == cycle || (sourceIsOver && place >= current.count) { place = 0 }
  }
}
