public import CoreGraph
public import CoreOps
public import V1Graph

/// The state of a recurrent cell: a tensor, the two of an LSTM, or those of several cells.
public indirect enum RNNState: Sendable {
  case tensor(Tensor)
  case lstm(LSTMStateTuple)
  case tuple([RNNState])
}

/// The state of an LSTM cell. Follows `tf.compat.v1.nn.rnn_cell.LSTMStateTuple`.
public struct LSTMStateTuple: Sendable {
  /// What the cell keeps.
  public var c: Tensor
  /// What it gave.
  public var h: Tensor

  public init(_ c: Tensor, _ h: Tensor) {
    self.c = c
    self.h = h
  }
  public init(c: Tensor, h: Tensor) { self.init(c, h) }
}

/// What may stand for the state of a cell: a tensor, an `LSTMStateTuple`, an array of these.
public protocol RNNStateConvertible {
  var rnnState: RNNState { get }
}

extension RNNState: RNNStateConvertible {
  public var rnnState: RNNState { self }
}
extension Tensor: RNNStateConvertible {
  public var rnnState: RNNState { .tensor(self) }
}
extension LSTMStateTuple: RNNStateConvertible {
  public var rnnState: RNNState { .lstm(self) }
}
extension Array: RNNStateConvertible where Element: RNNStateConvertible {
  public var rnnState: RNNState { .tuple(map(\.rnnState)) }
}

extension RNNState {
  /// The state of cell `index` of several. Follows Python's `state[index]`; -1 is the last.
  public subscript(index: Int) -> RNNState {
    get throws {
      guard case .tuple(let states) = self else {
        throw TFError.invalidArgument("Expected state to be a tuple, but received: \(self)")
      }
      let position = index < 0 ? states.count + index : index
      guard states.indices.contains(position) else {
        throw TFError.outOfRange("the state has \(states.count) parts, not \(index)")
      }
      return states[position]
    }
  }

  /// The state as a tensor.
  ///
  /// - Throws: `INVALID_ARGUMENT` for one of several tensors.
  public var tensor: Tensor {
    get throws {
      guard case .tensor(let tensor) = self else {
        throw TFError.invalidArgument("Expected state to be a Tensor, but received: \(self)")
      }
      return tensor
    }
  }

  /// The two tensors of an LSTM cell.
  ///
  /// - Throws: `INVALID_ARGUMENT` for the state of another cell.
  public var lstm: LSTMStateTuple {
    get throws {
      guard case .lstm(let state) = self else {
        throw TFError.invalidArgument("Expected state to be an LSTMStateTuple, not \(self)")
      }
      return state
    }
  }
  /// What an LSTM cell keeps.
  public var c: Tensor { get throws { try lstm.c } }
  /// What an LSTM cell gave.
  public var h: Tensor { get throws { try lstm.h } }
}

extension RNNState: TensorStructure {
  public var tensors: [Tensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .lstm(let state): [state.c, state.h]
    case .tuple(let states): states.flatMap(\.tensors)
    }
  }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> RNNState {
    switch self {
    case .tensor: .tensor(tensors.removeFirst())
    case .lstm: .lstm(LSTMStateTuple(tensors.removeFirst(), tensors.removeFirst()))
    case .tuple(let states): .tuple(states.map { $0.replacing(&tensors) })
    }
  }
  public func describe(into structure: inout [Int]) {
    switch self {
    case .tensor: structure.append(-1)
    case .lstm: structure.append(-3)
    case .tuple(let states):
      structure.append(states.count)
      for state in states { state.describe(into: &structure) }
    }
  }
}

extension LSTMStateTuple: TensorStructure {
  public var tensors: [Tensor] { [c, h] }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> LSTMStateTuple {
    LSTMStateTuple(tensors.removeFirst(), tensors.removeFirst())
  }
}

/// A session fetches a state as a whole.
extension RNNState: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    for tensor in tensors { try fetches.add(tensor) }
  }
  public func result(from values: inout FetchedValues) -> RNNState {
    var fetched = tensors.map { _ in values.next() }[...]
    return replacing(&fetched)
  }
}

extension LSTMStateTuple: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    try fetches.add(c)
    try fetches.add(h)
  }
  public func result(from values: inout FetchedValues) -> LSTMStateTuple {
    LSTMStateTuple(values.next(), values.next())
  }
}

/// The sizes of the tensors of a state, without the batch.
public indirect enum RNNStateSize: Sendable, Equatable, ExpressibleByIntegerLiteral {
  case size(Int)
  case lstm(c: Int, h: Int)
  case tuple([RNNStateSize])

  public init(integerLiteral value: Int) { self = .size(value) }

  /// Whether it is that of one tensor.
  public var isSingle: Bool {
    if case .size = self { true } else { false }
  }
  var sizes: [Int] {
    switch self {
    case .size(let size): [size]
    case .lstm(let c, let h): [c, h]
    case .tuple(let parts): parts.flatMap(\.sizes)
    }
  }

  /// The state of those sizes, tensor by tensor.
  func state(_ make: (Int) throws -> Tensor) rethrows -> RNNState {
    switch self {
    case .size(let size): .tensor(try make(size))
    case .lstm(let c, let h): .lstm(LSTMStateTuple(try make(c), try make(h)))
    case .tuple(let parts): .tuple(try parts.map { try $0.state(make) })
    }
  }
}
