package import CoreOps

/// Datasets in a random order, and their seeds.
package struct ShuffleDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let shuffle = ShuffleDatasetOps.op(
    "ShuffleDataset", inputs: ", seed: int64, seed2: int64", reshuffles: true)
  package let shuffleV2 = ShuffleDatasetOps.op(
    "ShuffleDatasetV2", inputs: ", seed_generator: resource", reshuffles: false, stateful: true)
  package let shuffleV3 = ShuffleDatasetOps.op(
    "ShuffleDatasetV3", inputs: ", seed: int64, seed2: int64, seed_generator: resource",
    reshuffles: true, stateful: true)
  package let shuffleAndRepeat = ShuffleDatasetOps.op(
    "ShuffleAndRepeatDataset", inputs: ", seed: int64, seed2: int64, count: int64",
    reshuffles: true)
  package let shuffleAndRepeatV2 = ShuffleDatasetOps.op(
    "ShuffleAndRepeatDatasetV2",
    inputs: ", seed: int64, seed2: int64, count: int64, seed_generator: resource",
    reshuffles: true, stateful: true)

  package let anonymousSeedGenerator = OpDef(
    "AnonymousSeedGenerator",
    """
    seed: int64, seed2: int64, reshuffle: bool -> handle: resource, deleter: variant
    """, stateful: true, shape: ResourceHandles.anonymousShape,
    kernel: .run { run in
      let seeds = (try run.int(0), try run.int(1))
      return [
        Tensor(resource: SeedGenerator(seeds, changes: run.bool(2))), .deleter,
      ]
    }, gradient: .zero)

  package let anonymousRandomSeedGenerator = OpDef(
    "AnonymousRandomSeedGenerator",
    """
    seed: int64, seed2: int64 -> handle: resource, deleter: variant
    """, stateful: true, shape: ResourceHandles.anonymousShape,
    kernel: .run { _ in
      // TensorFlow's kernel asks for an input that the op does not have.
      throw TFError.invalidArgument("Unknown input name: reshuffle")
    }, gradient: .zero)

  package let deleteSeedGenerator = ResourceHandles.deleteOp("DeleteSeedGenerator")
  package let deleteRandomSeedGenerator = ResourceHandles.deleteOp("DeleteRandomSeedGenerator")
  package let dummySeedGenerator = ResourceHandles.dummyOp("DummySeedGenerator")
  package let dummyIterationCounter = ResourceHandles.dummyOp("DummyIterationCounter")

  /// - Parameters:
  ///   - inputs: those after the buffer's size.
  ///   - reshuffles: whether an attribute says that each run through the dataset has an order of
  ///     its own.
  private static func op(
    _ name: String, inputs: String, reshuffles: Bool, stateful: Bool = false
  ) -> OpDef {
    let (repeats, hasGenerator) = (inputs.contains("count"), inputs.contains("generator"))
    let hasSeeds = inputs.contains("seed2")
    let reshuffling = reshuffles ? "reshuffle_each_iteration: bool = true\n" : ""
    return DatasetDefinition.op(
      name,
      """
      input_dataset: variant, buffer_size: int64\(inputs) -> handle: variant
      \(name == "ShuffleAndRepeatDataset" ? "" : reshuffling)output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      \(name == "ShuffleAndRepeatDataset" ? reshuffling : "")metadata: string = ''
      """, stateful: stateful
    ) { context in
      let changes = reshuffles ? try context.bool("reshuffle_each_iteration") : true
      return { run in
        let (input, size) = (try run.dataset(), try run.int(1))
        try require(
          size > 0 || size == DatasetObject.unknown,
          "buffer_size must be greater than zero or UNKNOWN_CARDINALITY")
        let count = repeats ? try run.int(4) : 1
        try require(
          count > 0 || count == -1, "count must be greater than zero or equal to -1.")
        let seeds = hasSeeds ? (try run.int(2), try run.int(3)) : (0, 0)
        let generator =
          hasGenerator ? try SeedGenerator.of(run.inputs[run.inputs.count - 1]) : nil
        let own = OwnSeeds(seeds, changes: changes)
        return try DatasetObject(
          repeats ? "ShuffleAndRepeat" : "Shuffle", input.components,
          cardinality: count == -1
            ? DatasetObject.infinite
            : Cardinality.map(input.cardinality) { Cardinality.product($0, count) },
          from: [input]
        ) { context in
          let open: () throws -> ShuffleWalk = {
            ShuffleWalk(
              try input.makeIterator(context), size: size < 0 ? .max : size,
              PhiloxSequence(context.seeds((generator ?? own.generator(context)).next)))
          }
          let path = context.path
          var walk: ShuffleWalk? = try open()
          var epoch = 0
          return DatasetIterator { run in
            while let current = walk {
              if let element = try current.next(run) { return element }
              epoch += 1
              // An empty dataset stays so however often it is gone through.
              let goesOn = count == -1 ? current.hadElements : epoch < count
              walk = goesOn ? try context.at(path, open) : nil
            }
            return nil
          }
        }
      }
    }
  }
}

/// A run through a dataset in a random order: each time one of the elements that wait, while others
/// take their places.
private final class ShuffleWalk {
  private let size: Int
  private var sequence: PhiloxSequence
  private var source: DatasetIterator?
  /// The elements that wait, after places of some that went.
  private var buffer: [[Tensor]] = []
  private var start = 0
  private(set) var hadElements = false

  /// - Parameter size: how many elements wait at most.
  init(_ source: DatasetIterator, size: Int, _ sequence: PhiloxSequence) {
    self.source = source
    self.size = size
    self.sequence = sequence
  }

  func next(_ run: ExecutionContext) throws -> [Tensor]? {
    while let source, buffer.count - start < size {
      if let element = try source.next(run) {
        buffer.append(element)
        hadElements = true
      } else {
        self.source = nil
      }
    }
    guard start < buffer.count else { return nil }
    let chosen = start + Int(sequence.next()) % (buffer.count - start)
    let element = buffer[chosen]
    buffer[chosen] = buffer[start]
    buffer[start] = []
    start += 1
    // Places of elements that went are let go of once they are the greater part.
    if start > 64, start * 2 > buffer.count {
      buffer.removeFirst(start)
      start = 0
    }
    return element
  }
}
