/// The tensors that a TF-1 loop writes one by one and reads one by one.
package final class TensorArrayObject: TensorObject {
  private struct Slot {
    var value: Tensor?
    /// The shape that a value must have, where it is known before one is written.
    var shape: Shape?
    var isWritten = false
    var isRead = false
    var isCleared = false
  }

  private struct State {
    var slots: [Slot]
    var elementShape: PartialShape
    var isResizable: Bool
    var isClosed = false
    var gradients: [String: TensorArrayObject] = [:]
  }

  package let name: String
  package let dtype: DType
  private let clearAfterRead: Bool
  private let identicalShapes: Bool
  /// Whether a second write to a place adds to the first, as in arrays of gradients.
  private let aggregates: Bool
  private let state: Lock<State>

  /// Larger arrays are refused: their size comes from data.
  private static let maximumSize = 1 << 24

  package init(
    name: String, dtype: DType, size: Int, elementShape: PartialShape, isResizable: Bool,
    clearAfterRead: Bool, identicalShapes: Bool
  ) throws {
    guard size >= 0 else { throw TFError.invalidArgument("Size should be >= 0.") }
    guard size <= Self.maximumSize else {
      throw TFError.resourceExhausted("a TensorArray of \(size) elements is too large")
    }
    self.name = name
    self.dtype = dtype
    self.clearAfterRead = clearAfterRead
    self.identicalShapes = identicalShapes
    aggregates = false
    state = Lock(
      State(
        slots: [Slot](repeating: Slot(), count: size), elementShape: elementShape,
        isResizable: isResizable))
  }

  /// The array of the gradients for `source`.
  private init(of array: TensorArrayObject, _ state: State, source: String, prepending: [Int]) {
    name = "\(array.name)@\(source)"
    dtype = array.dtype
    clearAfterRead = false
    identicalShapes = array.identicalShapes
    aggregates = true
    self.state = Lock(
      State(
        slots: state.slots.map { slot in
          Slot(shape: (slot.value?.dims ?? slot.shape).map { Shape(prepending + $0.dims) })
        },
        elementShape: PartialShape(prepending.map { $0 }).concatenated(with: state.elementShape),
        isResizable: false))
  }

  /// Whether writing beyond the end makes it larger.
  package var isResizable: Bool { state.withLock { $0.isResizable } }

  package func size() throws -> Int { try whileOpen { $0.slots.count } }

  package func close() {
    state.withLock {
      $0.isClosed = true
      $0.slots = []
    }
  }

  /// The gradient array for `source`: always the same one. From now on this array keeps its size.
  package func gradient(_ source: String, prepending: [Int]) throws -> TensorArrayObject {
    guard !source.isEmpty else {
      throw TFError.invalidArgument("the gradient's source has no name")
    }
    return try whileOpen { state in
      if let existing = state.gradients[source] { return existing }
      state.isResizable = false
      let made = TensorArrayObject(of: self, state, source: source, prepending: prepending)
      state.gradients[source] = made
      return made
    }
  }

  package func write(_ index: Int, _ value: Tensor) throws {
    try whileOpen { try write(index, value, &$0) }
  }

  /// Writes `values[k]` to place `indices[k]`.
  package func write(_ indices: [Int], _ values: [Tensor]) throws {
    try whileOpen { state in
      if let last = indices.max(), last >= state.slots.count, !state.isResizable {
        throw TFError.invalidArgument(
          "Max scatter index must be < array size (\(last) vs. \(state.slots.count))")
      }
      for (index, value) in zip(indices, values) { try write(index, value, &state) }
    }
  }

  /// Writes the pieces, as many as the array has places.
  package func split(_ pieces: [Tensor]) throws {
    try whileOpen { state in
      guard
        state.slots.count == pieces.count || (state.isResizable && state.slots.count < pieces.count)
      else {
        throw TFError.invalidArgument(
          """
          TensorArray's size is not equal to the size of lengths (\(state.slots.count) vs. \
          \(pieces.count)), and the TensorArray is not marked as dynamically resizeable
          """
        )
      }
      for (index, piece) in pieces.enumerated() { try write(index, piece, &state) }
    }
  }

  package func read(_ indices: [Int]) throws -> [Tensor] {
    try whileOpen { state in try indices.map { try read($0, &state) } }
  }

  package func readAll() throws -> [Tensor] {
    try whileOpen { state in try state.slots.indices.map { try read($0, &state) } }
  }

  private func whileOpen<R>(_ body: (inout State) throws -> R) throws -> R {
    var result: R?
    try state.withLock {
      if $0.isClosed {
        throw TFError.invalidArgument("TensorArray \(name) has already been closed.")
      }
      result = try body(&$0)
    }
    return result!
  }

  private func write(_ index: Int, _ value: Tensor, _ state: inout State) throws {
    guard index >= 0, index < state.slots.count || (state.isResizable && index < Self.maximumSize)
    else {
      throw Self.unwritable(name, index, state.slots.count)
    }
    if index >= state.slots.count {
      state.slots += [Slot](repeating: Slot(), count: index + 1 - state.slots.count)
    }
    guard value.dtype == dtype else {
      throw TFError.invalidArgument(
        """
        TensorArray dtype is \(dtype.signatureName) but Op is trying to write dtype \
        \(value.dtype.signatureName).
        """
      )
    }
    guard state.elementShape.isCompatible(with: PartialShape(value.dims)) else {
      throw TFError.invalidArgument(
        """
        \(Self.refusal(name, index))the value shape is \(value.dims) which is incompatible with \
        the TensorArray's inferred element shape: \(state.elementShape) (consider setting \
        infer_shape=False).
        """
      )
    }
    if identicalShapes, state.elementShape.known == nil {
      state.elementShape = PartialShape(value.dims)
    }
    let slot = state.slots[index]
    if slot.isRead { throw Self.wasRead(name, index) }
    if aggregates {
      if let expected = slot.value?.dims ?? slot.shape, expected != value.dims {
        throw TFError.invalidArgument(
          """
          TensorArray \(name): Could not aggregate to TensorArray index \(index) because the \
          existing shape is \(expected) but the new input shape is \(value.dims).
          """
        )
      }
      state.slots[index].value = try slot.value.map { try Stacking.sum($0, value) } ?? value
    } else {
      if slot.isWritten { throw Self.wasWritten(name, index) }
      state.slots[index].value = value
    }
    state.slots[index].isWritten = true
  }

  private func read(_ index: Int, _ state: inout State) throws -> Tensor {
    guard state.slots.indices.contains(index) else {
      throw Self.unreadable(index, state.slots.count)
    }
    let slot = state.slots[index]
    if slot.isCleared { throw Self.wasCleared(name, index) }
    let value: Tensor
    if let written = slot.value {
      value = written
    } else if let dims = slot.shape ?? state.elementShape.known {
      value = try Tensor.zeros(dtype, dims)
    } else {
      throw Self.unset(name, index, state.elementShape)
    }
    state.slots[index].isRead = true
    state.slots[index].value = clearAfterRead ? nil : value
    if clearAfterRead { state.slots[index].isCleared = true }
    return value
  }

  // MARK: - Errors

  private static func refusal(_ name: String, _ index: Int) -> String {
    "TensorArray \(name): Could not write to TensorArray index \(index) because "
  }

  static func wasRead(_ name: String, _ index: Int) -> TFError {
    .invalidArgument("\(refusal(name, index))it has already been read.")
  }

  static func wasWritten(_ name: String, _ index: Int) -> TFError {
    .invalidArgument("\(refusal(name, index))it has already been written to.")
  }

  static func unwritable(_ name: String, _ index: Int, _ count: Int) -> TFError {
    .invalidArgument(
      """
      TensorArray \(name): Tried to write to index \(index) but array is not resizeable and size \
      is: \(count)
      """
    )
  }

  static func unreadable(_ index: Int, _ count: Int) -> TFError {
    .invalidArgument("Tried to read from index \(index) but array size is: \(count)")
  }

  static func wasCleared(_ name: String, _ index: Int) -> TFError {
    .invalidArgument(
      """
      TensorArray \(name): Could not read index \(index) twice because it was cleared after a \
      previous read (perhaps try setting clear_after_read = false?).
      """
    )
  }

  static func unset(_ name: String, _ index: Int, _ shape: PartialShape) -> TFError {
    .invalidArgument(
      """
      TensorArray \(name): Could not read from TensorArray index \(index).  Furthermore, the \
      element shape is not fully defined: \(shape).  It is possible you are working with a \
      resizeable TensorArray and stop_gradients is not allowing the gradients to be written.  If \
      you set the full element_shape property on the forward TensorArray, the proper all-zeros \
      tensor will be returned instead of incurring this error.
      """
    )
  }
}

/// The values that a TF-1 loop saves for its gradient.
package final class StackObject: TensorObject {
  package let name: String
  package let dtype: DType
  private let limit: Int
  private let state = Lock<(values: [Tensor], isClosed: Bool)>(([], false))

  /// - Parameter limit: the most values; negative for any number.
  package init(name: String, dtype: DType, limit: Int) {
    self.name = name
    self.dtype = dtype
    self.limit = limit
  }

  package func push(_ value: Tensor) throws {
    try state.withLock {
      try require(!$0.isClosed, "Stack[\(name)] has already been closed.")
      try require(
        limit < 0 || $0.values.count < limit, "Stack[\(name)] overflowed its max_size (\(limit))")
      $0.values.append(value)
    }
  }

  package func pop() throws -> Tensor {
    try state.withLock {
      try require(!$0.isClosed, "Stack[\(name)] has already been closed.")
      guard let value = $0.values.popLast() else {
        throw TFError.invalidArgument("Stack[\(name)] is empty when calling Pop().")
      }
      return value
    }
  }

  package func close() {
    state.withLock { $0 = ([], true) }
  }
}
