import CoreOps

/// Putting elements together into one with a dimension more.
enum ElementBatch {
  /// The elements stacked, component by component.
  ///
  /// - Throws: `INVALID_ARGUMENT` when their shapes differ.
  static func stacked(_ elements: [[Tensor]]) throws -> [Tensor] {
    let first = elements[0]
    for (number, element) in elements.enumerated() where element.count != first.count {
      throw TFError.invalidArgument(
        "element \(number) has \(element.count) components, the first \(first.count)")
    }
    return try first.indices.map { component in
      let dims = first[component].dims
      var parts: [Tensor] = []
      parts.reserveCapacity(elements.count)
      for (number, element) in elements.enumerated() {
        let part = element[component]
        guard part.dims == dims else {
          throw TFError.invalidArgument(
            """
            Cannot batch tensors with different shapes in component \(component). First element \
            had shape \(dims) and element \(number) had shape \(part.dims).
            """
          )
        }
        guard part.dtype == first[component].dtype else {
          throw TFError.invalidArgument(
            """
            Cannot batch tensors with different dtypes in component \(component): \
            \(first[component].dtype.name) and \(part.dtype.name)
            """
          )
        }
        parts.append(part)
      }
      return try Stacking.joined(
        parts, first[component].dtype, Shape([elements.count] + dims.dims))
    }
  }

  /// The components of batches of elements with those components.
  ///
  /// - Parameter size: nil where batches may be smaller.
  static func components(_ components: [DatasetObject.Component], size: Int?)
    -> [DatasetObject.Component]
  {
    components.map {
      .init($0.dtype, PartialShape([size.map { Dimension($0) }]).concatenated(with: $0.shape))
    }
  }

  /// The next elements, up to `count` of them.
  static func take(_ count: Int, from source: DatasetIterator, _ run: ExecutionContext) throws
    -> [[Tensor]]
  {
    var elements: [[Tensor]] = []
    elements.reserveCapacity(min(count, 1024))
    while elements.count < count, let element = try source.next(run) { elements.append(element) }
    return elements
  }
}
