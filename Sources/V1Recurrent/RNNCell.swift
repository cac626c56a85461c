import CoreGraph
public import CoreOps
public import V1Graph
public import Variables

/// A function of elements, such as `tf.nn.relu`.
public typealias RNNActivation = @Sendable (Tensor) throws -> Tensor

/// One step of a recurrent net: a function of an input and a state to an output and the next state,
/// with variables of its own. Follows `tf.compat.v1.nn.rnn_cell.RNNCell`.
///
/// A cell of your own overrides `stateSize`, `outputSize`, `call` and, where it has variables that
/// are made once, `build`.
open class RNNCell {
  /// What variables of the cell are named after.
  public let baseName: String
  private let reuse: Reuse?
  private var scope: VariableScope?
  private var openScope: VariableScope?
  /// Whether `build` was called.
  public private(set) var built = false
  /// Of the variables; that of the inputs where nothing else is said.
  public private(set) var dtype: DType?
  public private(set) var weights: [Variable] = []

  /// - Parameters:
  ///   - name: nil for that of the class, in small letters with underscores.
  ///   - reuse: whether variables are those that are there.
  ///   - dtype: of the variables; nil for that of the inputs.
  public init(name: String? = nil, reuse: Reuse? = nil, dtype: DType? = nil) throws {
    if let dtype { try Self.check(dtype) }
    baseName = name ?? Self.snakeCase(String(describing: type(of: self) as Any.Type))
    self.reuse = reuse
    self.dtype = dtype
  }

  /// Whether the cell is called inside the scope that is open, as one entered anew; TensorFlow's
  /// simple cells are not.
  var entersOpenScope: Bool { true }

  /// The sizes of the state, without the batch.
  open var stateSize: RNNStateSize {
    preconditionFailure("an RNNCell has to override stateSize")
  }
  /// The size of an output, without the batch.
  open var outputSize: Int { preconditionFailure("an RNNCell has to override outputSize") }

  /// Makes the variables, once.
  ///
  /// - Parameter inputShape: of the inputs of the first call.
  open func build(_ inputShape: PartialShape) throws {}

  /// One step.
  ///
  /// - Parameters:
  ///   - inputs: of shape `[batch, …]`.
  ///   - state: as `stateSize` says.
  open func call(_ inputs: Tensor, _ state: RNNState) throws -> (output: Tensor, state: RNNState) {
    preconditionFailure("an RNNCell has to override call")
  }

  /// One step, with names in the cell's scope.
  ///
  /// - Parameter scope: the cell's, where it was called before in none.
  /// - Throws: `INVALID_ARGUMENT` for inputs of another dtype or rank, and what the step throws.
  public func callAsFunction(
    _ inputs: some TensorConvertible, _ state: some RNNStateConvertible, scope: String? = nil
  ) throws -> (output: Tensor, state: RNNState) {
    try step(inputs.asTensor(), state.rnnState, scope: scope)
  }

  /// What `callAsFunction` does; wrappers stand in front of it.
  func step(_ inputs: Tensor, _ state: RNNState, scope: String?) throws -> (Tensor, RNNState) {
    guard entersOpenScope, scope == nil else { return try inScope(inputs, state, scope) }
    let open = openScope ?? VariableScope.current
    openScope = open
    return try V1Scopes.variableScope(open) { try inScope(inputs, state, nil) }
  }

  private func inScope(_ inputs: Tensor, _ state: RNNState, _ name: String?) throws -> (
    Tensor, RNNState
  ) {
    let scope = try self.scope ?? makeScope(name)
    self.scope = scope
    return try V1Scopes.variableScope(
      scope, reuse: built ? true : reuse, auxiliaryNameScope: false
    ) { scope in
      try Environment.current.scoped(scope.originalNameScope).run {
        if !entersOpenScope {
          for tensor in [inputs] + state.tensors { try Self.check(tensor.dtype) }
        }
        if !built {
          if dtype == nil { dtype = inputs.dtype }
          try build(inputs.shape)
          built = true
        }
        return try call(inputs, state)
      }
    }
  }

  private func makeScope(_ name: String?) throws -> VariableScope {
    if reuse?.isOn == true, reuse != .autoReuse {
      return try V1Scopes.variableScope(name ?? baseName) { $0 }
    }
    return try V1Scopes.variableScope(name, defaultName: baseName) { $0 }
  }

  /// A variable of the cell, in its scope.
  ///
  /// - Parameter initializer: nil for what the scope says, `glorotUniform` by default.
  public func addWeight(
    _ name: String, _ shape: [Int], initializer: (any Initializer)? = nil, trainable: Bool = true,
    partitioner: Partitioner? = nil
  ) throws -> Variable {
    let variable = try V1Scopes.getVariable(
      name, shape, dtype: dtype ?? .float32, initializer: initializer, trainable: trainable,
      partitioner: partitioner)
    weights.append(variable)
    return variable
  }

  /// The size of the inputs, without the batch.
  ///
  /// - Throws: `INVALID_ARGUMENT` where it is not known.
  func depth(_ inputShape: PartialShape) throws -> Int {
    guard let last = inputShape.dims?.last ?? nil else {
      throw TFError.invalidArgument(
        "Expected inputs.shape[-1] to be known, received shape: \(inputShape)")
    }
    return last.value
  }

  /// The state of zeros for a batch. Follows `RNNCell.zero_state`.
  ///
  /// - Parameters:
  ///   - batchSize: a number, or an int32 scalar.
  ///   - dtype: of the state.
  public func zeroState(_ batchSize: some TensorConvertible, _ dtype: DType) throws -> RNNState {
    try zeros(batchSize.asTensor(), dtype)
  }

  func zeros(_ batchSize: Tensor, _ dtype: DType) throws -> RNNState {
    try CoreOps.inScope(nil, "\(type(of: self))ZeroState") { _ in
      try stateSize.state { try ZeroTensors.make(batchSize, $0, dtype) }
    }
  }

  private static func check(_ dtype: DType) throws {
    guard dtype.isFloating || dtype.isComplex else {
      throw TFError.invalidArgument(
        "RNN cell only supports floating point inputs, but received dtype: \(dtype)")
    }
  }

  /// `basic_lstm_cell` for `BasicLSTMCell`.
  static func snakeCase(_ name: String) -> String {
    var result = ""
    let letters = Array(name)
    for (index, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase && index > 0
        && (letters[index - 1].isLowercase
          || index + 1 < letters.count && letters[index + 1].isLowercase)
      if startsWord { result += "_" }
      result += letter.lowercased()
    }
    return result
  }
}

/// The functions of TF-1 style for the cells.
enum V1Scopes: V1API {}

extension VariableScope {
  /// Has variables be read once, not in each step.
  func cacheVariables() {
    let environment = Environment.current
    guard !environment.isExecutingEagerly, !environment.isInsideLoop, cachingDevice == nil else {
      return
    }
    setCachingDevice("")
  }
}

/// Zeros of a batch, with the nodes that TensorFlow's cells make.
enum ZeroTensors {
  static func make(_ batchSize: Tensor, _ size: Int, _ dtype: DType) throws -> Tensor {
    let zeros = try zeros(shape(batchSize, size), dtype)
    if !Environment.current.isExecutingEagerly {
      try askStatically(batchSize, size)
      let known = batchSize.isSymbolic ? nil : try batchSize.integers()[0]
      _ = try zeros.refined(to: [known, size])
    }
    return zeros
  }

  /// Zeros of a shape that is a node.
  static func zeros(_ shape: Tensor, _ dtype: DType) throws -> Tensor {
    try CoreOps.inScope(nil, "zeros") { scope in
      let zero = try Tensor.zeros(dtype, Shape()).asConstant()
      return try ShapeOps.family.fill([shape, zero], name: scope)
    }
  }

  /// TensorFlow's cells ask for the static shape too, and make the parts of the shape anew.
  ///
  /// - Parameter batchSize: nil where nothing is known of it.
  static func askStatically(_ batchSize: Tensor?, _ size: Int) throws {
    if Environment.current.isExecutingEagerly { return }
    if let batchSize {
      _ = try parts(batchSize, size)
    } else {
      _ = try ShapeOps.vector([size]).asConstant()
    }
  }

  /// `[batchSize, size]` as a tensor.
  static func shape(_ batchSize: Tensor, _ size: Int) throws -> Tensor {
    try V1Scopes.concat(parts(batchSize, size), axis: 0)
  }

  private static func parts(_ batchSize: Tensor, _ size: Int) throws -> [Tensor] {
    let first =
      batchSize.isSymbolic
      ? try V1Scopes.expandDims(batchSize, axis: 0)
      : try ShapeOps.vector(batchSize.integers()).asConstant()
    return [first, try ShapeOps.vector([size]).asConstant()]
  }
}
