import CKernels

/// A list of tensors as a value: what a variant tensor of the `TensorList` ops holds. Changing it
/// makes another list.
package final class TensorList: TensorObject {
  package let dtype: DType
  package let elementShape: PartialShape
  /// The most elements it may have; negative for any number.
  package let limit: Int
  /// nil where nothing was put yet.
  package let elements: PersistentArray<Tensor?>

  package init(
    dtype: DType, elementShape: PartialShape, limit: Int = -1, elements: PersistentArray<Tensor?>
  ) {
    self.dtype = dtype
    self.elementShape = elementShape
    self.limit = limit
    self.elements = elements
  }

  package var count: Int { elements.count }

  package func with(_ elements: PersistentArray<Tensor?>) -> TensorList {
    TensorList(dtype: dtype, elementShape: elementShape, limit: limit, elements: elements)
  }

  package func appending(_ tensor: Tensor?) -> TensorList { with(elements.appending(tensor)) }
  package func setting(_ index: Int, _ tensor: Tensor?) -> TensorList {
    with(elements.setting(index, tensor))
  }

  /// Longer lists are refused: their length comes from data.
  package static let maximumCount = 1 << 24

  /// What an element takes, beside its own memory.
  private static let elementBytes = 128

  /// - Throws: `RESOURCE_EXHAUSTED` when a list of that many elements would be too long, or would
  ///   pass the memory limit.
  static func checkCount(_ count: Int) throws {
    guard count <= maximumCount else {
      throw TFError.resourceExhausted("a list of \(count) tensors is too long")
    }
    try MemoryLimit.room(for: count * elementBytes)
  }

  package func resized(_ size: Int) throws -> TensorList {
    if size > count { try Self.checkCount(size) }
    return with(size <= count ? elements.prefix(size) : elements.extended(to: size, repeating: nil))
  }
}

extension TensorList: AdditiveObject {
  package func zeros() throws -> any TensorObject {
    with(
      PersistentArray(try elements.elements.map { try $0.map { try Stacking.zeros(like: $0) } }))
  }

  package func sum(with other: any TensorObject) throws -> any TensorObject {
    guard let other = other as? TensorList else { throw Variants.otherKind }
    guard dtype == other.dtype else {
      throw TFError.invalidArgument(
        """
        Trying to add two lists of tensors of different dtypes. One is \(dtype.signatureName) and \
        the other is \(other.dtype.signatureName)
        """
      )
    }
    guard count == other.count else {
      throw TFError.invalidArgument(
        """
        Trying to add two lists of tensors with different lengths. One is \(count) and the other \
        is \(other.count)
        """
      )
    }
    let shape = try elementShape.merged(with: other.elementShape)
    let sums = try zip(elements.elements, other.elements.elements).map { p, q -> Tensor? in
      guard let p else { return q }
      guard let q else { return p }
      return try Stacking.sum(p, q)
    }
    return TensorList(dtype: dtype, elementShape: shape, elements: PersistentArray(sums))
  }
}

extension Tensor {
  package init(list: TensorList) { self.init(.variant, objects: [list], dims: Shape()) }

  /// The list that a variant scalar holds.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it holds something else.
  package func tensorList() throws -> TensorList {
    guard dtype == .variant, dims.rank == 0 else {
      throw TFError.invalidArgument("Input list must be a scalar saw: \(dims)")
    }
    guard let list = objects[0] as? TensorList else {
      throw TFError.invalidArgument(
        """
        Input handle is not a list. Saw: \
        '\(objects[0].map { "\(type(of: $0))" } ?? "<empty variant>")'
        """
      )
    }
    return list
  }

  /// A shape as the `TensorList` ops take it: sizes, -1 for those not known; the scalar -1 when
  /// nothing is.
  package func listShape() throws -> PartialShape {
    let values = try integers()
    if dims.rank == 0 {
      guard values[0] == -1 else {
        throw TFError.invalidArgument(
          "The only valid scalar shape tensor is the fully unknown shape specified as -1.")
      }
      return .unknown
    }
    guard dims.rank == 1 else {
      throw TFError.invalidArgument("Shape must be at most rank 1 but is rank \(dims.rank)")
    }
    for value in values where value < -1 {
      throw TFError.invalidArgument("Dimension \(value) must be >= -1")
    }
    return PartialShape(values.map { $0 < 0 ? nil : $0 })
  }
}

extension PartialShape {
  /// The shape as the `TensorList` ops take it.
  package func listShapeTensor(_ dtype: DType = .int32) throws -> Tensor {
    guard let dims else { return try (-1).asTensor(preferring: dtype) }
    return try dims.map { $0?.value ?? -1 }.asTensor(preferring: dtype)
  }
}

/// The errors of list ops.
extension TensorList {
  package static func unreadable(_ index: Int, _ count: Int) -> TFError {
    .invalidArgument("Trying to access element \(index) in a list with \(count) elements.")
  }

  package static func unwritable(_ index: Int, _ count: Int) -> TFError {
    .invalidArgument("Trying to modify element \(index) in a list with \(count) elements.")
  }

  package static func unset(_ known: PartialShape) -> TFError {
    .invalidArgument(
      """
      Trying to read an uninitialized tensor but element_shape is not fully defined: \(known) and \
      no list element is set.
      """
    )
  }

  package static func unstackable(_ known: PartialShape, isEmpty: Bool, gathers: Bool) -> TFError {
    let what =
      isEmpty
      ? gathers
        ? "Tried to gather 0-elements from a list with non-fully-defined shape"
        : "Tried to stack elements of an empty list with non-fully-defined element_shape"
      : gathers
        ? "Tried to gather uninitialized tensors from a list with non-fully-defined element_shape"
        : """
        Tried to stack list which only contains uninitialized tensors and has a \
        non-fully-defined element_shape
        """
    return .invalidArgument("\(what): \(known)")
  }
}
