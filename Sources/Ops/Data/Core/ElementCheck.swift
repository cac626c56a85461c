import CoreOps

/// Whether the elements of a dataset are what something expects.
enum ElementCheck {
  /// - Throws: `INVALID_ARGUMENT` when the dataset's dtypes or shapes are others.
  static func require(_ expected: [DatasetObject.Component], fit dataset: DatasetObject)
    throws
  {
    try require(expected, fit: dataset.components)
  }

  static func require(_ expected: [DatasetObject.Component], fit given: [DatasetObject.Component])
    throws
  {
    guard expected.count == given.count else {
      throw TFError.invalidArgument(
        """
        Number of components does not match: expected \(expected.count) types but got \
        \(given.count).
        """
      )
    }
    for (index, (a, b)) in zip(expected, given).enumerated() {
      guard a.dtype == b.dtype else {
        throw TFError.invalidArgument(
          """
          Data type mismatch at component \(index): expected \(a.dtype.signatureName) but got \
          \(b.dtype.signatureName).
          """
        )
      }
      guard a.shape.isCompatible(with: b.shape) else {
        throw TFError.invalidArgument(
          "Incompatible shapes at component \(index): expected \(a.shape) but got \(b.shape).")
      }
    }
  }

  /// - Throws: `INVALID_ARGUMENT` when the element is not what a node states.
  @inline(__always)
  static func require(_ element: [Tensor], are components: [DatasetObject.Component]) throws {
    var isRight = element.count == components.count
    for index in element.indices where isRight {
      isRight =
        element[index].dtype == components[index].dtype
        && components[index].shape.admits(element[index].dims)
    }
    if !isRight { try require(components, fit: element.map { .init($0.dtype, $0.shape) }) }
  }

  /// - Throws: `INVALID_ARGUMENT` when the components of an element have other dtypes, so that who
  ///   reads them finds what it was promised.
  static func require(_ types: [DType], of element: [Tensor]) throws {
    guard element.count == types.count,
      element.indices.allSatisfy({ element[$0].dtype == types[$0] })
    else {
      throw TFError.invalidArgument(
        """
        an element of the dataset is \(DatasetObject.list(element.map(\.dtype))), expected \
        \(DatasetObject.list(types))
        """
      )
    }
  }
}

extension PartialShape {
  /// Whether a value may have that shape.
  fileprivate func admits(_ shape: Shape) -> Bool {
    guard let dims else { return true }
    guard dims.count == shape.rank else { return false }
    for axis in dims.indices {
      if let size = dims[axis], size.value != shape[axis] { return false }
    }
    return true
  }
}
