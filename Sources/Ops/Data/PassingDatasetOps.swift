package import CoreOps

/// Datasets that have the elements of another one: they say how TensorFlow is to run it, or check
/// what it is.
package struct PassingDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let prefetch = PassingDatasetOps.passing(
    "PrefetchDataset", inputs: ", buffer_size: int64", before: "",
    after: """

      slack_period: int = 0
      legacy_autotune: bool = true
      buffer_size_min: int = 0
      metadata: string = ''
      """
  ) { run in
    try require(
      run.int(1) >= -1,
      "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning.")
  }

  package let options = DatasetDefinition.op(
    "OptionsDataset",
    """
    input_dataset: variant -> handle: variant
    serialized_options: string
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { context in
    let own = try context.bytes("serialized_options")
    return { run in
      let input = try run.dataset()
      // A message behind another overrides what both say, when they are read as one.
      return try pass(input, "Options", options: input.options + own)
    }
  }

  package let getOptions = OpDef(
    "GetOptions",
    """
    input_dataset: variant -> serialized_options: string
    """, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(strings: [$0.dataset().options], dims: Shape())] }, gradient: .zero)

  package let optimize = PassingDatasetOps.passing(
    "OptimizeDataset", inputs: ", optimizations: string", vectors: ["optimizations"], before: "",
    after: "\noptimization_configs: list(string) = []")
  package let optimizeV2 = PassingDatasetOps.passing(
    "OptimizeDatasetV2",
    inputs: """
      , optimizations_enabled: string, optimizations_disabled: string, \
      optimizations_default: string
      """, vectors: ["optimizations_enabled", "optimizations_disabled", "optimizations_default"],
    before: "", after: "\noptimization_configs: list(string) = []")
  package let rewrite = PassingDatasetOps.passing(
    "RewriteDataset", inputs: ", rewrite_name: string", before: "", after: "")
  package let model = PassingDatasetOps.passing(
    "ModelDataset", inputs: "",
    before: "algorithm: int = 0\ncpu_budget: int = 0\nram_budget: int = 0\n", after: "")
  package let finalize = PassingDatasetOps.passing(
    "FinalizeDataset", inputs: "", before: "has_captured_ref: bool = false\n", after: "")

  package let maxIntraOpParallelism = PassingDatasetOps.parallelismOp(
    "MaxIntraOpParallelismDataset")
  package let experimentalMaxIntraOpParallelism = PassingDatasetOps.parallelismOp(
    "ExperimentalMaxIntraOpParallelismDataset")
  package let privateThreadPool = PassingDatasetOps.poolOp("PrivateThreadPoolDataset")
  package let experimentalPrivateThreadPool = PassingDatasetOps.poolOp(
    "ExperimentalPrivateThreadPoolDataset")
  package let threadPool = PassingDatasetOps.passing(
    "ThreadPoolDataset", inputs: ", thread_pool: resource", stateful: true, before: "", after: "")
  package let experimentalThreadPool = PassingDatasetOps.passing(
    "ExperimentalThreadPoolDataset", inputs: ", thread_pool: resource", stateful: true, before: "",
    after: "")
  package let nonSerializable = PassingDatasetOps.passing(
    "NonSerializableDataset", inputs: "", before: "", after: "")
  package let experimentalNonSerializable = PassingDatasetOps.passing(
    "ExperimentalNonSerializableDataset", inputs: "", before: "", after: "")

  package let bytesProducedStats = PassingDatasetOps.statsOp("BytesProducedStatsDataset")
  package let experimentalBytesProducedStats = PassingDatasetOps.statsOp(
    "ExperimentalBytesProducedStatsDataset")
  package let latencyStats = PassingDatasetOps.statsOp("LatencyStatsDataset")
  package let experimentalLatencyStats = PassingDatasetOps.statsOp(
    "ExperimentalLatencyStatsDataset")
  package let setStatsAggregator = PassingDatasetOps.passing(
    "SetStatsAggregatorDataset",
    inputs: ", stats_aggregator: resource, tag: string, counter_prefix: string", stateful: true,
    before: "", after: "")
  package let experimentalSetStatsAggregator = PassingDatasetOps.passing(
    "ExperimentalSetStatsAggregatorDataset",
    inputs: ", stats_aggregator: resource, tag: string, counter_prefix: string", stateful: true,
    before: "", after: "")

  package let threadPoolHandle = PassingDatasetOps.poolHandleOp("ThreadPoolHandle")
  package let experimentalThreadPoolHandle = PassingDatasetOps.poolHandleOp(
    "ExperimentalThreadPoolHandle")

  package let chooseFastest = PassingDatasetOps.fastestOp("ChooseFastestDataset")
  package let experimentalChooseFastest = PassingDatasetOps.fastestOp(
    "ExperimentalChooseFastestDataset")

  package let sleep = PassingDatasetOps.sleepOp("SleepDataset")
  package let experimentalSleep = PassingDatasetOps.sleepOp("ExperimentalSleepDataset")

  package let assertCardinality = DatasetDefinition.op(
    "AssertCardinalityDataset",
    """
    input_dataset: variant, cardinality: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """
  ) { _ in
    { run in
      let (input, stated) = (try run.dataset(), try run.int(1))
      return try DatasetObject(
        "AssertCardinality", input.components, cardinality: stated, from: [input],
        elementAt: input.finding { try input.element(at: $0, $1) }
      ) { context in
        let source = try input.makeIterator(context)
        var count = 0
        return DatasetIterator { run in
          let element = try source.next(run)
          if element != nil { count += 1 }
          let isRight: Bool
          if element == nil {
            isRight = stated == count
          } else {
            isRight = stated == DatasetObject.infinite || count <= stated
          }
          guard isRight else {
            let found = "\(count) element\(count == 1 ? "" : "s")"
            throw TFError(
              .failedPrecondition,
              """
              Input dataset was expected to contain \(PassingDatasetOps.text(stated)) but \
              contained \(element == nil ? "only \(found)" : "at least \(found)").
              """
            )
          }
          return element
        }
      }
    }
  }

  package let assertNext = PassingDatasetOps.assertOp("AssertNextDataset")
  package let experimentalAssertNext = PassingDatasetOps.assertOp(
    "ExperimentalAssertNextDataset")

  fileprivate static func text(_ cardinality: Int) -> String {
    switch cardinality {
    case DatasetObject.infinite: "an infinite number of elements"
    case 1: "1 element"
    default: "\(cardinality) elements"
    }
  }

  private static func pass(_ input: DatasetObject, _ kind: String, options: [UInt8]? = nil) throws
    -> DatasetObject
  {
    try DatasetObject(
      kind, input.components, cardinality: input.cardinality, from: [input], options: options,
      elementAt: input.finding { try input.element(at: $0, $1) }
    ) { try input.makeIterator($0) }
  }

  /// - Parameters:
  ///   - inputs: those after the dataset.
  ///   - before, after: the attributes before and after the dtypes and shapes.
  private static func passing(
    _ name: String, inputs: String, stateful: Bool = false, vectors: Set<String> = [],
    before: String, after: String,
    check: @escaping @Sendable (DynamicContext) throws -> Void = { _ in }
  ) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant\(inputs) -> handle: variant
      \(before)output_types: list(type) >= 1
      output_shapes: list(shape) >= 1\(after)
      """, stateful: stateful, vectors: vectors
    ) { _ in
      { run in
        try check(run)
        return try pass(run.dataset(), String(name.dropLast("Dataset".count)))
      }
    }
  }

  private static func parallelismOp(_ name: String) -> OpDef {
    passing(name, inputs: ", max_intra_op_parallelism: int64", before: "", after: "") { run in
      try require(
        run.int(1) >= 0, "`max_intra_op_parallelism` must be >= 0")
    }
  }

  private static func poolOp(_ name: String) -> OpDef {
    passing(name, inputs: ", num_threads: int64", before: "", after: "") { run in
      try require(run.int(1) >= 0, "`num_threads` must be >= 0")
    }
  }

  private static func statsOp(_ name: String) -> OpDef {
    passing(name, inputs: ", tag: string", before: "", after: "")
  }

  private static func poolHandleOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      -> handle: resource
      num_threads: int
      max_intra_op_parallelism: int = 1
      display_name: string
      container: string = ''
      shared_name: string = ''
      """, stateful: true, shape: ShapeRules.scalar,
      kernel: .dynamic { context in
        try require(
          context.int("num_threads") > 0, "`num_threads` must be greater than zero.")
        return { _ in [Tensor(resource: DummyResource(name))] }
      }, gradient: .zero)
  }

  private static func fastestOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_datasets: N * variant -> handle: variant
      N: int >= 2
      num_experiments: int
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """
    ) { _ in
      { run in
        // All give the same elements: which is the fastest does not show.
        let inputs = try run.inputs.map { try $0.dataset() }
        for input in inputs.dropFirst() {
          try ElementCheck.require(inputs[0].components, fit: input)
          try require(
            input.cardinality == inputs[0].cardinality,
            """
            All inputs to \(name) must have the same cardinality: \(inputs[0].cardinality) and \
            \(input.cardinality)
            """)
        }
        return try pass(inputs[0], "ChooseFastest")
      }
    }
  }

  private static func sleepOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, sleep_microseconds: int64 -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """
    ) { _ in
      { run in
        let (input, time) = (try run.dataset(), try run.int(1))
        return try DatasetObject(
          "Sleep", input.components, cardinality: input.cardinality, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          return DatasetIterator { run in
            try Sleep.microseconds(time, run)
            return try source.next(run)
          }
        }
      }
    }
  }

  /// An op that looks at the datasets which are made of this one.
  private static func assertOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, transformations: string -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, vectors: ["transformations"]
    ) { _ in
      { run in
        let input = try run.dataset()
        let expected = run.inputs[1].strings.map(\.text)
        return try DatasetObject(
          "AssertNext", input.components, cardinality: input.cardinality, from: [input]
        ) { context in
          try KindCheck.require(expected, Array(context.kinds.dropLast().reversed()))
          return try input.makeIterator(context)
        }
      }
    }
  }
}

/// Whether datasets are of the kinds that a program says.
private enum KindCheck {
  static func require(_ expected: [String], _ kinds: [String]) throws {
    guard expected.count <= kinds.count else {
      throw TFError.invalidArgument(
        """
        Asserted next \(expected.count) transformations but encountered only \(kinds.count).
        """
      )
    }
    for (offset, (wanted, kind)) in zip(expected, kinds).enumerated()
    where !isVersion(kind, of: wanted) {
      throw TFError.invalidArgument(
        """
        Asserted transformation matching \(wanted) at offset \(offset) but encountered \(kind) \
        transformation instead.
        """
      )
    }
  }

  /// Whether the two are one kind, whatever their versions.
  private static func isVersion(_ kind: String, of wanted: String) -> Bool {
    base(kind) == base(wanted)
  }

  private static func base(_ kind: String) -> Substring {
    let digits = kind.reversed().prefix { $0.isNumber }.count
    let rest = kind.dropLast(digits)
    return digits > 0 && rest.hasSuffix("V") ? rest.dropLast() : Substring(kind)
  }
}
