/// Integers that name elements, rows and cells, and what errors say about them in TensorFlow's
/// words.
package enum Indices {
  /// The integer at `position` of an array.
  ///
  /// - Parameter size: bytes per integer; -2 for unsigned ones of 2.
  static func value(_ base: UnsafeRawPointer, _ position: Int, _ size: Int32) -> Int {
    switch size {
    case 8: base.loadUnaligned(fromByteOffset: position * 8, as: Int.self)
    case 4: Int(base.loadUnaligned(fromByteOffset: position * 4, as: Int32.self))
    case 2: Int(base.loadUnaligned(fromByteOffset: position * 2, as: Int16.self))
    default: Int(base.loadUnaligned(fromByteOffset: position * 2, as: UInt16.self))
    }
  }

  /// Where the element at `position` stands in a tensor: `[1,2]`, or nothing in a scalar.
  static func place(_ position: Int, in shape: Shape) -> String {
    if shape.rank == 0 { return "" }
    var rest = position
    var place: [Int] = []
    for dim in shape.dims.reversed() {
      place.append(dim == 0 ? 0 : rest % dim)
      rest = dim == 0 ? 0 : rest / dim
    }
    return tuple(place.reversed())
  }

  /// `[1,2]`.
  static func tuple(_ coordinates: [Int]) -> String {
    "[" + coordinates.map { String($0) }.joined(separator: ",") + "]"
  }

  /// The index at `position` of a tensor of shape `shape` is not in `0..<limit`.
  package static func outside(
    _ index: Int, at position: Int, of shape: Shape, below limit: Int, _ name: String = "indices"
  ) -> TFError {
    .invalidArgument("\(name)\(place(position, in: shape)) = \(index) is not in [0, \(limit))")
  }

  /// - Throws: `INVALID_ARGUMENT` when an index is not in `0..<limit`.
  package static func check(_ indices: [Int], of shape: Shape, below limit: Int) throws {
    for (position, index) in indices.enumerated() where index < 0 || index >= limit {
      throw outside(index, at: position, of: shape, below: limit)
    }
  }

  /// The coordinates in row `row` of `indices` are not in the tensor that they index.
  ///
  /// - Parameters:
  ///   - indices: the shape of the indices; its last dimension counts coordinates.
  ///   - indexed: what they index: `shape [3,4]`.
  package static func outside(
    _ coordinates: [Int], row: Int, of indices: Shape, _ indexed: String
  ) -> TFError {
    let text = coordinates.map { String($0) }.joined(separator: ", ")
    return .invalidArgument(
      """
      indices\(place(row, in: Shape(indices.dims.dropLast()))) = [\(text)] does not index into \
      \(indexed)
      """
    )
  }

  /// A cell of a sparse tensor lies outside of its shape.
  package static func cellOutside(_ cell: Int, _ coordinates: [Int], of dims: [Int]) -> TFError {
    .invalidArgument(
      """
      indices[\(cell)] = \(tuple(coordinates)) is out of bounds: need 0 <= index < \(Shape(dims))
      """
    )
  }

  /// A cell of a sparse tensor does not come after the one before it.
  ///
  /// - Parameter isRepeated: whether the two are at the same place.
  package static func cellOutOfOrder(_ cell: Int, _ coordinates: [Int], isRepeated: Bool) -> TFError
  {
    let place = "indices[\(cell)] = \(tuple(coordinates))"
    return .invalidArgument(
      isRepeated
        ? "\(place) is repeated"
        : """
        \(place) is out of order. Many sparse ops require sorted indices.
            Use `tf.sparse.reorder` to create a correctly ordered copy.
        """
    )
  }
}
