import CoreOps

/// The coordinates of a sparse tensor's elements, and its shape.
struct SparseCells: Sendable {
  let rank: Int
  package let count: Int
  let dims: [Int]
  /// The coordinates, element after element.
  let at: [Int]

  init(rank: Int, count: Int, dims: [Int], at: [Int]) {
    self.rank = rank
    self.count = count
    self.dims = dims
    self.at = at
  }

  /// - Throws: `INVALID_ARGUMENT` when ranks and sizes do not fit each other.
  init(_ indices: Tensor, _ values: Tensor?, _ shape: Tensor, _ name: String = "Input") throws {
    try Self.check(indices.dims, values?.dims, shape.dims, name)
    rank = indices.dims[1]
    count = indices.dims[0]
    dims = try shape.integers()
    at = try indices.integers()
  }

  package static func check(
    _ indices: Shape, _ values: Shape?, _ shape: Shape, _ name: String = "Input"
  )
    throws
  {
    try require(
      indices.rank == 2, "\(name) indices should be a matrix but received shape \(indices)")
    if let values {
      try require(
        values.rank == 1, "\(name) values should be a vector but received shape \(values)")
    }
    try require(shape.rank == 1, "\(name) shape should be a vector but received shape \(shape)")
    if let values {
      try require(
        indices[0] == values[0],
        "Number of elements in indices (\(indices[0])) and values (\(values[0])) do not match")
    }
    try require(
      indices[1] == shape[0], "Index rank (\(indices[1])) and shape rank (\(shape[0])) do not match"
    )
  }

  /// What a shape rule can say about the three tensors of a sparse one that start at input `first`:
  /// its rank, where known.
  ///
  /// - Throws: `INVALID_ARGUMENT` when known ranks and sizes do not fit each other.
  @discardableResult
  static func rank(_ context: ShapeContext, at first: Int = 0, name: String = "Input") throws
    -> Dimension?
  {
    let indices = try context.shape(first, rank: 2, "\(name) indices")
    let values = try context.shape(first + 1, rank: 1, "\(name) values")
    let shape = try context.shape(first + 2, rank: 1, "\(name) shape")
    if let a = indices[0], let b = values[0] {
      try require(a == b, "Number of elements in indices (\(a)) and values (\(b)) do not match")
    }
    if let a = indices[1], let b = shape[0] {
      try require(a == b, "Index rank (\(a)) and shape rank (\(b)) do not match")
    }
    return indices[1] ?? shape[0]
  }

  /// - Throws: `INVALID_ARGUMENT` when the shape has negative dimensions or too many elements.
  func requireShape() throws {
    for dim in dims {
      try require(dim >= 0, "Expected shape dimensions to be non-negative, got \(dim)")
    }
    _ = try SparseRows.product(dims)
  }

  subscript(element: Int, axis: Int) -> Int { at[element &* rank &+ axis] }

  /// The coordinates of an element.
  func coordinates(_ element: Int) -> [Int] { (0..<rank).map { self[element, $0] } }

  /// - Throws: `INVALID_ARGUMENT` when an element is outside of the shape.
  func requireInside() throws {
    for element in 0..<count {
      for axis in 0..<rank where self[element, axis] < 0 || self[element, axis] >= dims[axis] {
        throw Indices.cellOutside(element, coordinates(element), of: dims)
      }
    }
  }

  /// - Throws: `INVALID_ARGUMENT` when elements are outside of the shape, not in order or at the
  ///   same place.
  func requireOrdered() throws {
    try requireInside()
    let axes = Array(0..<rank)
    for element in 0..<Swift.max(count - 1, 0) {
      let order = compare(element, self, element + 1, axes)
      if order >= 0 {
        throw Indices.cellOutOfOrder(
          element + 1, coordinates(element + 1), isRepeated: order == 0)
      }
    }
  }

  /// -1, 0 or 1: how an element's coordinates along `axes` compare with those of an element of
  /// `other`.
  func compare(_ element: Int, _ other: SparseCells, _ its: Int, _ axes: [Int]) -> Int {
    for axis in axes {
      let (a, b) = (self[element, axis], other[its, axis])
      if a != b { return a < b ? -1 : 1 }
    }
    return 0
  }

  /// The elements in the order of their coordinates along `axes`; equal ones stay in their order.
  func order(_ axes: [Int]) -> [Int] {
    var elements = Array(0..<count)
    let isOrdered = zip(elements, elements.dropFirst()).allSatisfy {
      compare($0, self, $1, axes) <= 0
    }
    if isOrdered { return elements }
    elements.sort { a, b in
      let order = compare(a, self, b, axes)
      return order == 0 ? a < b : order < 0
    }
    return elements
  }

  /// For each element the number of its group, where a group has one set of coordinates along
  /// `axes`, and for each group an element of it. Groups are in the order of their coordinates.
  func groups(_ axes: [Int]) -> (ids: [Int], firsts: [Int]) {
    var ids = [Int](repeating: 0, count: count)
    var firsts: [Int] = []
    for element in order(axes) {
      if let last = firsts.last, compare(last, self, element, axes) == 0 {
        ids[element] = firsts.count - 1
      } else {
        ids[element] = firsts.count
        firsts.append(element)
      }
    }
    return (ids, firsts)
  }

  /// The coordinates of some elements as a matrix.
  func indices(_ elements: [Int]) throws -> Tensor {
    let result = try Tensor.uninitialized(.int64, [elements.count, rank])
    let out = result.elements(Int.self)
    for (row, element) in elements.enumerated() {
      for axis in 0..<rank { out[row &* rank &+ axis] = self[element, axis] }
    }
    return result
  }

  /// The elements of both that are ordered by coordinates, each place once if both have it.
  ///
  /// - Returns: for each place the element of the first and of the second, -1 where there is none.
  func merged(with other: SparseCells) -> (first: [Int], second: [Int]) {
    var (first, second): ([Int], [Int]) = ([], [])
    let axes = Array(0..<rank)
    var (i, j) = (0, 0)
    while i < count || j < other.count {
      let order = i == count ? 1 : j == other.count ? -1 : compare(i, other, j, axes)
      first.append(order <= 0 ? i : -1)
      second.append(order >= 0 ? j : -1)
      if order <= 0 { i += 1 }
      if order >= 0 { j += 1 }
    }
    return (first, second)
  }

  /// The coordinates of merged elements as a matrix.
  func indices(_ merged: (first: [Int], second: [Int]), _ other: SparseCells) throws -> Tensor {
    let result = try Tensor.uninitialized(.int64, [merged.first.count, rank])
    let out = result.elements(Int.self)
    for (row, element) in merged.first.enumerated() {
      for axis in 0..<rank {
        out[row &* rank &+ axis] =
          element >= 0 ? self[element, axis] : other[merged.second[row], axis]
      }
    }
    return result
  }
}

/// Rows of plain tensors by position, for kernels that only move elements.
enum SparseRows {
  /// Rows `from` of `values`; zeros where a position is negative.
  static func take(_ from: [Int], of values: Tensor) throws -> Tensor {
    var dims = values.dims
    dims[0] = from.count
    let result = try Tensor.uninitialized(values.dtype, dims)
    let size = dims.dims.dropFirst().reduce(values.dtype.byteSize, *)
    if size == 0 || from.isEmpty { return result }
    let (source, target) = (values.pointer, result.pointer)
    for (row, position) in from.enumerated() {
      if position < 0 {
        (target + row &* size).initializeMemory(as: UInt8.self, repeating: 0, count: size)
      } else {
        (target + row &* size).copyMemory(from: source + position &* size, byteCount: size)
      }
    }
    return result
  }

  /// A vector of int64.
  static func vector(_ values: [Int]) throws -> Tensor { try Tensor(values, dims: [values.count]) }

  /// An int32 or int64 vector.
  static func vector(_ values: [Int], _ dtype: DType) throws -> Tensor {
    try Tensor.wrapping(values, dtype, [values.count])
  }

  /// The product of dimensions.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it does not fit 64 bits.
  static func product(_ dims: [Int]) throws -> Int {
    var result = 1
    for dim in dims {
      let (product, overflow) = result.multipliedReportingOverflow(by: dim)
      try require(!overflow, "Shape \(Shape(dims)) has too many elements")
      result = product
    }
    return result
  }
}

/// Runs the kernel of another op on values: for kernels that are made of others.
func runKernel(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs = Attrs()) throws -> [Tensor] {
  try PreparedKernel(op: op, node: "", attrs: attrs, inputTypes: inputs.map(\.dtype))
    .run(inputs, .plain)
}
