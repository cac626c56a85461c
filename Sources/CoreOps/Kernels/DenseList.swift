/// A list whose elements have one shape and lie side by side in memory.
///
/// A list that owns its memory has a byte of marks for each place behind the elements; one that
/// shows the rows of a tensor has none, as every place is taken.
package struct DenseList: Sendable, Equatable {
  /// What a tensor array's places allow.
  package struct ArrayRules: Sendable, Equatable {
    package let name: String
    package let clearsAfterRead: Bool
    package let infersShape: Bool
  }

  package let dtype: DType
  package let count: Int
  /// The elements' shape, as far as it was declared.
  package let declared: PartialShape
  /// The elements' shape; nil as long as nothing was put.
  package var element: Shape?
  package var ownsMemory: Bool
  /// For a tensor array, its rules.
  package let rules: ArrayRules?

  private enum Mark {
    static let written: UInt8 = 1
    static let read: UInt8 = 2
    static let cleared: UInt8 = 4
  }

  /// The list that an op makes, if what it takes is known.
  ///
  /// - Parameters:
  ///   - kernel: an op with the role `create`.
  ///   - values: its inputs, where known.
  package static func made(by kernel: PreparedKernel, _ role: ListRole, _ values: [Tensor?]) throws
    -> DenseList?
  {
    guard let index = role.index, let size = values[index], size.dims.rank == 0 else { return nil }
    let count = try size.integers()[0]
    guard count >= 0, count <= TensorList.maximumCount else { return nil }
    if role.isArray {
      guard try !kernel.bool("dynamic_size"), try kernel.type("dtype").isNumeric else { return nil }
      let name = try kernel.string("tensor_array_name")
      return DenseList(
        dtype: try kernel.type("dtype"), count: count, declared: try kernel.shape("element_shape"),
        element: nil,
        ownsMemory: true,
        rules: ArrayRules(
          name: name.isEmpty ? kernel.node : name,
          clearsAfterRead: try kernel.bool("clear_after_read"),
          infersShape: try kernel.bool("identical_element_shapes")))
    }
    guard let shape = role.shape, let declared = try values[shape]?.listShape(),
      try kernel.type("element_dtype").isNumeric
    else { return nil }
    return DenseList(
      dtype: try kernel.type("element_dtype"), count: count, declared: declared, element: nil,
      ownsMemory: true,
      rules: nil)
  }

  /// The list of the rows of a tensor, if they fit the shape that the list is to have.
  package static func rows(of dtype: DType, _ dims: Shape, declared: PartialShape) -> DenseList? {
    guard dtype.isNumeric, dims.rank >= 1 else { return nil }
    let row = Shape(dims.dims.dropFirst())
    guard declared.isCompatible(with: PartialShape(row)), dims[0] <= TensorList.maximumCount else {
      return nil
    }
    return DenseList(
      dtype: dtype, count: dims[0], declared: declared, element: row, ownsMemory: false, rules: nil)
  }

  /// What is known of the elements' shape by an op that expects `shape`; nil when the list's
  /// elements do not fit.
  package func expecting(_ shape: PartialShape) -> PartialShape? {
    guard let known = try? shape.merged(with: declared), let element,
      known.isCompatible(with: PartialShape(element))
    else { return nil }
    return known
  }

  // MARK: - Memory

  /// All elements as one tensor.
  package var stacked: Shape? { element.map { Shape([count] + $0.dims) } }

  private var elementBytes: Int { (element?.elementCount ?? 0) * dtype.byteSize }
  private var marksOffset: Int { (count * elementBytes + 63) & ~63 }

  /// The bytes that the list takes; nil when they are too many to count, or not known yet.
  package var byteCount: Int? {
    guard let stacked, let elements = stacked.checkedElementCount, elements < 1 << 48 else {
      return nil
    }
    return ownsMemory ? marksOffset + count : elements * dtype.byteSize
  }

  // MARK: - Runs

  /// Copies the element at a place. The pointers are the list, the index and the element.
  ///
  /// - Parameter known: what is known ahead of the elements' shape.
  package func read(_ known: PartialShape, index: DType) -> Run {
    let (list, bytes, isWide) = (self, elementBytes, index == .int64)
    return { pointers in
      let place = Self.integer(pointers[1], isWide)
      guard place >= 0, place < list.count else { throw list.unreadable(place) }
      if list.ownsMemory { try list.markRead(pointers[0], place, known) }
      pointers[2].copyMemory(from: pointers[0] + place * bytes, byteCount: bytes)
    }
  }

  /// Puts an element. The pointers are the list, the index and the element.
  package func write(index: DType) -> Run {
    let (list, bytes, isWide) = (self, elementBytes, index == .int64)
    return { pointers in
      let place = Self.integer(pointers[1], isWide)
      guard place >= 0, place < list.count else { throw list.unwritable(place) }
      try list.markWritten(pointers[0], place)
      (pointers[0] + place * bytes).copyMemory(from: pointers[2], byteCount: bytes)
    }
  }

  /// `read` by rows of the element, the first of which looks at the marks.
  package func readRows(_ known: PartialShape, index: DType) -> RowForm? {
    rowForm(shared: [0, 1]) { list, rowBytes, pointers, range in
      let place = Self.integer(pointers[1], index == .int64)
      guard place >= 0, place < list.count else { throw list.unreadable(place) }
      if list.ownsMemory, range.lowerBound == 0 { try list.markRead(pointers[0], place, known) }
      let start = range.lowerBound * rowBytes
      (pointers[2] + start).copyMemory(
        from: pointers[0] + place * list.elementBytes + start, byteCount: range.count * rowBytes)
    }
  }

  /// `write` by rows of the element, the first of which looks at the marks.
  package func writeRows(index: DType) -> RowForm? {
    rowForm(shared: [0, 1]) { list, rowBytes, pointers, range in
      let place = Self.integer(pointers[1], index == .int64)
      guard place >= 0, place < list.count else { throw list.unwritable(place) }
      if range.lowerBound == 0 { try list.markWritten(pointers[0], place) }
      let start = range.lowerBound * rowBytes
      (pointers[0] + place * list.elementBytes + start).copyMemory(
        from: pointers[2] + start, byteCount: range.count * rowBytes)
    }
  }

  private func rowForm(
    shared: [Int], _ run: @escaping @Sendable (DenseList, Int, Pointers, Range<Int>) throws -> Void
  ) -> RowForm? {
    guard let rows = element?.dims.first, rows > 1 else { return nil }
    let (list, rowBytes) = (self, elementBytes / rows)
    return RowForm(count: rows, shared: shared, work: rowBytes / 16) {
      try run(list, rowBytes, $0, $1)
    }
  }

  /// Checks that all elements of the list, the only pointer, can be read. A list that shows a
  /// tensor needs no check.
  package func readAll(_ known: PartialShape) -> Run? {
    guard ownsMemory, rules != nil || known.known == nil else { return nil }
    let list = self
    return { pointers in
      guard list.rules == nil else {
        for place in 0..<list.count { try list.markRead(pointers[0], place, known) }
        return
      }
      guard list.count == 0 || !list.hasAny(pointers[0]) else { return }
      throw TensorList.unstackable(known, isEmpty: list.count == 0, gathers: false)
    }
  }

  /// Marks all places of the list, the only pointer, as empty.
  package func clear() -> Run {
    let bytes = byteCount ?? 0
    return { pointers in pointers[0].initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
  }

  /// Copies a tensor's elements into the list, all of whose places are then written. The pointers
  /// are the tensor and the list.
  package func take() -> Run {
    let (bytes, offset, count) = (count * elementBytes, marksOffset, count)
    return { pointers in
      pointers[1].copyMemory(from: pointers[0], byteCount: bytes)
      (pointers[1] + offset).initializeMemory(as: UInt8.self, repeating: Mark.written, count: count)
    }
  }

  /// Copies the first list with its marks into the second.
  package func copy() -> Run {
    let bytes = byteCount ?? 0
    return { pointers in pointers[1].copyMemory(from: pointers[0], byteCount: bytes) }
  }

  private static func integer(_ pointer: UnsafeMutableRawPointer, _ isWide: Bool) -> Int {
    isWide ? pointer.load(as: Int.self) : Int(pointer.load(as: Int32.self))
  }

  private func hasAny(_ memory: UnsafeMutableRawPointer) -> Bool {
    let marks = (memory + marksOffset).assumingMemoryBound(to: UInt8.self)
    return (0..<count).contains { marks[$0] != 0 }
  }

  private func markWritten(_ memory: UnsafeMutableRawPointer, _ place: Int) throws {
    let mark = (memory + marksOffset + place).assumingMemoryBound(to: UInt8.self)
    if let rules {
      if mark.pointee & Mark.read != 0 { throw TensorArrayObject.wasRead(rules.name, place) }
      if mark.pointee & Mark.written != 0 { throw TensorArrayObject.wasWritten(rules.name, place) }
    }
    mark.pointee = Mark.written
  }

  private func markRead(_ memory: UnsafeMutableRawPointer, _ place: Int, _ known: PartialShape)
    throws
  {
    let mark = (memory + marksOffset + place).assumingMemoryBound(to: UInt8.self)
    guard let rules else {
      if mark.pointee == 0, known.known == nil, !hasAny(memory) { throw TensorList.unset(known) }
      return
    }
    if mark.pointee & Mark.cleared != 0 { throw TensorArrayObject.wasCleared(rules.name, place) }
    if mark.pointee & Mark.written == 0, declared.known == nil,
      !(rules.infersShape && hasAny(memory))
    {
      throw TensorArrayObject.unset(rules.name, place, declared)
    }
    mark.pointee |= rules.clearsAfterRead ? Mark.read | Mark.cleared : Mark.read
  }

  private func unreadable(_ place: Int) -> TFError {
    rules == nil ? TensorList.unreadable(place, count) : TensorArrayObject.unreadable(place, count)
  }

  private func unwritable(_ place: Int) -> TFError {
    rules.map { TensorArrayObject.unwritable($0.name, place, count) }
      ?? TensorList.unwritable(place, count)
  }
}
