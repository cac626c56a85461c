import CoreOps

/// A tensor array where calls run at once: it is changed in place.
final class EagerArray: TensorArrayForm {
  private struct Elements {
    var tensors: [Tensor?]
    var wasRead: Set<Int> = []
  }

  let traits: TensorArrayTraits
  let flow: Tensor
  var handle: Tensor? { nil }
  private let clearsAfterRead: Bool
  private let elements: Lock<Elements>

  /// Some hundred megabytes of places.
  private static let largest = 1 << 24

  init(_ request: TensorArrayRequest) throws {
    try require(
      request.handle == nil,
      "TensorArray handles are not supported when eager execution is enabled.")
    guard let size = try request.size?.integers()[0] else {
      throw TFError.invalidArgument(
        "Size must be declared for TensorArrays when eager execution is enabled.")
    }
    try require(size >= 0, "Size should be >= 0.")
    guard size <= Self.largest else { throw Self.tooLarge(size) }
    traits = request.traits
    flow = try Tensor(scalar: Int32(0))
    clearsAfterRead = request.clearAfterRead ?? true
    elements = Lock(Elements(tensors: Array(repeating: nil, count: size)))
  }

  private static func tooLarge(_ size: Int) -> TFError {
    .resourceExhausted("a TensorArray of \(size) elements is larger than \(largest)")
  }

  func with(flow: Tensor) -> EagerArray { self }
  func identity() -> EagerArray { self }

  func read(_ index: Tensor, name: String?) throws -> Tensor {
    let index = try index.integers()[0]
    return try elements.withLock { elements in
      guard index >= 0 else {
        throw TFError.outOfRange(
          "Reading from negative indices (index \(index)) is not allowed.")
      }
      guard index < elements.tensors.count else {
        throw TFError.outOfRange(
          "Tried to read from index \(index) but array size is: \(elements.tensors.count)")
      }
      if elements.tensors[index] == nil, elements.wasRead.contains(index) {
        throw TFError.invalidArgument(
          """
          Could not read index \(index) twice because it was cleared after a previous read \
          (perhaps try setting clear_after_read = false?)
          """)
      }
      let tensor = try element(index, &elements)
      if clearsAfterRead {
        elements.tensors[index] = nil
        elements.wasRead.insert(index)
      }
      return tensor
    }
  }

  /// An element, zeros where nothing was written.
  private func element(_ index: Int, _ elements: inout Elements) throws -> Tensor {
    if let tensor = elements.tensors[index] { return tensor }
    guard let shape = traits.elementShape.known else {
      throw TFError.invalidArgument(
        """
        Could not read index \(index): nothing was written there, and the shape of the elements, \
        \(traits.elementShape), is not known
        """)
    }
    let zeros = try Tensor.zeros(traits.dtype, shape)
    elements.tensors[index] = zeros
    return zeros
  }

  func write(_ index: Tensor, _ value: Tensor, name: String?) throws -> EagerArray {
    try put(value, at: index.integers()[0])
    return self
  }

  private func put(_ value: Tensor, at index: Int) throws {
    try elements.withLock { elements in
      guard index >= 0 else {
        throw TFError.outOfRange("Writing to negative indices (index \(index)) is not allowed.")
      }
      guard traits.isDynamic || index < elements.tensors.count else {
        throw TFError.outOfRange(
          """
          Tried to write to index \(index) but array is not resizeable and size is: \
          \(elements.tensors.count)
          """)
      }
      guard index < Self.largest else { throw Self.tooLarge(index + 1) }
      try traits.check(value)
      let known = traits.elementShape
      try require(
        value.shape.isCompatible(with: known),
        "Incompatible shape for value (\(value.shape)), expected (\(known))")
      try traits.note(value.shape)
      while elements.tensors.count <= index { elements.tensors.append(nil) }
      elements.tensors[index] = value
    }
  }

  /// All elements, zeros where nothing was written.
  private func all() throws -> [Tensor] {
    try elements.withLock { elements in
      try elements.tensors.indices.map { try element($0, &elements) }
    }
  }

  func stack(name: String?) throws -> Tensor {
    let tensors = try all()
    if tensors.isEmpty, let shape = traits.elementShape.known {
      return try Tensor.zeros(traits.dtype, Shape([0] + shape.dims))
    }
    return try MathAPI.stack(tensors)
  }

  func gather(_ indices: Tensor, name: String?) throws -> Tensor {
    let chosen = try indices.integers()
    return try MathAPI.stack(
      elements.withLock { elements in
        try chosen.map { index in
          guard elements.tensors.indices.contains(index) else {
            throw TFError.outOfRange(
              "Tried to read from index \(index) but array size is: \(elements.tensors.count)")
          }
          return try element(index, &elements)
        }
      })
  }

  func concat(name: String?) throws -> Tensor {
    let tensors = try all()
    if let index = tensors.firstIndex(where: { $0.dims.rank == 0 }) {
      throw TFError.invalidArgument(
        "Concat saw a scalar shape at index \(index) but requires at least vectors.")
    }
    return try MathAPI.concat(tensors, 0)
  }

  func unstack(_ value: Tensor, name: String?) throws -> EagerArray {
    try traits.check(value)
    let tensors = try MathAPI.unstack(value)
    try elements.withLock { elements in
      try require(
        traits.isDynamic || tensors.count <= elements.tensors.count,
        """
        Cannot unstack \(tensors.count) tensors into a TensorArray of static size \
        \(elements.tensors.count)
        """)
      elements = Elements(tensors: tensors)
    }
    return self
  }

  func scatter(_ indices: Tensor, _ value: Tensor, name: String?) throws -> EagerArray {
    for (index, part) in zip(try indices.integers(), try MathAPI.unstack(value)) {
      try put(part, at: index)
    }
    return self
  }

  func split(_ value: Tensor, _ lengths: Tensor, name: String?) throws -> EagerArray {
    try traits.check(value)
    try require(
      lengths.dims.rank == 1,
      "Expected lengths to be a vector, received shape: \(lengths.shape)")
    try require(
      value.dims.rank > 0,
      "Expected value to be at least a vector, but received shape: \(value.shape)")
    let sizes = try lengths.integers()
    let sum = sizes.reduce(Dimension(0)) { $0 + Dimension($1) }
    try require(
      sum == Dimension(value.dims[0]),
      """
      Expected sum of lengths to be equal to values.shape[0], but sum of lengths is \(sum) and \
      value's shape is: \(value.shape)
      """)
    let count = elements.withLock { $0.tensors.count }
    try require(
      traits.isDynamic || sizes.count == count,
      """
      TensorArray's size is not equal to the size of lengths (\(count) vs. \(sizes.count)), and \
      the TensorArray is not marked as dynamically resizeable.
      """)
    let parts = try MathAPI.split(value, sizes, axis: 0)
    elements.withLock { $0 = Elements(tensors: parts) }
    return self
  }

  func size(name: String?) throws -> Tensor {
    try Tensor(scalar: Int32(elements.withLock { $0.tensors.count }))
  }

  func close(name: String?) -> Operation? {
    elements.withLock { $0 = Elements(tensors: []) }
    return nil
  }
}
