public import CoreOps
import OpsLinalg
import OpsNN
public import V1Graph
public import Variables

/// What cells compute with.
enum CellMath: SharedNN {
  /// A layer of the inputs and the state side by side.
  static func layer(_ inputs: Tensor, _ state: Tensor, _ kernel: Variable, _ bias: Variable) throws
    -> Tensor
  {
    let joined = try V1Scopes.concat([inputs, state], axis: 1)
    return try biasAdd(V1Scopes.matmul(joined, kernel), bias)
  }
  static let tanh: RNNActivation = { try V1Scopes.tanh($0) }
}

/// `output = state = act(W [input, state] + b)`. Follows `tf.compat.v1.nn.rnn_cell.BasicRNNCell`.
public final class BasicRNNCell: RNNCell {
  private let numUnits: Int
  private let activation: RNNActivation
  private var layer: (kernel: Variable, bias: Variable)?

  /// - Parameters:
  ///   - numUnits: the size of the state.
  ///   - activation: `tf.tanh` by default.
  ///   - reuse: whether variables are those that are there.
  ///   - name: of the cell.
  ///   - dtype: of the variables; nil for that of the inputs.
  public init(
    _ numUnits: Int, activation: RNNActivation? = nil, reuse: Reuse? = nil, name: String? = nil,
    dtype: DType? = nil
  ) throws {
    self.numUnits = numUnits
    self.activation = activation ?? CellMath.tanh
    try super.init(name: name, reuse: reuse, dtype: dtype)
  }
  public convenience init(
    numUnits: Int, activation: RNNActivation? = nil, reuse: Reuse? = nil, name: String? = nil,
    dtype: DType? = nil
  ) throws {
    try self.init(numUnits, activation: activation, reuse: reuse, name: name, dtype: dtype)
  }

  public override var stateSize: RNNStateSize { .size(numUnits) }
  override var entersOpenScope: Bool { false }
  public override var outputSize: Int { numUnits }

  public override func build(_ inputShape: PartialShape) throws {
    layer = (
      try addWeight("kernel", [depth(inputShape) + numUnits, numUnits]),
      try addWeight("bias", [numUnits], initializer: Zeros(dtype: dtype ?? .float32))
    )
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    guard let layer else { throw TFError.failedPrecondition("the cell was not built") }
    let output = try activation(
      CellMath.layer(inputs, state.tensor, layer.kernel, layer.bias))
    return (output, .tensor(output))
  }
}

/// A gated recurrent unit. Follows `tf.compat.v1.nn.rnn_cell.GRUCell`.
public final class GRUCell: RNNCell {
  private let numUnits: Int
  private let activation: RNNActivation
  private let kernelInitializer: (any Initializer)?
  private let biasInitializer: (any Initializer)?
  private var layers: (gates: (Variable, Variable), candidate: (Variable, Variable))?

  /// - Parameters:
  ///   - numUnits: the size of the state.
  ///   - activation: `tf.tanh` by default.
  ///   - reuse: whether variables are those that are there.
  ///   - kernelInitializer: of the kernels; nil for what the scope says.
  ///   - biasInitializer: of the biases; nil for ones at the gates and zeros at the candidate.
  ///   - name: of the cell.
  ///   - dtype: of the variables; nil for that of the inputs.
  public init(
    _ numUnits: Int, activation: RNNActivation? = nil, reuse: Reuse? = nil,
    kernelInitializer: (any Initializer)? = nil, biasInitializer: (any Initializer)? = nil,
    name: String? = nil, dtype: DType? = nil
  ) throws {
    self.numUnits = numUnits
    self.activation = activation ?? CellMath.tanh
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
    try super.init(name: name, reuse: reuse, dtype: dtype)
  }
  public convenience init(
    numUnits: Int, activation: RNNActivation? = nil, reuse: Reuse? = nil,
    kernelInitializer: (any Initializer)? = nil, biasInitializer: (any Initializer)? = nil,
    name: String? = nil, dtype: DType? = nil
  ) throws {
    try self.init(
      numUnits, activation: activation, reuse: reuse, kernelInitializer: kernelInitializer,
      biasInitializer: biasInitializer, name: name, dtype: dtype)
  }

  public override var stateSize: RNNStateSize { .size(numUnits) }
  override var entersOpenScope: Bool { false }
  public override var outputSize: Int { numUnits }

  public override func build(_ inputShape: PartialShape) throws {
    let rows = try depth(inputShape) + numUnits
    let own = dtype ?? .float32
    let gates = (
      try addWeight("gates/kernel", [rows, 2 * numUnits], initializer: kernelInitializer),
      try addWeight(
        "gates/bias", [2 * numUnits],
        initializer: biasInitializer ?? V1Scopes.constantInitializer(1.0, dtype: own))
    )
    let candidate = (
      try addWeight("candidate/kernel", [rows, numUnits], initializer: kernelInitializer),
      try addWeight(
        "candidate/bias", [numUnits], initializer: biasInitializer ?? Zeros(dtype: own))
    )
    layers = (gates, candidate)
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    guard let layers else { throw TFError.failedPrecondition("the cell was not built") }
    let state = try state.tensor
    let gates = try V1Scopes.sigmoid(
      CellMath.layer(inputs, state, layers.gates.0, layers.gates.1))
    let parts = try V1Scopes.split(gates, 2, axis: 1)
    let (r, u) = (parts[0], parts[1])
    let candidate = try activation(
      CellMath.layer(inputs, r * state, layers.candidate.0, layers.candidate.1))
    let next = try u * state + (1 - u) * candidate
    return (next, .tensor(next))
  }
}

/// A long short-term memory without peepholes. Follows `tf.compat.v1.nn.rnn_cell.BasicLSTMCell`.
public final class BasicLSTMCell: RNNCell {
  private let numUnits: Int
  private let forgetBias: Double
  private let stateIsTuple: Bool
  private let activation: RNNActivation
  private var layer: (kernel: Variable, bias: Variable)?

  /// - Parameters:
  ///   - numUnits: the size of the output.
  ///   - forgetBias: what is added at the forget gate.
  ///   - stateIsTuple: whether the state is an `LSTMStateTuple`, or both tensors side by side.
  ///   - activation: `tf.tanh` by default.
  ///   - reuse: whether variables are those that are there.
  ///   - name: of the cell.
  ///   - dtype: of the variables; nil for that of the inputs.
  public init(
    _ numUnits: Int, forgetBias: Double = 1.0, stateIsTuple: Bool = true,
    activation: RNNActivation? = nil, reuse: Reuse? = nil, name: String? = nil,
    dtype: DType? = nil
  ) throws {
    self.numUnits = numUnits
    self.forgetBias = forgetBias
    self.stateIsTuple = stateIsTuple
    self.activation = activation ?? CellMath.tanh
    try super.init(name: name, reuse: reuse, dtype: dtype)
  }
  public convenience init(
    numUnits: Int, forgetBias: Double = 1.0, stateIsTuple: Bool = true,
    activation: RNNActivation? = nil, reuse: Reuse? = nil, name: String? = nil,
    dtype: DType? = nil
  ) throws {
    try self.init(
      numUnits, forgetBias: forgetBias, stateIsTuple: stateIsTuple, activation: activation,
      reuse: reuse, name: name, dtype: dtype)
  }

  public override var stateSize: RNNStateSize {
    stateIsTuple ? .lstm(c: numUnits, h: numUnits) : .size(2 * numUnits)
  }
  override var entersOpenScope: Bool { false }
  public override var outputSize: Int { numUnits }

  public override func build(_ inputShape: PartialShape) throws {
    layer = (
      try addWeight("kernel", [depth(inputShape) + numUnits, 4 * numUnits]),
      try addWeight("bias", [4 * numUnits], initializer: Zeros(dtype: dtype ?? .float32))
    )
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    guard let layer else { throw TFError.failedPrecondition("the cell was not built") }
    let one = try Tensor(scalar: Int32(1)).asConstant()
    let before: LSTMStateTuple
    if stateIsTuple {
      before = try state.lstm
    } else {
      let parts = try V1Scopes.split(state.tensor, 2, axis: one)
      before = LSTMStateTuple(parts[0], parts[1])
    }
    let gates = try CellMath.layer(inputs, before.h, layer.kernel, layer.bias)
    let parts = try V1Scopes.split(gates, 4, axis: one)
    let (i, j, f, o) = (parts[0], parts[1], parts[2], parts[3])
    let bias = try forgetBias.asTensor(preferring: f.dtype).asConstant()
    let kept = try V1Scopes.multiply(before.c, V1Scopes.sigmoid(V1Scopes.add(f, bias)))
    let added = try V1Scopes.multiply(V1Scopes.sigmoid(i), activation(j))
    let c = try V1Scopes.add(kept, added)
    let h = try V1Scopes.multiply(activation(c), V1Scopes.sigmoid(o))
    if stateIsTuple { return (h, .lstm(LSTMStateTuple(c, h))) }
    return (h, .tensor(try V1Scopes.concat([c, h], axis: 1)))
  }
}
