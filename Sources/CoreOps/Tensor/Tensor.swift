import CKernels

/// An immutable multi-dimensional array with a run-time dtype, as `tf.Tensor`.
///
/// A tensor either has a value, in dense row-major order, or is symbolic: the output of a node in a
/// graph.
public struct Tensor: Sendable {
  /// Where the elements are.
  package enum Payload: Sendable {
    case buffer(Buffer)
    case strings(StringBuffer)
    case objects(ObjectBuffer)
    case symbolic(any SymbolicTensor)
  }

  public let dtype: DType
  /// The shape of the value; of no meaning when the tensor is symbolic.
  package let dims: Shape
  package let payload: Payload
  /// Which value this is, whatever memory it shares.
  private let number: UInt64

  package init(dtype: DType, dims: Shape, payload: Payload) {
    self.dtype = dtype
    self.dims = dims
    self.payload = payload
    number = jk_new_identity()
  }

  package init(dtype: DType, dims: Shape, buffer: Buffer) {
    self.init(dtype: dtype, dims: dims, payload: .buffer(buffer))
  }

  package init(symbolic: any SymbolicTensor, dtype: DType) {
    self.init(dtype: dtype, dims: Shape(), payload: .symbolic(symbolic))
  }

  /// The shape: fully known when the tensor has a value, what inference found out when it is
  /// symbolic.
  public var shape: PartialShape {
    if case .symbolic(let reference) = payload { return reference.shape }
    return PartialShape(dims)
  }

  /// The number of dimensions, when known.
  package var rank: Int? {
    if case .symbolic(let reference) = payload {
      return reference.knownShape?.rank ?? reference.shape.rank
    }
    return dims.rank
  }

  /// The shape, when all of it is known.
  package var knownShape: Shape? {
    if case .symbolic(let reference) = payload { return reference.knownShape }
    return dims
  }

  public var isSymbolic: Bool {
    if case .symbolic = payload { return true }
    return false
  }

  /// The number of elements, when known.
  public var elementCount: Int? { isSymbolic ? shape.elementCount : dims.elementCount }
}

/// Which tensor something is. A tensor that has a value is one of its own wherever it is handed on;
/// symbolic ones are the same where they are the same output of the same node.
package struct TensorIdentity: Sendable, Hashable {
  /// The graph of a symbolic tensor; 0 for a value.
  package let graph: UInt
  package let number: UInt64

  package init(graph: UInt, number: UInt64) {
    self.graph = graph
    self.number = number
  }

  @inlinable
  package func hash(into hasher: inout Hasher) { hasher.combine(UInt64(graph) ^ number) }
}

extension Tensor {
  package var identity: TensorIdentity {
    if case .symbolic(let reference) = payload { return reference.identity }
    return TensorIdentity(graph: 0, number: number)
  }

  private func isSame(as other: Tensor) -> Bool {
    isSymbolic || other.isSymbolic ? identity == other.identity : number == other.number
  }
}

/// The output of a node in a graph under construction.
package protocol SymbolicTensor: AnyObject, Sendable {
  /// As TensorFlow names it: `node:0`.
  var name: String { get }
  var identity: TensorIdentity { get }
  var shape: PartialShape { get }
  /// The shape where all of it is known.
  var knownShape: Shape? { get }
  /// Says more of the shape.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it contradicts what is known.
  func refine(_ shape: PartialShape) throws
}

extension SymbolicTensor {
  package var knownShape: Shape? { shape.known }
}

extension Tensor {
  /// The same, of which more is known than inference finds. Follows `tf.Tensor.set_shape`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when `shape` contradicts what is known.
  package func refined(to shape: PartialShape) throws -> Tensor {
    if case .symbolic(let reference) = payload { try reference.refine(shape) }
    return self
  }

  /// An uninitialised tensor of a plain dtype.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a negative or overflowing shape; `RESOURCE_EXHAUSTED`.
  package static func uninitialized(_ dtype: DType, _ dims: Shape) throws -> Tensor {
    guard let count = dims.checkedElementCount else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    precondition(dtype.isNumeric)
    return Tensor(dtype: dtype, dims: dims, buffer: try Buffer(byteCount: count &* dtype.byteSize))
  }

  /// A tensor of zeros: of empty strings, of empty variants.
  package static func zeros(_ dtype: DType, _ dims: Shape) throws -> Tensor {
    if dtype.isNumeric {
      let tensor = try uninitialized(dtype, dims)
      jk_clear(tensor.pointer, tensor.bytes.count)
      try Cancellation.checkKernel()
      return tensor
    }
    guard let count = dims.checkedElementCount, count < 1 << 32 else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    return dtype == .string
      ? try Tensor(strings: StringBuffer(emptyElements: count), dims: dims)
      : Tensor(dtype, objects: [(any TensorObject)?](repeating: nil, count: count), dims: dims)
  }

  /// A tensor of `values` in row-major order.
  package init<S: TensorScalar>(_ values: [S], dims: Shape) throws {
    precondition(values.count == dims.elementCount)
    let tensor = try Tensor.uninitialized(S.dtype, dims)
    values.withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
    self = tensor
  }

  package init(_ dtype: DType, objects: [(any TensorObject)?], dims: Shape) {
    precondition(objects.count == dims.elementCount)
    self.init(dtype: dtype, dims: dims, payload: .objects(ObjectBuffer(objects)))
  }

  /// A scalar.
  package init<S: TensorScalar>(scalar value: S) throws { try self.init([value], dims: Shape()) }

  /// The bytes of a plain tensor. Only its maker writes to them, before anyone else sees the
  /// tensor.
  package var bytes: UnsafeMutableRawBufferPointer {
    guard case .buffer(let buffer) = payload else {
      preconditionFailure("a \(dtype) tensor has no bytes")
    }
    return UnsafeMutableRawBufferPointer(
      start: buffer.pointer, count: dims.elementCount &* dtype.byteSize)
  }

  /// The first byte of a plain tensor.
  package var pointer: UnsafeMutableRawPointer {
    guard case .buffer(let buffer) = payload else {
      preconditionFailure("a \(dtype) tensor has no bytes")
    }
    return buffer.pointer
  }

  /// The elements of a plain tensor, which the caller knows to be of type `S`.
  package func elements<S: TensorScalar>(_: S.Type = S.self) -> UnsafeMutableBufferPointer<S> {
    precondition(S.dtype.byteSize == dtype.byteSize)
    return UnsafeMutableBufferPointer(
      start: pointer.assumingMemoryBound(to: S.self), count: dims.elementCount)
  }

  /// The elements of a resource or variant tensor.
  package var objects: [(any TensorObject)?] {
    guard case .objects(let buffer) = payload else { preconditionFailure("not an object tensor") }
    return buffer.values
  }

  /// The same elements under another shape of as many.
  package func reshaped(_ dims: Shape) -> Tensor {
    Tensor(dtype: dtype, dims: dims, payload: payload)
  }

  /// The same bytes under another dtype of the same size.
  package func bitcast(_ dtype: DType) -> Tensor {
    Tensor(dtype: dtype, dims: dims, payload: payload)
  }

  /// An int32 or int64 tensor's elements.
  package func integers() throws -> [Int] {
    switch dtype {
    case .int32: elements(Int32.self).map(Int.init)
    case .int64: Array(elements(Int.self))
    case .int8: elements(Int8.self).map(Int.init)
    case .uint8: elements(UInt8.self).map(Int.init)
    case .int16: elements(Int16.self).map(Int.init)
    case .uint16: elements(UInt16.self).map(Int.init)
    case .uint32: elements(UInt32.self).map(Int.init)
    default: throw TFError.invalidArgument("expected integers, got a \(dtype) tensor")
    }
  }

  /// The same elements as another value, so that the two are told apart.
  package func withNewIdentity() -> Tensor {
    isSymbolic ? self : Tensor(dtype: dtype, dims: dims, payload: payload)
  }

  /// `outputs` with those that are inputs handed on as tensors of their own.
  package static func distinct(_ outputs: [Tensor], from inputs: [Tensor]) -> [Tensor] {
    // Hardly any is.
    guard outputs.contains(where: { output in inputs.contains { $0.isSame(as: output) } }) else {
      return outputs
    }
    return outputs.map { output in
      inputs.contains { $0.isSame(as: output) } ? output.withNewIdentity() : output
    }
  }

  /// Whether the two are the same memory, whatever their shapes.
  package func isSameMemory(as other: Tensor) -> Bool {
    guard case .buffer(let own) = payload, case .buffer(let its) = other.payload else {
      return false
    }
    return own === its
  }

  /// A row-major slice `start..<end` along the first axis that shares this tensor's bytes.
  package func rows(_ start: Int, _ end: Int, dims: Shape) -> Tensor {
    let rowCount = self.dims[0]
    let row = rowCount == 0 ? 0 : self.dims.elementCount / rowCount
    switch payload {
    case .buffer(let buffer):
      let size = row &* dtype.byteSize
      return Tensor(
        dtype: dtype, dims: dims,
        buffer: Buffer(parent: buffer, offset: start &* size, byteCount: (end &- start) &* size))
    case .strings(let buffer):
      return Tensor(strings: buffer.current.window(start &* row..<end &* row), dims: dims)
    case .objects(let buffer):
      return Tensor(dtype, objects: Array(buffer.values[start &* row..<end &* row]), dims: dims)
    case .symbolic:
      preconditionFailure("a symbolic tensor has no rows")
    }
  }
}

extension Tensor {
  /// The elements in row-major order, as `Tensor.numpy()`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the dtype is not `S`'s, `FAILED_PRECONDITION` when the
  ///   tensor is symbolic.
  public func scalars<S: TensorScalar>(_: S.Type = S.self) throws -> [S] {
    guard !isSymbolic else { throw noValue }
    guard S.dtype == dtype else {
      throw TFError.invalidArgument("expected \(S.dtype) elements, the tensor is \(dtype)")
    }
    return Array(elements(S.self))
  }

  /// The only element.
  ///
  /// - Throws: as `scalars`, and `INVALID_ARGUMENT` when there is not exactly one element.
  public func scalar<S: TensorScalar>(_: S.Type = S.self) throws -> S {
    let values = try scalars(S.self)
    guard values.count == 1 else {
      throw TFError.invalidArgument("expected one element, the shape is \(dims)")
    }
    return values[0]
  }

  /// The elements of a string tensor, as bytes.
  public func byteStrings() throws -> [[UInt8]] {
    guard !isSymbolic else { throw noValue }
    guard dtype == .string else {
      throw TFError.invalidArgument("expected strings, the tensor is \(dtype)")
    }
    return strings.map { Array($0) }
  }

  /// Why a symbolic tensor gives no elements.
  var noValue: TFError {
    guard case .symbolic(let reference) = payload else {
      return .internal("the tensor has a value")
    }
    return .failedPrecondition(
      """
      tensor \(reference.name) is symbolic: run it in a session, or return it from the function \
      that made it; a Swift `if` cannot branch on it: use tf.where
      """
    )
  }
}
