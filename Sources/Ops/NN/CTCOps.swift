import CKernels
package import CoreOps

/// Connectionist temporal classification: the loss, and decoders.
package struct CTCOps: OpFamily {
  package static let family: Self = define(Self())

  package let loss: OpDef = OpDef(
    "CTCLoss",
    """
    inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32 -> loss: T, \
      gradient: T
    preprocess_collapse_repeated: bool = false
    ctc_merge_repeated: bool = true
    ignore_longer_outputs_than_inputs: bool = false
    T: {float, double} = float
    """,
    shape: { context in
      try require(context.shapes[0].rank ?? 3 == 3, "inputs is not a 3-Tensor")
      let inputs = try context.shape(0, rank: 3)
      try require(context.shapes[1].rank ?? 2 == 2, "labels_indices is not a matrix")
      try require(context.shapes[2].rank ?? 1 == 1, "labels_values is not a vector")
      try require(context.shapes[3].rank ?? 1 == 1, "sequence_length is not a vector")
      return [.of(inputs[1]), inputs]
    },
    kernel: .dynamic { context in
      let isDouble = try context.type("T") == .float64
      let collapse = try context.bool("preprocess_collapse_repeated")
      let merge = try context.bool("ctc_merge_repeated")
      let ignore = try context.bool("ignore_longer_outputs_than_inputs")
      return { run in
        let inputs = run.inputs[0]
        let lengths = try sequenceLengths(run.inputs[3], inputs, TFError.invalidArgument)
        let (time, batch, classes) = (inputs.dims[0], inputs.dims[1], inputs.dims[2])
        for (row, length) in lengths.enumerated() where length < 0 {
          throw TFError.invalidArgument("seq_len(\(row)) < 0")
        }
        let sequences = try labelSequences(run.inputs[1], run.inputs[2], batch)
        try require(batch != 0, "batch_size must not be 0")
        try require(classes != 0, "num_classes must be over 0")
        let losses = try Tensor.zeros(inputs.dtype, [batch])
        let gradient = try Tensor.zeros(inputs.dtype, inputs.dims)
        let size = inputs.dtype.byteSize
        for row in 0..<batch {
          try Cancellation.checkCurrent()
          let labels = try states(sequences[row], row, classes, collapse: collapse)
          let steps = lengths[row]
          if steps < labels.count {
            if ignore { continue }
            throw TFError.invalidArgument(
              """
              Not enough time for target transition sequence (required: \(labels.count), \
              available: \(steps)). You can turn this error into a warning by using the flag \
              ignore_longer_outputs_than_inputs
              """
            )
          }
          if steps == 0 { continue }
          let states = 2 * labels.count + 1
          let work = try Buffer(byteCount: (steps * (classes + 2 * states) + classes) * 8)
          let offset = row * classes * size
          jk_ctc_loss(
            isDouble, inputs.pointer + offset, steps, classes, batch * classes, labels,
            labels.count, merge, losses.pointer + row * size, gradient.pointer + offset,
            work.pointer.assumingMemoryBound(to: Double.self))
          withExtendedLifetime(work) {}
        }
        withExtendedLifetime((inputs, losses, gradient, time)) {}
        return [losses, gradient]
      }
    },
    gradient: .rule(needs: .outputs) { context in
      // The loss's gradient per sequence, over all steps and classes.
      let column = try ShapeOps.family.reshape([context.gradient(), [1, -1, 1].asTensor()])
      return [try column * context.outputs[1], nil, nil, nil]
    })

  package let greedy: OpDef = OpDef(
    "CTCGreedyDecoder",
    """
    inputs: T, sequence_length: int32 -> decoded_indices: int64, decoded_values: int64, \
      decoded_shape: int64, log_probability: T
    merge_repeated: bool = false
    blank_index: int = -1
    T: {float, double} = float
    """,
    shape: { context in
      let inputs = try context.shape(0, rank: 3)
      try require(context.shapes[1].rank ?? 1 == 1, "sequence_length is not a vector")
      return [[nil, 2], [nil], [2], .of(inputs[1], 1)]
    },
    kernel: .dynamic { context in
      let merge = try context.bool("merge_repeated")
      let blankIndex = try context.int("blank_index")
      return { run in
        let inputs = run.inputs[0]
        let lengths = try sequenceLengths(run.inputs[1], inputs, TFError.failedPrecondition)
        let (batch, classes) = (inputs.dims[1], inputs.dims[2])
        guard blankIndex >= -classes, blankIndex < classes else {
          throw TFError.invalidArgument(
            """
            blank_index expected to be between \(-classes) and \(classes - 1) but was \(blankIndex)
            """
          )
        }
        let blank = blankIndex < 0 ? blankIndex + classes : blankIndex
        var paths: [[Int]] = []
        var probabilities: [Double] = []
        var pace = Pace()
        for row in 0..<batch {
          var path: [Int] = []
          var previous = -1
          var total = 0.0
          for step in 0..<max(lengths[row], 0) {
            try pace.step(classes)
            let logits = Logits(inputs, step, row)
            var best = 0
            for label in 1..<max(classes, 1) where logits[label] > logits[best] { best = label }
            total -= logits[best]
            if best != blank, !(merge && best == previous) { path.append(best) }
            previous = best
          }
          paths.append(path)
          probabilities.append(total)
        }
        let decoded = try sparse(paths)
        return decoded + [try floats(probabilities, inputs.dtype, [batch, 1])]
      }
    }, gradient: .none("decoding is not differentiable"))

  package let beamSearch: OpDef = OpDef(
    "CTCBeamSearchDecoder",
    """
    inputs: T, sequence_length: int32 -> decoded_indices: top_paths * int64, \
      decoded_values: top_paths * int64, decoded_shape: top_paths * int64, log_probability: T
    beam_width: int >= 1
    top_paths: int >= 1
    merge_repeated: bool = true
    T: {float, double} = float
    """,
    shape: { context in
      let inputs = try context.shape(0, rank: 3)
      try require(context.shapes[1].rank ?? 1 == 1, "sequence_length is not a vector")
      let count = try context.int("top_paths")
      return [PartialShape](repeating: [nil, 2], count: count)
        + [PartialShape](repeating: [nil], count: count)
        + [PartialShape](repeating: [2], count: count) + [.of(inputs[1], Dimension(count))]
    },
    kernel: .dynamic { context in
      let merge = try context.bool("merge_repeated")
      let width = try context.int("beam_width")
      let count = try context.int("top_paths")
      return { run in
        let inputs = run.inputs[0]
        let lengths = try sequenceLengths(run.inputs[1], inputs, TFError.failedPrecondition)
        let (batch, classes) = (inputs.dims[1], inputs.dims[2])
        try require(count <= width, "requested more paths than the beam width.")
        try require(classes > 0, "num_classes must be over 0")
        var paths = [[[Int]]](repeating: [], count: count)
        var probabilities: [Double] = []
        for row in 0..<batch {
          var search = BeamSearch(width: width, classes: classes)
          for step in 0..<max(lengths[row], 0) { try search.step(Logits(inputs, step, row)) }
          let found = search.paths(merge: merge)
          try require(found.count >= count, "Less leaves in the beam search than requested.")
          for index in 0..<count {
            paths[index].append(found[index].labels)
            probabilities.append(found[index].probability)
          }
        }
        let decoded = try paths.map(sparse)
        return decoded.map { $0[0] } + decoded.map { $0[1] } + decoded.map { $0[2] }
          + [try floats(probabilities, inputs.dtype, [batch, count])]
      }
    }, gradient: .none("decoding is not differentiable"))

  /// The lengths of the sequences, checked against the shape of `inputs`: time, batch, classes.
  private static func sequenceLengths(
    _ lengths: Tensor, _ inputs: Tensor, _ error: (String) -> TFError
  ) throws -> [Int] {
    try require(inputs.dims.rank == 3, "inputs is not a 3-Tensor")
    try require(inputs.dims.elementCount > 0, "inputs must not be empty")
    try require(lengths.dims.rank == 1, "sequence_length is not a vector")
    let (time, batch) = (inputs.dims[0], inputs.dims[1])
    let values = try lengths.integers()
    guard values.count == batch else {
      throw error(
        """
        len(sequence_length) != batch_size.  len(sequence_length):  \(values.count) batch_size: \
        \(batch)
        """
      )
    }
    for (row, length) in values.enumerated() where length > time {
      throw error("sequence_length(\(row)) <= \(time)")
    }
    return values
  }

  /// The labels of each sequence, from the parts of a sparse tensor.
  private static func labelSequences(_ indices: Tensor, _ values: Tensor, _ batch: Int) throws
    -> [[Int32]]
  {
    try require(
      indices.dims.rank == 2 && values.dims.rank == 1, "labels_indices is not a matrix")
    try require(
      indices.dims[0] == values.dims[0],
      """
      labels_indices and labels_values must contain the same number of rows, but saw shapes: \
      \(indices.dims) vs. \(values.dims)
      """
    )
    try require(
      indices.dims[0] == 0 || indices.dims[1] == 2, "labels_indices must have two columns")
    var sequences = [[Int32]](repeating: [], count: batch)
    let (places, labels) = (indices.elements(Int.self), values.elements(Int32.self))
    let longest = (0..<labels.count).map { places[2 * $0 + 1] }.max() ?? -1
    func invalid(_ error: TFError) -> TFError {
      .invalidArgument("label SparseTensor is not valid: \(error.message)")
    }
    var previous = (-1, -1)
    for index in 0..<labels.count {
      let place = (places[2 * index], places[2 * index + 1])
      guard place.0 >= 0, place.0 < batch, place.1 >= 0 else {
        throw invalid(
          Indices.cellOutside(index, [place.0, place.1], of: [batch, longest &+ 1]))
      }
      guard place > previous else {
        throw invalid(
          Indices.cellOutOfOrder(index, [place.0, place.1], isRepeated: place == previous))
      }
      previous = place
      sequences[place.0].append(labels[index])
    }
    withExtendedLifetime((indices, values)) {}
    return sequences
  }

  /// The labels that the loss is about: without those from the first blank on, without repeats if
  /// so asked.
  private static func states(
    _ given: [Int32], _ row: Int, _ classes: Int, collapse: Bool
  ) throws -> [Int32] {
    try require(!given.isEmpty, "Labels length is zero in batch \(row)")
    if given.contains(where: { $0 < 0 }) {
      let text = given.map { String($0) }.joined(separator: ",")
      throw TFError.invalidArgument(
        "All labels must be nonnegative integers, batch: \(row) labels: \(text)")
    }
    var labels: [Int32] = []
    var ended = false
    for (index, label) in given.enumerated() {
      if collapse, index > 0, given[index - 1] == label { continue }
      if Int(label) >= classes - 1 {
        ended = true
      } else if ended {
        throw TFError.invalidArgument(
          """
          Saw a non-null label (index >= num_classes - 1) following a null label, batch: \(row) \
          num_classes: \(classes) labels: \(given.map { String($0) }.joined(separator: ","))
          """
        )
      } else {
        labels.append(label)
      }
    }
    return labels
  }

  /// Paths as the indices, values and shape of a sparse matrix.
  private static func sparse(_ paths: [[Int]]) throws -> [Tensor] {
    let indices = paths.enumerated().flatMap { row, path in path.indices.flatMap { [row, $0] } }
    let values = paths.flatMap { $0 }
    return [
      try Tensor(indices, dims: [values.count, 2]), try Tensor(values, dims: [values.count]),
      try Tensor([paths.count, paths.map(\.count).max() ?? 0], dims: [2]),
    ]
  }

  private static func floats(_ values: [Double], _ dtype: DType, _ dims: Shape) throws -> Tensor {
    dtype == .float64
      ? try Tensor(values, dims: dims) : try Tensor(values.map { Float($0) }, dims: dims)
  }

  /// The logits of one step of one sequence.
  struct Logits {
    private let inputs: Tensor
    private let offset: Int
    let count: Int

    init(_ inputs: Tensor, _ step: Int, _ row: Int) {
      self.inputs = inputs
      count = inputs.dims[2]
      offset = (step * inputs.dims[1] + row) * count
    }

    subscript(label: Int) -> Double {
      inputs.dtype == .float64
        ? inputs.elements(Double.self)[offset + label]
        : Double(inputs.elements(Float.self)[offset + label])
    }
  }
}
