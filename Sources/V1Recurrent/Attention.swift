public import CoreOps
import OpsLinalg
import OpsNN
import V1Graph
import Variables

/// Weights the parts of a memory by a query. Follows `tf.contrib.seq2seq.AttentionMechanism`.
public class AttentionMechanism {
  /// The memory, zero behind the ends of its sequences.
  public let values: Tensor
  /// The memory as it is compared with queries.
  public let keys: Tensor
  fileprivate let numUnits: Int
  private let lengths: Tensor?
  /// The weight of what lies behind the end of a sequence, before the softmax.
  private let maskValue: Double

  fileprivate init(
    _ numUnits: Int, _ memory: Tensor, _ lengths: Tensor?, _ maskValue: Double?
  ) throws {
    guard let depth = memory.shape.dims?.last ?? nil, memory.shape.rank == 3 else {
      throw TFError.invalidArgument(
        "memory must have shape [batch, time, depth] of known depth, but has \(memory.shape)")
    }
    self.numUnits = numUnits
    self.lengths = lengths
    self.maskValue = maskValue ?? -.infinity
    values =
      try lengths.map { lengths in
        let mask = try AttentionMath.mask(lengths, memory)
        let weights = try V1Scopes.expandDims(V1Scopes.cast(mask, memory.dtype), axis: 2)
        return try (memory * weights).refined(to: memory.shape)
      } ?? memory
    keys = try AttentionMath.dense(values, depth.value, numUnits, "memory_layer")
  }

  /// How well each part of the memory fits the query, `[batch, time]`.
  fileprivate func score(_ query: Tensor) throws -> Tensor {
    preconditionFailure("an attention mechanism has to override score")
  }

  /// The weights of the parts of the memory, `[batch, time]`.
  public func callAsFunction(_ query: Tensor) throws -> Tensor {
    let dims = values.shape.dims ?? [nil, nil, nil]
    var score = try self.score(query).refined(to: PartialShape([dims[0], dims[1]]))
    if let lengths {
      let mask = try AttentionMath.mask(lengths, values)
      let masked = try V1Scopes.onesLike(score) * maskValue.asTensor(preferring: score.dtype)
      score = try V1Scopes.where(mask, score, masked).refined(to: score.shape)
    }
    return try AttentionMath.softmax(score).refined(to: score.shape)
  }
}

enum AttentionMath: SharedNN {
  /// Which parts of the memory are in a sequence, `[batch, time]`.
  static func mask(_ lengths: Tensor, _ memory: Tensor) throws -> Tensor {
    let steps = try OpDef.registered("Range")(
      [
        Tensor(scalar: Int32(0)), V1Scopes.shape(memory)[1],
        Tensor(scalar: Int32(1)),
      ], name: "range")
    return try V1Scopes.less(
      V1Scopes.expandDims(steps, axis: 0),
      V1Scopes.expandDims(CastOps.cast(lengths, .int32), axis: 1))
  }

  /// A layer without a bias, of the last dimension.
  static func dense(_ x: Tensor, _ depth: Int, _ units: Int, _ name: String) throws -> Tensor {
    try V1Scopes.variableScope(name) {
      let kernel = try V1Scopes.getVariable("kernel", [depth, units], dtype: x.dtype)
      guard x.shape.rank == 3 else { return try V1Scopes.matmul(x, kernel) }
      let shape = try V1Scopes.shape(x)
      let flat = try V1Scopes.matmul(V1Scopes.reshape(x, [-1, depth]), kernel)
      let result = try V1Scopes.reshape(flat, V1Scopes.stack([shape[0], shape[1], units]))
      let dims = x.shape.dims ?? [nil, nil, nil]
      return try result.refined(to: PartialShape([dims[0], dims[1], Dimension(units)]))
    }
  }
}

/// Compares by a product. Follows `tf.contrib.seq2seq.LuongAttention`.
public final class LuongAttention: AttentionMechanism {
  private let scale: Variable?

  /// - Parameters:
  ///   - numUnits: the size of the queries.
  ///   - memory: `[batch, time, depth]`.
  ///   - memorySequenceLength: an int vector; nil where all is in the sequences.
  ///   - scale: whether scores are scaled by a variable.
  ///   - scoreMaskValue: the score behind the ends of sequences, minus infinity by default.
  public init(
    _ numUnits: Int, _ memory: Tensor, memorySequenceLength: (any TensorConvertible)? = nil,
    scale: Bool = false, scoreMaskValue: Double? = nil
  ) throws {
    self.scale =
      scale
      ? try V1Scopes.getVariable(
        "attention_g", [], dtype: memory.dtype,
        initializer: V1Scopes.onesInitializer(dtype: memory.dtype)) : nil
    try super.init(numUnits, memory, memorySequenceLength?.asTensor(), scoreMaskValue)
  }

  fileprivate override func score(_ query: Tensor) throws -> Tensor {
    guard query.shape.dims?.last == Dimension(numUnits) else {
      throw TFError.invalidArgument(
        """
        Incompatible or unknown inner dimensions between query and keys. Query has units: \
        \(query.shape). Keys have units: \(numUnits).
        """)
    }
    let product = try V1Scopes.matmul(
      V1Scopes.expandDims(query, axis: 1), keys, transposeB: true)
    let score = try V1Scopes.squeeze(product, axis: [1])
    return try scale.map { try $0 * score } ?? score
  }
}

/// Compares by a layer of both. Follows `tf.contrib.seq2seq.BahdanauAttention`.
public final class BahdanauAttention: AttentionMechanism {
  private let normalizes: Bool

  /// - Parameters:
  ///   - numUnits: the size of the layer.
  ///   - memory: `[batch, time, depth]`.
  ///   - memorySequenceLength: an int vector; nil where all is in the sequences.
  ///   - normalize: whether the layer's weights are normalised.
  ///   - scoreMaskValue: the score behind the ends of sequences, minus infinity by default.
  public init(
    _ numUnits: Int, _ memory: Tensor, memorySequenceLength: (any TensorConvertible)? = nil,
    normalize: Bool = false, scoreMaskValue: Double? = nil
  ) throws {
    normalizes = normalize
    try super.init(numUnits, memory, memorySequenceLength?.asTensor(), scoreMaskValue)
  }

  fileprivate override func score(_ query: Tensor) throws -> Tensor {
    guard let depth = query.shape.dims?.last ?? nil else {
      throw TFError.invalidArgument("the size of the query must be known: \(query.shape)")
    }
    let processed = try AttentionMath.dense(query, depth.value, numUnits, "query_layer")
    return try V1Scopes.variableScope(nil, defaultName: "bahdanau_attention") {
      let query = try V1Scopes.expandDims(processed, axis: 1)
      let v = try V1Scopes.getVariable("attention_v", [numUnits], dtype: query.dtype)
      guard normalizes else {
        return try V1Scopes.reduceSum(v * V1Scopes.tanh(keys + query), axis: [2])
      }
      let g = try V1Scopes.getVariable(
        "attention_g", [], dtype: query.dtype,
        initializer: V1Scopes.constantInitializer(
          (1 / Double(numUnits)).squareRoot(), dtype: query.dtype))
      let b = try V1Scopes.getVariable(
        "attention_b", [numUnits], dtype: query.dtype,
        initializer: V1Scopes.zerosInitializer(dtype: query.dtype))
      let unit = try g * v * V1Scopes.rsqrt(V1Scopes.reduceSum(V1Scopes.square(v)))
      return try V1Scopes.reduceSum(unit * V1Scopes.tanh(keys + query + b), axis: [2])
    }
  }
}

/// A cell that also sees what it attends to. Its state is that of the cell, the attention, the time
/// and the weights. Follows `tf.contrib.seq2seq.AttentionWrapper`.
public final class AttentionWrapper: RNNCell {
  private let cell: RNNCell
  private let mechanism: AttentionMechanism
  private let layerSize: Int?
  private let outputsAttention: Bool
  private let initialCellState: RNNState?

  /// - Parameters:
  ///   - attentionLayerSize: of a layer of the output and what is attended to; nil for none.
  ///   - outputAttention: whether the attention is the output, or the cell's output.
  ///   - initialCellState: of the cell, in `zeroState`.
  ///   - name: `attention_wrapper` by default.
  public init(
    _ cell: RNNCell, _ attentionMechanism: AttentionMechanism, attentionLayerSize: Int? = nil,
    outputAttention: Bool = true, initialCellState: (any RNNStateConvertible)? = nil,
    name: String? = nil
  ) throws {
    self.cell = cell
    mechanism = attentionMechanism
    layerSize = attentionLayerSize
    outputsAttention = outputAttention
    self.initialCellState = initialCellState?.rnnState
    try super.init(name: name)
  }

  private var attentionSize: Int {
    layerSize ?? (mechanism.values.shape.dims?.last ?? nil)?.value ?? 0
  }
  private var memorySize: Int { (mechanism.values.shape.dims?[1])?.value ?? 0 }

  public override var stateSize: RNNStateSize {
    .tuple([cell.stateSize, .size(attentionSize), .size(0), .size(memorySize)])
  }
  public override var outputSize: Int { outputsAttention ? attentionSize : cell.outputSize }

  override func zeros(_ batchSize: Tensor, _ dtype: DType) throws -> RNNState {
    try CoreOps.inScope(nil, "AttentionWrapperZeroState") { _ in
      let state = try initialCellState ?? cell.zeros(batchSize, dtype)
      let time = try Tensor(scalar: Int32(0)).asConstant()
      let steps = try V1Scopes.shape(mechanism.values)[1]
      let known: Int? = memorySize == 0 ? nil : memorySize
      let weights = try ZeroTensors.zeros(V1Scopes.stack([batchSize, steps]), dtype)
      return .tuple([
        state, .tensor(try ZeroTensors.make(batchSize, attentionSize, dtype)), .tensor(time),
        .tensor(
          try weights.refined(
            to: [batchSize.isSymbolic ? nil : batchSize.integers()[0], known])),
      ])
    }
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    let joined = try V1Scopes.concat([inputs, state[1].tensor], axis: -1)
    let (output, next) = try cell(joined, state[0])
    let weights = try mechanism(output)
    let product = try V1Scopes.matmul(
      V1Scopes.expandDims(weights, axis: 1), mechanism.values)
    let dims = mechanism.values.shape.dims ?? [nil, nil, nil]
    let context = try V1Scopes.squeeze(product, axis: [1]).refined(
      to: PartialShape([dims[0], dims[2]]))
    var attention = context
    if let layerSize {
      let both = try V1Scopes.concat([output, context], axis: 1)
      attention = try AttentionMath.dense(both, depth(both.shape), layerSize, "attention_layer")
    }
    let time = try state[2].tensor + 1
    return (
      outputsAttention ? attention : output,
      .tuple([next, .tensor(attention), .tensor(time), .tensor(weights)])
    )
  }
}
