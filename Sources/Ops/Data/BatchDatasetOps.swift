package import CoreOps

/// Datasets that put elements together into batches, or take batches apart.
package struct BatchDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let batch = BatchDatasetOps.batchOp(
    "BatchDataset",
    """
    input_dataset: variant, batch_size: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)

  package let batchV2 = BatchDatasetOps.batchOp(
    "BatchDatasetV2", dropping: 2,
    """
    input_dataset: variant, batch_size: int64, drop_remainder: bool -> handle: variant
    parallel_copy: bool = false
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)

  package let parallelBatch = BatchDatasetOps.batchOp(
    "ParallelBatchDataset", dropping: 3,
    """
    input_dataset: variant, batch_size: int64, num_parallel_calls: int64, drop_remainder: bool \
      -> handle: variant
    parallel_copy: bool = false
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    deterministic: string = 'default'
    metadata: string = ''
    """)

  package let mapAndBatch = BatchDatasetOps.mapAndBatchOp(
    "MapAndBatchDataset",
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      preserve_cardinality: bool = false
      metadata: string = ''
      """)

  package let experimentalMapAndBatch = BatchDatasetOps.mapAndBatchOp(
    "ExperimentalMapAndBatchDataset",
    attributes: """
      f: func
      Targuments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      preserve_cardinality: bool = false
      """)

  package let unbatch = BatchDatasetOps.unbatchOp(
    "UnbatchDataset",
    """
    input_dataset: variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """)

  package let experimentalUnbatch = BatchDatasetOps.unbatchOp(
    "ExperimentalUnbatchDataset",
    """
    input_dataset: variant -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """)

  package let rebatch = BatchDatasetOps.rebatchOp("RebatchDataset")
  package let experimentalRebatch = BatchDatasetOps.rebatchOp("ExperimentalRebatchDataset")

  package let rebatchV2 = DatasetDefinition.op(
    "RebatchDatasetV2",
    """
    input_dataset: variant, batch_sizes: int64, drop_remainder: bool -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """, vectors: ["batch_sizes"]
  ) { context in
    let components = try DatasetDefinition.components(context)
    return { run in
      let input = try run.dataset()
      try require(run.inputs[1].dims.rank <= 1, "`batch_sizes` must be a scalar or a vector.")
      let sizes = try run.inputs[1].integers()
      try require(!sizes.isEmpty, "`batch_sizes` must not be empty.")
      for size in sizes { try require(size > 0, "`batch_size` must be greater than zero.") }
      return try Rebatching.dataset(input, components, sizes, dropping: run.bool(2))
    }
  }

  /// - Parameter dropping: the input that says whether a last batch with fewer elements is left
  ///   out.
  private static func batchOp(
    _ name: String, dropping: Int? = nil,
    _ signature: @autoclosure @escaping @Sendable () -> String
  ) -> OpDef {
    DatasetDefinition.op(name, signature()) { _ in
      { run in
        let input = try run.dataset()
        let size = try run.int(1)
        try require(size > 0, "Batch size must be greater than zero.")
        if dropping == 3 { try ParallelCalls.check(run.int(2)) }
        let drops = dropping.map { run.bool($0) } ?? false
        let gather: @Sendable (Int, ExecutionContext) throws -> [Tensor] = { index, execution in
          let start = index * size
          let count = min(input.cardinality - start, size)
          return try ElementBatch.stacked(
            (0..<count).map { try input.element(at: start + $0, execution) })
        }
        return try DatasetObject(
          dropping == 3 ? "ParallelBatch" : "Batch",
          ElementBatch.components(input.components, size: drops ? size : nil),
          cardinality: Cardinality.groups(input.cardinality, of: size, droppingRemainder: drops),
          from: [input],
          elementAt: dropping == 3 ? nil : input.finding(gather)
        ) { context in
          let source = try input.makeIterator(context)
          var isOver = false
          return DatasetIterator { run in
            if isOver { return nil }
            let elements = try ElementBatch.take(size, from: source, run)
            isOver = elements.count < size
            if elements.isEmpty || (drops && isOver) { return nil }
            return try ElementBatch.stacked(elements)
          }
        }
      }
    }
  }

  private static func mapAndBatchOp(_ name: String, attributes: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, other_arguments: Targuments, batch_size: int64, \
        num_parallel_calls: int64, drop_remainder: bool -> handle: variant
      \(attributes)
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let others = try context.inputRange("other_arguments")
      let first = others.upperBound
      let keepsCount = try context.bool("preserve_cardinality")
      return { run in
        let input = try run.dataset()
        let size = try run.int(first)
        try require(size > 0, "batch_size must be greater than zero.")
        try ParallelCalls.check(run.int(first + 1))
        let drops = run.bool(first + 2)
        let captured = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others),
          results: components.map(\.dtype), run.execution)
        return try DatasetObject(
          "MapAndBatch", components,
          cardinality: keepsCount
            ? Cardinality.groups(input.cardinality, of: size, droppingRemainder: drops)
            : DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          let call = captured.instance(context)
          var isOver = false
          return DatasetIterator { run in
            if isOver { return nil }
            var elements: [[Tensor]] = []
            while elements.count < size, let element = try source.next(run) {
              let result = try FunctionDatasetOps.endable(keepsCount) { try call(element, run) }
              guard let result else { break }
              elements.append(result)
            }
            isOver = elements.count < size
            if elements.isEmpty || (drops && isOver) { return nil }
            return try ElementBatch.stacked(elements)
          }
        }
      }
    }
  }

  private static func unbatchOp(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String
  ) -> OpDef {
    DatasetDefinition.op(name, signature()) { _ in
      { run in
        let input = try run.dataset()
        var size: Dimension?
        let components = try input.components.map { part -> DatasetObject.Component in
          guard let dims = part.shape.dims else { return .init(part.dtype, .unknown) }
          try require(!dims.isEmpty, "Cannot unbatch a scalar component.")
          if let own = dims[0] {
            if let size, size != own {
              throw TFError.invalidArgument(
                "Input batch sizes are not equal: \(size) and \(own)")
            }
            size = own
          }
          return .init(part.dtype, PartialShape(Array(dims.dropFirst())))
        }
        let each = size?.value
        return try DatasetObject(
          "Unbatch", components,
          cardinality: Cardinality.map(input.cardinality) { count in
            each.map { Cardinality.product(count, $0) } ?? DatasetObject.unknown
          }, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          var (batch, dims, row, count): ([Tensor], [Shape], Int, Int) = ([], [], 0, 0)
          return DatasetIterator { run in
            while row == count {
              guard let next = try source.next(run) else { return nil }
              try Unbatching.check(next)
              (batch, row, count) = (next, 0, next.first?.dims[0] ?? 0)
              dims = next.map { Shape($0.dims.dims.dropFirst()) }
            }
            row += 1
            return batch.indices.map { batch[$0].rows(row - 1, row, dims: dims[$0]) }
          }
        }
      }
    }
  }

  private static func rebatchOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, num_replicas: int64 -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      use_fallback: bool = true
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      return { run in
        let replicas = try run.int(1)
        try require(replicas > 0, "num_replicas must be greater than zero.")
        return try Rebatching.split(run.dataset(), components, replicas)
      }
    }
  }
}

enum Unbatching {
  /// - Throws: `INVALID_ARGUMENT` when the components of a batch have not as many rows.
  static func check(_ batch: [Tensor]) throws {
    for tensor in batch {
      try require(
        tensor.dims.rank > 0, "Input element must have a non-scalar value in each component.")
      try require(
        tensor.dims[0] == batch[0].dims[0],
        """
        Input element must have the same batch size in each component. Component 0 had size \
        \(batch[0].dims[0]) but another had size \(tensor.dims[0]).
        """)
    }
  }
}

/// Making batches of other sizes out of batches.
private enum Rebatching {
  /// Batches of `sizes` in turn.
  static func dataset(
    _ input: DatasetObject, _ components: [DatasetObject.Component], _ sizes: [Int], dropping: Bool
  ) throws -> DatasetObject {
    try requireTypes(components, input)
    return try DatasetObject(
      "Rebatch", components, cardinality: DatasetObject.unknown, from: [input]
    ) { context in
      let source = try input.makeIterator(context)
      var (turn, offset) = (0, 0)
      var batch: [Tensor] = []
      var isOver = false
      return DatasetIterator { run in
        if isOver { return nil }
        let wanted = sizes[turn]
        turn = (turn + 1) % sizes.count
        var parts: [[Tensor]] = []
        var have = 0
        while have < wanted {
          if batch.isEmpty || offset == batch[0].dims[0] {
            guard let next = try source.next(run) else {
              isOver = true
              break
            }
            try Unbatching.check(next)
            (batch, offset) = (next, 0)
            continue
          }
          let count = min(wanted - have, batch[0].dims[0] - offset)
          parts.append(rows(batch, offset, count))
          have += count
          offset += count
        }
        if have == 0 || (dropping && have < wanted) { return nil }
        return try joined(parts, have)
      }
    }
  }

  /// Each batch split for `replicas`: the first ones have equal parts, the last what is left.
  static func split(
    _ input: DatasetObject, _ components: [DatasetObject.Component], _ replicas: Int
  ) throws -> DatasetObject {
    try requireTypes(components, input)
    return try DatasetObject(
      "Rebatch", components, cardinality: DatasetObject.unknown, from: [input]
    ) {
      context in
      let source = try input.makeIterator(context)
      var (batch, offset, left): ([Tensor], Int, Int) = ([], 0, 0)
      return DatasetIterator { run in
        if left == 0 {
          guard let next = try source.next(run) else { return nil }
          try Unbatching.check(next)
          (batch, offset, left) = (next, 0, replicas)
        }
        let all = batch[0].dims[0]
        let count = min(all - offset, all / replicas + (all % replicas == 0 ? 0 : 1))
        defer {
          offset += count
          left -= 1
        }
        return rows(batch, offset, count)
      }
    }
  }

  private static func requireTypes(
    _ stated: [DatasetObject.Component], _ input: DatasetObject
  ) throws {
    try ElementCheck.require(
      stated.map { .init($0.dtype, .unknown) }, fit: input)
  }

  private static func rows(_ batch: [Tensor], _ start: Int, _ count: Int) -> [Tensor] {
    batch.map { tensor in
      var dims = tensor.dims
      dims[0] = count
      return tensor.rows(start, start + count, dims: dims)
    }
  }

  private static func joined(_ parts: [[Tensor]], _ count: Int) throws -> [Tensor] {
    if parts.count == 1 { return parts[0] }
    return try parts[0].indices.map { component in
      let pieces = parts.map { $0[component] }
      let inner = Shape(pieces[0].dims.dims.dropFirst())
      for piece in pieces {
        try require(
          Shape(piece.dims.dims.dropFirst()) == inner,
          "Cannot rebatch tensors with different shapes in component \(component): "
            + "\(pieces[0].dims) and \(piece.dims)")
      }
      return try Stacking.joined(pieces, pieces[0].dtype, Shape([count] + inner.dims))
    }
  }
}
