import CoreOps

/// What a `TensorArray` is asked for.
struct TensorArrayRequest {
  let dtype: DType
  let size: Tensor?
  let dynamicSize: Bool?
  let clearAfterRead: Bool?
  let resourceName: String?
  let handle: Tensor?
  let flow: Tensor?
  let infersShape: Bool
  let elementShape: PartialShape?
  let colocates: Bool
  let name: String?

  var traits: TensorArrayTraits {
    TensorArrayTraits(
      dtype: dtype, size: size, isDynamic: dynamicSize ?? false, infersShape: infersShape,
      colocates: colocates, elementShape: elementShape ?? .unknown)
  }
}

/// What a `TensorArray` and those made of it have in common.
final class TensorArrayTraits: Sendable {
  let dtype: DType
  /// How many elements it had when it was made; nil where it was there already.
  let size: Tensor?
  let isDynamic: Bool
  /// Whether all elements have one shape.
  let infersShape: Bool
  /// Whether it is placed where the first tensor that is written is.
  let colocates: Bool
  private let shape: Lock<PartialShape>
  private let firstWritten = Lock<Tensor?>(nil)

  init(
    dtype: DType, size: Tensor?, isDynamic: Bool, infersShape: Bool, colocates: Bool,
    elementShape: PartialShape
  ) {
    self.dtype = dtype
    self.size = size
    self.isDynamic = isDynamic
    self.infersShape = infersShape
    self.colocates = colocates
    shape = Lock(elementShape)
  }

  var elementShape: PartialShape { shape.withLock { $0 } }

  /// The size where it is known and stays.
  var fixedSize: Tensor? { isDynamic ? nil : size }

  /// Notes the shape of an element.
  ///
  /// - Throws: `INVALID_ARGUMENT` where it contradicts that of others.
  func note(_ element: PartialShape) throws {
    try shape.withLock { shape in
      try require(
        element.isCompatible(with: shape),
        "Inconsistent shapes: saw \(element) but expected \(shape)")
      if infersShape { shape = try shape.merged(with: element) }
    }
  }

  func check(_ value: Tensor) throws {
    try require(
      value.dtype == dtype,
      "TensorArray dtype is \(dtype.name) but Op is trying to write dtype \(value.dtype.name)")
  }

  /// Runs `body` with nodes placed where the first tensor that was written is.
  func placed<R>(_ value: Tensor, _ body: () throws -> R) throws -> R {
    guard colocates else { return try body() }
    let first = firstWritten.withLock { first in
      if first == nil { first = value }
      return first
    }
    return try Environment.current.colocated(with: first).run(body)
  }
}

/// One of the forms in which there are tensor arrays.
protocol TensorArrayForm: Sendable {
  var traits: TensorArrayTraits { get }
  var flow: Tensor { get }
  var handle: Tensor? { get }
  func with(flow: Tensor) -> Self
  func identity() throws -> Self
  func grad(_ source: String, flow: Tensor?, name: String?) throws -> Self
  func read(_ index: Tensor, name: String?) throws -> Tensor
  func write(_ index: Tensor, _ value: Tensor, name: String?) throws -> Self
  func stack(name: String?) throws -> Tensor
  func gather(_ indices: Tensor, name: String?) throws -> Tensor
  func concat(name: String?) throws -> Tensor
  func unstack(_ value: Tensor, name: String?) throws -> Self
  func scatter(_ indices: Tensor, _ value: Tensor, name: String?) throws -> Self
  func split(_ value: Tensor, _ lengths: Tensor, name: String?) throws -> Self
  func size(name: String?) throws -> Tensor
  func close(name: String?) throws -> Operation?
}

extension TensorArrayForm {
  func identity() throws -> Self { with(flow: try BasicOps.family.identity([flow])) }

  func grad(_ source: String, flow: Tensor?, name: String?) throws -> Self {
    throw TFError.unimplemented("TensorArray.grad is supported in TF-1's form only")
  }

  /// Notes the shape of the elements that `lengths` makes of `value`, where they have one.
  func noteParts(_ value: Tensor, _ lengths: Tensor) throws {
    guard let rest = value.shape.dims?.dropFirst(), !lengths.isSymbolic,
      let length = try lengths.integers().first,
      try lengths.integers().allSatisfy({ $0 == length }), lengths.dims.rank == 1
    else { return }
    try traits.note(PartialShape([Dimension(length)] + rest))
  }
}

extension Tensor {
  /// The value of a floating point scalar where it follows without a run.
  package var knownNumber: Double? {
    guard let value = knownValue, value.dims.elementCount == 1 else { return nil }
    return try? value.doubles().first
  }

  /// The value where it follows without a run.
  private var knownValue: Tensor? {
    if !isSymbolic { return self }
    guard let graph = try? graph, let endpoint = try? graph.endpoint(of: self) else { return nil }
    return graph.withState { $0.constant(endpoint) }
  }

  /// The value of an integer scalar where it follows without a run.
  var knownInteger: Int? {
    guard dtype.isInteger else { return nil }
    return try? knownValue?.integers().first
  }
}

extension PartialShape {
  /// The shape without its first dimension, and one with `first` before it.
  var rest: PartialShape { dims.map { PartialShape(Array($0.dropFirst())) } ?? .unknown }
  func following(_ first: Int?) -> PartialShape {
    dims.map { PartialShape([first.map { Dimension($0) }] + $0) } ?? .unknown
  }
}
