package import CoreOps

/// Datasets of random numbers, and of a random part of the elements of others.
package struct RandomDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let random = RandomDatasetOps.randomOp(
    "RandomDataset",
    """
    seed: int64, seed2: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)

  package let experimentalRandom = RandomDatasetOps.randomOp(
    "ExperimentalRandomDataset",
    """
    seed: int64, seed2: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """)

  package let randomV2 = RandomDatasetOps.randomOp(
    "RandomDatasetV2", hasGenerator: true,
    """
    seed: int64, seed2: int64, seed_generator: resource -> handle: variant
    rerandomize_each_iteration: bool = false
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)

  package let sampling = DatasetDefinition.op(
    "SamplingDataset",
    """
    input_dataset: variant, rate: float, seed: int64, seed2: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """
  ) { _ in
    { run in
      let input = try run.dataset()
      let rate = run.inputs[1].elements(Float.self)[0]
      let seeds = SeedGenerator.definite((try run.int(2), try run.int(3)))
      return try DatasetObject(
        "Sampling", input.components, cardinality: DatasetObject.unknown, from: [input]
      ) { context in
        let source = try input.makeIterator(context)
        var sequence = PhiloxSequence(context.seeds { seeds })
        return DatasetIterator { run in
          while let element = try source.next(run) {
            // A number in 0..<1 of 23 bits, as `RandomUniform` makes it.
            let number = Float(bitPattern: 0x3f80_0000 | (sequence.next() & 0x7f_ffff)) - 1
            if number < rate { return element }
          }
          return nil
        }
      }
    }
  }

  private static func randomOp(
    _ name: String, hasGenerator: Bool = false,
    _ signature: @autoclosure @escaping @Sendable () -> String
  ) -> OpDef {
    DatasetDefinition.op(name, signature(), stateful: true) { context in
      let changes = hasGenerator ? try context.bool("rerandomize_each_iteration") : false
      return { run in
        let seeds = (try run.int(0), try run.int(1))
        let generator = hasGenerator ? try SeedGenerator.of(run.inputs[2]) : nil
        let own = OwnSeeds(seeds, changes: changes)
        return try DatasetObject(
          "Random", [.init(.int64, .scalar)], cardinality: DatasetObject.infinite
        ) { context in
          var sequence = PhiloxSequence(
            context.seeds((generator ?? own.generator(context)).next))
          return DatasetIterator { _ in [try Tensor(scalar: Int(sequence.next()))] }
        }
      }
    }
  }
}
