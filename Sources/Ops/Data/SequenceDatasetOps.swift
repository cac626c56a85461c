package import CoreOps

/// Datasets of some of the elements of others, or of the elements of several.
package struct SequenceDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let `repeat` = DatasetDefinition.op(
    "RepeatDataset",
    """
    input_dataset: variant, count: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let (input, count) = (try run.dataset(), try run.int(1))
      let cardinality =
        count < 0
        ? DatasetObject.infinite
        : count == 0
          ? 0 : Cardinality.map(input.cardinality) { Cardinality.product($0, count) }
      let elementAt: DatasetObject.ElementAt = { index, execution in
        try input.element(at: index % input.cardinality, execution)
      }
      return try DatasetObject(
        count < 0 ? "ForeverRepeat" : count == 0 ? "EmptyRepeat" : "FiniteRepeat",
        input.components, cardinality: cardinality, from: [input],
        elementAt: input.hasElementsByNumber && input.cardinality > 0 ? elementAt : nil
      ) { context in
        var epoch = 0
        var source: DatasetIterator?
        let path = context.path
        return DatasetIterator { run in
          while count < 0 || epoch < count {
            let isNew = source == nil
            let current = try source ?? context.at(path) { try input.makeIterator(context) }
            source = current
            if let element = try current.next(run) { return element }
            source = nil
            // An empty dataset stays so however often it is gone through.
            if count < 0, isNew { return nil }
            if count > 0 { epoch += 1 }
          }
          return nil
        }
      }
    }
  }

  package let take = DatasetDefinition.op(
    "TakeDataset",
    """
    input_dataset: variant, count: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let (input, count) = (try run.dataset(), try run.int(1))
      let known = input.cardinality
      let cardinality =
        count < 0 || known == DatasetObject.unknown
        ? known : known == DatasetObject.infinite ? count : min(known, count)
      return try DatasetObject(
        count == 0 ? "EmptyTake" : "FiniteTake", input.components, cardinality: cardinality,
        from: [input],
        elementAt: input.finding { try input.element(at: $0, $1) }
      ) { context in
        // The dataset is not touched where nothing is taken.
        if count == 0 { return DatasetIterator { _ in nil } }
        let source = try input.makeIterator(context)
        if count < 0 { return source }
        var left = count
        return DatasetIterator { run in
          guard left > 0 else { return nil }
          guard let element = try source.next(run) else {
            left = 0
            return nil
          }
          left -= 1
          return element
        }
      }
    }
  }

  package let skip = DatasetDefinition.op(
    "SkipDataset",
    """
    input_dataset: variant, count: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let (input, count) = (try run.dataset(), try run.int(1))
      let cardinality =
        Cardinality.map(input.cardinality) { count < 0 ? 0 : max(0, $0 - count) }
      return try DatasetObject(
        count < 0 ? "EmptySkip" : "FiniteSkip", input.components, cardinality: cardinality,
        from: [input],
        elementAt: input.finding { try input.element(at: $0 + count, $1) }
      ) { context in
        if count < 0 { return DatasetIterator { _ in nil } }
        let source = try input.makeIterator(context)
        var left = count
        return DatasetIterator { run in
          while left > 0 {
            guard try source.next(run) != nil else {
              left = 0
              return nil
            }
            left -= 1
          }
          return try source.next(run)
        }
      }
    }
  }

  package let shard = DatasetDefinition.op(
    "ShardDataset",
    """
    input_dataset: variant, num_shards: int64, index: int64 -> handle: variant
    require_non_empty: bool = false
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { context in
    let needsElement = try context.bool("require_non_empty")
    return { run in
      let (input, count, own) = (try run.dataset(), try run.int(1), try run.int(2))
      try require(
        count > 0, "Number of shards must be greater than zero (currently num_shards = \(count)).")
      try require(
        own >= 0 && own < count,
        """
        Index must be between 0 and \(count - 1) (currently index = \(own), num_shards = \
        \(count)).
        """)
      let cardinality = Cardinality.map(input.cardinality) {
        $0 / count + (own < $0 % count ? 1 : 0)
      }
      return try DatasetObject(
        "Shard", input.components, cardinality: cardinality, from: [input],
        elementAt: input.finding { try input.element(at: own + $0 * count, $1) }
      ) { context in
        let source = try input.makeIterator(context)
        var isFirst = true
        return DatasetIterator { run in
          if isFirst {
            isFirst = false
            var found = try source.skip(own, run)
            let element = found ? try source.next(run) : nil
            found = element != nil
            if needsElement, !found {
              throw TFError.invalidArgument(
                """
                Could not apply FILE based sharding: the dataset only has fewer file(s) than \
                \(count) shards. If you are using datasets with distribution strategy, consider \
                setting the auto sharding policy to either DATA or OFF using the \
                `experimental_distribute.auto_shard_policy` option of `tf.data.Options()`.
                """
              )
            }
            return element
          }
          guard try source.skip(count - 1, run) else { return nil }
          return try source.next(run)
        }
      }
    }
  }

  package let concatenate = DatasetDefinition.op(
    "ConcatenateDataset",
    """
    input_dataset: variant, another_dataset: variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let (first, second) = (try run.dataset(0), try run.dataset(1))
      try require(
        first.types == second.types,
        """
        input dataset and dataset to concatenate have different output_types \
        \(DatasetObject.list(first.types)) and \(DatasetObject.list(second.types))
        """)
      let components = Swift.zip(first.components, second.components).map {
        DatasetObject.Component($0.dtype, $0.shape.widened(with: $1.shape))
      }
      let elementAt: DatasetObject.ElementAt = { index, execution in
        index < first.cardinality
          ? try first.element(at: index, execution)
          : try second.element(at: index - first.cardinality, execution)
      }
      return try DatasetObject(
        "Concatenate", components,
        cardinality: Cardinality.sum(first.cardinality, second.cardinality),
        from: [first, second], oneByOne: true,
        elementAt: first.hasElementsByNumber && second.hasElementsByNumber && first.cardinality >= 0
          ? elementAt : nil
      ) { context in
        let path = context.path
        var source = try context.at(path + [0]) { try first.makeIterator(context) }
        var isSecond = false
        return DatasetIterator { run in
          if let element = try source.next(run) { return element }
          if isSecond { return nil }
          isSecond = true
          source = try context.at(path + [1]) { try second.makeIterator(context) }
          return try source.next(run)
        }
      }
    }
  }

  package let zip = DatasetDefinition.op(
    "ZipDataset",
    """
    input_datasets: N * variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    N: int >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let inputs = try run.inputs.map { try $0.dataset() }
      let canFind = inputs.allSatisfy(\.hasElementsByNumber)
      let elementAt: DatasetObject.ElementAt = { index, execution in
        try inputs.flatMap { try $0.element(at: index, execution) }
      }
      return try DatasetObject(
        "Zip", inputs.flatMap(\.components),
        cardinality: Cardinality.least(inputs.map(\.cardinality)), from: inputs,
        elementAt: canFind ? elementAt : nil
      ) { context in
        let sources = try inputs.enumerated().map { index, input in
          try context.at(context.path + [index]) { try input.makeIterator(context) }
        }
        var isOver = false
        return DatasetIterator { run in
          if isOver { return nil }
          var element: [Tensor] = []
          for source in sources {
            guard let part = try source.next(run) else {
              isOver = true
              return nil
            }
            element += part
          }
          return element
        }
      }
    }
  }

  package let directedInterleave = SequenceDatasetOps.directedOp(
    "DirectedInterleaveDataset", stops: true)
  package let experimentalDirectedInterleave = SequenceDatasetOps.directedOp(
    "ExperimentalDirectedInterleaveDataset", stops: false)

  package let unique = SequenceDatasetOps.uniqueOp(
    "UniqueDataset",
    """
    input_dataset: variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)
  package let experimentalUnique = SequenceDatasetOps.uniqueOp(
    "ExperimentalUniqueDataset",
    """
    input_dataset: variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """)

  package let ignoreErrors = SequenceDatasetOps.ignoringOp("IgnoreErrorsDataset")
  package let experimentalIgnoreErrors = SequenceDatasetOps.ignoringOp(
    "ExperimentalIgnoreErrorsDataset")

  /// - Parameter stops: whether there is an attribute that ends the dataset with the first input
  ///   that is over.
  private static func directedOp(_ name: String, stops: Bool) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      selector_input_dataset: variant, data_input_datasets: N * variant -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      N: int >= 1\(stops ? "\nstop_on_empty_dataset: bool = false" : "")
      """
    ) { context in
      let stopsAtFirst = stops ? try context.bool("stop_on_empty_dataset") : false
      return { run in
        let selector = try run.dataset(0)
        try ElementCheck.require([.init(.int64, .scalar)], fit: selector)
        let inputs = try run.inputs.dropFirst().map { try $0.dataset() }
        var components = inputs[0].components
        for input in inputs.dropFirst() {
          try ElementCheck.require(
            components.map { .init($0.dtype, .unknown) }, fit: input)
          components = Swift.zip(components, input.components).map {
            .init($0.dtype, $0.shape.widened(with: $1.shape))
          }
        }
        return try DatasetObject(
          "DirectedInterleave", components,
          cardinality: inputs.contains { $0.cardinality == DatasetObject.infinite }
            ? DatasetObject.infinite : DatasetObject.unknown,
          from: [selector] + inputs
        ) { context in
          let choices = try selector.makeIterator(context)
          var sources: [DatasetIterator?] = try inputs.enumerated().map { index, input in
            try context.at(context.path + [index]) { try input.makeIterator(context) }
          }
          var isOver = false
          return DatasetIterator { run in
            while !isOver, let choice = try choices.next(run) {
              let index = try choice[0].scalar(Int.self)
              guard sources.indices.contains(index) else {
                throw TFError.invalidArgument(
                  "Selector index out of range: \(index) >= \(sources.count)")
              }
              guard let source = sources[index] else { continue }
              if let element = try source.next(run) { return element }
              sources[index] = nil
              isOver = stopsAtFirst || sources.allSatisfy { $0 == nil }
            }
            isOver = true
            return nil
          }
        }
      }
    }
  }

  private static func uniqueOp(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String
  ) -> OpDef {
    DatasetDefinition.op(name, signature()) { _ in
      { run in
        let input = try run.dataset()
        try require(
          input.components.count == 1, "UniqueDataset only supports inputs with a single component."
        )
        let dtype = input.components[0].dtype
        try require(
          [.int32, .int64, .string].contains(dtype),
          """
          UniqueDataset only supports inputs with a single `tf.int32`, `tf.int64`, or `tf.string` \
          component.
          """)
        return try DatasetObject(
          "Unique", input.components, cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          var seen: Set<UniqueKey> = []
          return DatasetIterator { run in
            while let element = try source.next(run) {
              if seen.insert(UniqueKey(element[0])).inserted { return element }
            }
            return nil
          }
        }
      }
    }
  }

  private static func ignoringOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      log_warning: bool = false
      """
    ) { _ in
      { run in
        let input = try run.dataset()
        return try DatasetObject(
          "IgnoreErrors", input.components, cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          return DatasetIterator { run in
            while true {
              do { return try source.next(run) } catch let error as TFError {
                // The end of the run is no error of an element.
                try run.cancellation.check()
                if error.code == .cancelled || error.code == .resourceExhausted { throw error }
              }
            }
          }
        }
      }
    }
  }
}

/// A tensor of integers or strings as a member of a set.
private struct UniqueKey: Hashable {
  let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  static func == (a: UniqueKey, b: UniqueKey) -> Bool { a.tensor.hasSameElements(as: b.tensor) }

  func hash(into hasher: inout Hasher) {
    if tensor.dtype == .string {
      hasher.combine(tensor.strings)
    } else {
      hasher.combine(bytes: UnsafeRawBufferPointer(tensor.bytes))
    }
  }
}
