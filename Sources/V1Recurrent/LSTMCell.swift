public import CoreOps
import OpsLinalg
import OpsNN
public import V1Graph
public import Variables

/// A long short-term memory with peepholes, projection and clipping where they are asked for.
/// Follows `tf.compat.v1.nn.rnn_cell.LSTMCell`.
public final class LSTMCell: RNNCell {
  /// What there is besides the gates.
  private struct Options {
    var usePeepholes: Bool
    var cellClip: Double?
    var initializer: (any Initializer)?
    var numProj: Int?
    var projClip: Double?
    var numUnitShards: Int?
    var numProjShards: Int?
    var forgetBias: Double
    var stateIsTuple: Bool
  }

  private struct Weights {
    var kernel: Variable
    var bias: Variable
    /// At the forget gate, the input gate and the output gate.
    var peepholes: (f: Variable, i: Variable, o: Variable)?
    var projection: Variable?
  }

  private let numUnits: Int
  private let activation: RNNActivation
  private let options: Options
  private var own: Weights?

  /// - Parameters:
  ///   - numUnits: the size of what is kept.
  ///   - usePeepholes: whether the gates look at what is kept.
  ///   - cellClip: what is kept lies between this and its negative.
  ///   - initializer: of the kernels and peepholes; nil for what the scope says.
  ///   - numProj: the size of the output, where it is projected.
  ///   - projClip: a projected output lies between this and its negative.
  ///   - numUnitShards, numProjShards: into how many parts the kernels are cut.
  ///   - forgetBias: what is added at the forget gate.
  ///   - stateIsTuple: whether the state is an `LSTMStateTuple`, or both tensors side by side.
  ///   - activation: `tf.tanh` by default.
  ///   - reuse: whether variables are those that are there.
  ///   - name: of the cell.
  ///   - dtype: of the variables; nil for that of the inputs.
  public init(
    _ numUnits: Int, usePeepholes: Bool = false, cellClip: Double? = nil,
    initializer: (any Initializer)? = nil, numProj: Int? = nil, projClip: Double? = nil,
    numUnitShards: Int? = nil, numProjShards: Int? = nil, forgetBias: Double = 1.0,
    stateIsTuple: Bool = true, activation: RNNActivation? = nil, reuse: Reuse? = nil,
    name: String? = nil, dtype: DType? = nil
  ) throws {
    self.numUnits = numUnits
    self.activation = activation ?? CellMath.tanh
    options = Options(
      usePeepholes: usePeepholes, cellClip: cellClip, initializer: initializer, numProj: numProj,
      projClip: projClip, numUnitShards: numUnitShards, numProjShards: numProjShards,
      forgetBias: forgetBias, stateIsTuple: stateIsTuple)
    try super.init(name: name, reuse: reuse, dtype: dtype)
  }
  public convenience init(
    numUnits: Int, usePeepholes: Bool = false, cellClip: Double? = nil,
    initializer: (any Initializer)? = nil, numProj: Int? = nil, projClip: Double? = nil,
    numUnitShards: Int? = nil, numProjShards: Int? = nil, forgetBias: Double = 1.0,
    stateIsTuple: Bool = true, activation: RNNActivation? = nil, reuse: Reuse? = nil,
    name: String? = nil, dtype: DType? = nil
  ) throws {
    try self.init(
      numUnits, usePeepholes: usePeepholes, cellClip: cellClip, initializer: initializer,
      numProj: numProj, projClip: projClip, numUnitShards: numUnitShards,
      numProjShards: numProjShards, forgetBias: forgetBias, stateIsTuple: stateIsTuple,
      activation: activation, reuse: reuse, name: name, dtype: dtype)
  }

  override var entersOpenScope: Bool { false }
  public override var outputSize: Int { options.numProj ?? numUnits }
  public override var stateSize: RNNStateSize {
    options.stateIsTuple ? .lstm(c: numUnits, h: outputSize) : .size(numUnits + outputSize)
  }

  public override func build(_ inputShape: PartialShape) throws {
    let rows = try depth(inputShape) + outputSize
    func parts(_ count: Int?) -> Partitioner? {
      guard let count else { return nil }
      return { @Sendable shape, _ in [min(count, shape[0])] + shape.dropFirst().map { _ in 1 } }
    }
    var weights = Weights(
      kernel: try addWeight(
        "kernel", [rows, 4 * numUnits], initializer: options.initializer,
        partitioner: parts(options.numUnitShards)),
      bias: try addWeight(
        "bias", [4 * numUnits], initializer: Zeros(dtype: dtype ?? .float32)))
    if options.usePeepholes {
      func diagonal(_ name: String) throws -> Variable {
        try addWeight(name, [numUnits], initializer: options.initializer)
      }
      weights.peepholes = (
        try diagonal("w_f_diag"), try diagonal("w_i_diag"), try diagonal("w_o_diag")
      )
    }
    if let numProj = options.numProj {
      weights.projection = try addWeight(
        "projection/kernel", [numUnits, numProj], initializer: options.initializer,
        partitioner: parts(options.numProjShards))
    }
    own = weights
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    guard let own else { throw TFError.failedPrecondition("the cell was not built") }
    let before: LSTMStateTuple
    if options.stateIsTuple {
      before = try state.lstm
    } else {
      let both = try state.tensor
      before = LSTMStateTuple(
        try V1Scopes.slice(both, [0, 0], [-1, numUnits]),
        try V1Scopes.slice(both, [0, numUnits], [-1, outputSize]))
    }
    let gates = try CellMath.layer(inputs, before.h, own.kernel, own.bias)
    let parts = try V1Scopes.split(gates, 4, axis: 1)
    let (i, j, f, o) = (parts[0], parts[1], parts[2], parts[3])
    func sigmoid(_ x: Tensor) throws -> Tensor { try V1Scopes.sigmoid(x) }
    var c: Tensor
    if let peepholes = own.peepholes {
      let kept = try sigmoid(f + options.forgetBias + peepholes.f * before.c) * before.c
      c = try kept + sigmoid(i + peepholes.i * before.c) * activation(j)
    } else {
      let kept = try sigmoid(f + options.forgetBias) * before.c
      c = try kept + sigmoid(i) * activation(j)
    }
    if let clip = options.cellClip { c = try V1Scopes.clipByValue(c, -clip, clip) }
    var m =
      if let peepholes = own.peepholes {
        try sigmoid(o + peepholes.o * c) * activation(c)
      } else {
        try sigmoid(o) * activation(c)
      }
    if let projection = own.projection {
      m = try V1Scopes.matmul(m, projection)
      if let clip = options.projClip { m = try V1Scopes.clipByValue(m, -clip, clip) }
    }
    if options.stateIsTuple { return (m, .lstm(LSTMStateTuple(c, m))) }
    return (m, .tensor(try V1Scopes.concat([c, m], axis: 1)))
  }
}
