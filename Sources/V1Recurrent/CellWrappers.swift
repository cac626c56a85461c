import CoreGraph
public import CoreOps
import Functions
import OpsLinalg
import V1Graph

/// Cells one on the other: the output of one is the input of the next. Follows
/// `tf.compat.v1.nn.rnn_cell.MultiRNNCell`.
public final class MultiRNNCell: RNNCell {
  public let cells: [RNNCell]
  private let stateIsTuple: Bool

  /// - Parameters:
  ///   - cells: from the input on; one at least.
  ///   - stateIsTuple: whether the state has a part for each cell, or is one tensor.
  /// - Throws: `INVALID_ARGUMENT` for no cells, and for cells with several tensors in a state that
  ///   is to be one.
  public init(_ cells: [RNNCell], stateIsTuple: Bool = true) throws {
    try require(!cells.isEmpty, "Must specify at least one cell for MultiRNNCell.")
    if !stateIsTuple, cells.contains(where: { !$0.stateSize.isSingle }) {
      throw TFError.invalidArgument(
        """
        Some cells return tuples of states, but the flag state_is_tuple is not set. State sizes \
        are: \(cells.map(\.stateSize))
        """)
    }
    self.cells = cells
    self.stateIsTuple = stateIsTuple
    try super.init()
  }
  public convenience init(cells: [RNNCell], stateIsTuple: Bool = true) throws {
    try self.init(cells, stateIsTuple: stateIsTuple)
  }

  public override var stateSize: RNNStateSize {
    stateIsTuple
      ? .tuple(cells.map(\.stateSize))
      : .size(cells.reduce(0) { $0 + $1.stateSize.sizes.reduce(0, +) })
  }
  public override var outputSize: Int { cells[cells.count - 1].outputSize }

  override func zeros(_ batchSize: Tensor, _ dtype: DType) throws -> RNNState {
    try CoreOps.inScope(nil, "MultiRNNCellZeroState") { _ in
      guard stateIsTuple else { return try super.zeros(batchSize, dtype) }
      return .tuple(try cells.map { try $0.zeros(batchSize, dtype) })
    }
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    var position = 0
    var output = inputs
    var next: [RNNState] = []
    if stateIsTuple {
      guard case .tuple(let states) = state, states.count == cells.count else {
        throw TFError.invalidArgument(
          "Expected state to be a tuple of length \(cells.count), but received: \(state)")
      }
    }
    for (index, cell) in cells.enumerated() {
      try V1Scopes.variableScope("cell_\(index)") {
        let own: RNNState
        if stateIsTuple {
          own = try state[index]
        } else {
          let size = cell.stateSize.sizes[0]
          own = .tensor(try V1Scopes.slice(state.tensor, [0, position], [-1, size]))
          position += size
        }
        let (result, after) = try cell(output, own)
        output = result
        next.append(after)
      }
    }
    if stateIsTuple { return (output, .tuple(next)) }
    return (output, .tensor(try V1Scopes.concat(next.flatMap(\.tensors), axis: 1)))
  }
}

/// A cell that does something to what another takes and gives.
open class RNNCellWrapper: RNNCell {
  public let cell: RNNCell

  public init(_ cell: RNNCell) throws {
    self.cell = cell
    try super.init()
  }

  open override var stateSize: RNNStateSize { cell.stateSize }
  open override var outputSize: Int { cell.outputSize }

  override func zeros(_ batchSize: Tensor, _ dtype: DType) throws -> RNNState {
    try CoreOps.inScope(nil, "\(type(of: self))ZeroState") { _ in
      try cell.zeros(batchSize, dtype)
    }
  }

  /// One step, without a scope of its own.
  override func step(_ inputs: Tensor, _ state: RNNState, scope: String?) throws -> (
    Tensor, RNNState
  ) {
    try wrapped(inputs, state) { try cell.step($0, $1, scope: scope) }
  }

  func wrapped(
    _ inputs: Tensor, _ state: RNNState,
    _ step: (Tensor, RNNState) throws -> (Tensor, RNNState)
  ) throws -> (Tensor, RNNState) { try step(inputs, state) }
}

/// Drops elements of what a cell takes and gives. Follows
/// `tf.compat.v1.nn.rnn_cell.DropoutWrapper`.
public final class DropoutWrapper: RNNCellWrapper {
  /// A probability that is known, or comes in a run.
  private enum Keep {
    case number(Double)
    case tensor(Tensor)

    var drops: Bool {
      if case .number(let number) = self { number < 1 } else { true }
    }
  }

  private let inputKeep: Keep
  private let outputKeep: Keep
  private let stateKeep: Keep
  private let seed: Int?
  /// What is drawn once for all steps, where it is.
  private var noise: (input: [Tensor], state: [Tensor], output: [Tensor])?

  /// - Parameters:
  ///   - inputKeepProb, outputKeepProb, stateKeepProb: the probability that an element is kept. Of
  ///     an LSTM's state, `c` is kept whole.
  ///   - variationalRecurrent: whether all steps of a run drop the same elements.
  ///   - inputSize: of the inputs, without the batch, where all steps drop the same of them.
  ///   - dtype: of inputs and states, where all steps drop the same.
  ///   - seed: with the graph's it says which elements go.
  /// - Throws: `INVALID_ARGUMENT` for a probability outside [0, 1], and where a size or dtype is
  ///   missing.
  public init(
    _ cell: RNNCell, inputKeepProb: some TensorConvertible = 1.0,
    outputKeepProb: some TensorConvertible = 1.0, stateKeepProb: some TensorConvertible = 1.0,
    variationalRecurrent: Bool = false, inputSize: Int? = nil, dtype: DType? = nil,
    seed: Int? = nil
  ) throws {
    let keeps = try CoreOps.inScope(nil, "DropoutWrapperInit") { _ in
      try [
        Self.keep(inputKeepProb, "input_keep_prob"), Self.keep(stateKeepProb, "state_keep_prob"),
        Self.keep(outputKeepProb, "output_keep_prob"),
      ]
    }
    (inputKeep, stateKeep, outputKeep) = (keeps[0], keeps[1], keeps[2])
    self.seed = seed
    try super.init(cell)
    guard variationalRecurrent else { return }
    guard let dtype else {
      throw TFError.invalidArgument("When variational_recurrent=True, dtype must be provided")
    }
    func draw(_ size: Int, _ role: String, _ index: Int) throws -> Tensor {
      let ones = try V1Scopes.concat(
        [ShapeOps.vector([1]), ShapeOps.vector([size])], axis: 0)
      return try RandomAPI.uniform(ones, dtype: dtype, seed: salted(role, index))
    }
    var input: [Tensor] = []
    if inputKeep.drops {
      guard let inputSize else {
        throw TFError.invalidArgument(
          """
          When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must \
          be provided
          """)
      }
      input = [try draw(inputSize, "input", 0)]
    }
    let state = try cell.stateSize.sizes.enumerated().map { try draw($1, "state", $0) }
    noise = (input, state, [try draw(cell.outputSize, "output", 0)])
  }

  /// A seed for one of the tensors, as TensorFlow's cells have them.
  private func salted(_ role: String, _ index: Int) -> Int? {
    seed.map { seed in
      let digest = MessageDigest.md5(Array("\(seed)\(role)_\(index)".utf8))
      let word = digest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      return word & 0x7fff_ffff
    }
  }

  private static func keep(_ probability: some TensorConvertible, _ name: String) throws -> Keep {
    let tensor = try probability.asTensor().asConstant()
    guard let value = tensor.knownNumber else { return .tensor(tensor) }
    try require(
      value >= 0 && value <= 1,
      "Parameter \(name) must be between 0 and 1. Received \(value)")
    return .number(value)
  }

  override func wrapped(
    _ inputs: Tensor, _ state: RNNState,
    _ step: (Tensor, RNNState) throws -> (Tensor, RNNState)
  ) throws -> (Tensor, RNNState) {
    let inputs =
      try inputKeep.drops ? drop([inputs], "input", noise?.input, inputKeep)[0] : inputs
    var (output, next) = try step(inputs, state)
    if stateKeep.drops {
      var tensors = try drop(
        next.tensors, "state", noise?.state, stateKeep, keeping: Self.kept(next))[...]
      next = next.replacing(&tensors)
    }
    if outputKeep.drops {
      output = try drop([output], "output", noise?.output, outputKeep)[0]
    }
    return (output, next)
  }

  /// Which tensors of a state stay whole: what an LSTM keeps.
  private static func kept(_ state: RNNState) -> [Bool] {
    switch state {
    case .tensor: [false]
    case .lstm: [true, false]
    case .tuple(let states): states.flatMap(kept)
    }
  }

  private func drop(
    _ tensors: [Tensor], _ role: String, _ noise: [Tensor]?, _ keep: Keep, keeping: [Bool]? = nil
  ) throws -> [Tensor] {
    try tensors.enumerated().map { index, tensor in
      if keeping?[index] == true { return tensor }
      guard let noise else {
        switch keep {
        case .number(let number):
          return try Dropout.apply(tensor, 1 - number, nil, salted(role, index), nil)
        case .tensor(let keep):
          return try Dropout.apply(tensor, 1.0 - keep, nil, salted(role, index), nil)
        }
      }
      let probability =
        switch keep {
        case .number(let number): try number.asTensor(preferring: tensor.dtype)
        case .tensor(let keep): keep
        }
      let mask = try V1Scopes.floor(probability + noise[index])
      return try (tensor / probability * mask).refined(to: tensor.shape)
    }
  }
}

/// Adds its inputs to what a cell gives. Follows `tf.compat.v1.nn.rnn_cell.ResidualWrapper`.
public final class ResidualWrapper: RNNCellWrapper {
  private let residualFn: (@Sendable (Tensor, Tensor) throws -> Tensor)?

  /// - Parameter residualFn: of the inputs and the outputs; nil for their sum.
  public init(
    _ cell: RNNCell, residualFn: (@Sendable (Tensor, Tensor) throws -> Tensor)? = nil
  ) throws {
    self.residualFn = residualFn
    try super.init(cell)
  }

  override func wrapped(
    _ inputs: Tensor, _ state: RNNState,
    _ step: (Tensor, RNNState) throws -> (Tensor, RNNState)
  ) throws -> (Tensor, RNNState) {
    let (output, next) = try step(inputs, state)
    if let residualFn { return (try residualFn(inputs, output), next) }
    try require(
      inputs.shape.isCompatible(with: output.shape),
      "Shapes \(inputs.shape) and \(output.shape) are incompatible")
    return (try inputs + output, next)
  }
}

/// Has a cell run on a device. Follows `tf.compat.v1.nn.rnn_cell.DeviceWrapper`.
public final class DeviceWrapper: RNNCellWrapper {
  private let device: String

  public init(_ cell: RNNCell, _ device: String) throws {
    self.device = device
    try super.init(cell)
  }
  public convenience init(_ cell: RNNCell, device: String) throws { try self.init(cell, device) }

  override func zeros(_ batchSize: Tensor, _ dtype: DType) throws -> RNNState {
    try CoreOps.inScope(nil, "DeviceWrapperZeroState") { _ in
      try Environment.current.onDevice(device).run { try cell.zeros(batchSize, dtype) }
    }
  }

  override func wrapped(
    _ inputs: Tensor, _ state: RNNState,
    _ step: (Tensor, RNNState) throws -> (Tensor, RNNState)
  ) throws -> (Tensor, RNNState) {
    try Environment.current.onDevice(device).run { try step(inputs, state) }
  }
}
