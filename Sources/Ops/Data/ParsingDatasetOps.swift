package import CoreOps
import OpsRecords
import OpsSparse

/// Datasets of what is in batches of serialized examples.
package struct ParsingDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let parseExample = ParsingDatasetOps.op(
    "ParseExampleDataset", "sloppy: bool = false", hasRagged: true)
  package let parseExampleV2 = ParsingDatasetOps.op(
    "ParseExampleDatasetV2", "deterministic: string = 'default'", hasRagged: true)
  package let experimentalParseExample = ParsingDatasetOps.op(
    "ExperimentalParseExampleDataset", "sloppy: bool = false", hasRagged: false)

  private static func op(_ name: String, _ order: String, hasRagged: Bool) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense -> handle: variant
      sparse_keys: list(string) >= 0
      dense_keys: list(string) >= 0
      sparse_types: list({float, int64, string}) >= 0
      Tdense: list({float, int64, string}) >= 0
      dense_shapes: list(shape) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      \(order)\(hasRagged ? raggedAttributes : "")
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      func keys(_ name: String) throws -> [[UInt8]] {
        try context.list(name).map {
          guard case .bytes(let key) = $0 else {
            throw TFError.invalidArgument("attr '\(name)' is not a list of strings")
          }
          return key
        }
      }
      let (sparse, dense) = (try keys("sparse_keys"), try keys("dense_keys"))
      let ragged = hasRagged ? try keys("ragged_keys") : []
      let attributes = try FeatureAttributes(
        context, sparseCount: sparse.count, denseCount: dense.count, hasRagged: hasRagged)
      try require(
        ragged.count == attributes.raggedTypes.count, "len(ragged_keys) != len(ragged_types)")
      return { run in
        let input = try run.dataset()
        try require(
          run.int(1) > 0 || run.int(1) == ParallelCalls.automatic,
          "num_parallel_calls must be greater than zero.")
        let features = try attributes.features(
          sparse: sparse, dense: dense, ragged: ragged, defaults: run.inputs[2...])
        let batch = try ExampleBatch(features)
        // The components are in the order of their keys.
        let order = features.indices.sorted {
          features[$0].key.lexicographicallyPrecedes(features[$1].key)
        }
        try require(
          order.count == components.count,
          "there are \(components.count) components, but \(order.count) features")
        return try DatasetObject(
          "ParseExample", components, cardinality: input.cardinality, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          return DatasetIterator { run in
            guard let element = try source.next(run) else { return nil }
            try require(
              element.count == 1 && element[0].dtype == .string && element[0].dims.rank == 1,
              "ParseExampleDataset takes vectors of strings")
            let outputs = try batch.parse(element[0])
            return try order.map { try component(outputs[$0]) }
          }
        }
      }
    }
  }

  private static let raggedAttributes = """

    ragged_keys: list(string) >= 0 = []
    ragged_value_types: list({float, int64, string}) >= 0 = []
    ragged_split_types: list({int32, int64}) >= 0 = []
    """

  /// A feature as one tensor, as datasets have sparse and ragged ones.
  private static func component(_ output: ExampleBatch.Output) throws -> Tensor {
    switch output {
    case .dense(let values): return values
    case .sparse(let indices, let values, let shape):
      return Tensor(
        .variant, objects: [indices, values, shape].map { BoxedTensor($0) }, dims: [3])
    case .ragged(let values, let splits):
      return Tensor(
        .variant, objects: [RaggedValue(splits: [splits], values: values)], dims: Shape())
    }
  }
}
