import CoreOps

/// The values of a table: rows of elements of any dtype, by slot.
struct TableStore: Sendable {
  let dtype: DType
  /// How many elements a value has.
  let width: Int
  /// Room for some rows of a plain dtype, which no one else sees.
  private var memory: Tensor?
  private var capacity = 0
  private var strings: [ByteString?] = []
  private var objects: [(any TensorObject)?] = []

  init(_ dtype: DType, width: Int) {
    self.dtype = dtype
    self.width = width
  }

  /// Makes room for slots below `count`.
  mutating func reserve(_ count: Int) throws {
    if count <= capacity { return }
    let larger = max(count, 2 * capacity, 8)
    if dtype == .string {
      strings += [ByteString?](repeating: nil, count: (larger - capacity) * width)
    } else if !dtype.isNumeric {
      objects += [(any TensorObject)?](repeating: nil, count: (larger - capacity) * width)
    } else {
      let room = try Tensor.zeros(dtype, [larger, width])
      if let memory { room.bytes.copyMemory(from: UnsafeRawBufferPointer(memory.bytes)) }
      memory = room
    }
    capacity = larger
  }

  /// Puts row `row` of a tensor into a slot that there is room for.
  mutating func set(_ slot: Int, _ values: Tensor, row: Int) {
    if dtype == .string {
      let source = values.strings
      for offset in 0..<width { strings[slot * width + offset] = source[row * width + offset] }
    } else if !dtype.isNumeric {
      let source = values.objects
      for offset in 0..<width { objects[slot * width + offset] = source[row * width + offset] }
    } else {
      let size = width * dtype.byteSize
      (memory!.pointer + slot * size).copyMemory(
        from: values.pointer + row * size, byteCount: size)
    }
  }

  /// Lets go of what a slot has.
  mutating func clear(_ slot: Int) {
    for offset in 0..<width {
      if dtype == .string {
        strings[slot * width + offset] = nil
      } else if !dtype.isNumeric {
        objects[slot * width + offset] = nil
      }
    }
  }

  /// Whether a slot has the elements of row `row`.
  func isEqual(_ slot: Int, _ values: Tensor, row: Int) -> Bool {
    if dtype == .string {
      return (0..<width).allSatisfy {
        strings[slot * width + $0] == values.strings[row * width + $0]
      }
    }
    guard dtype.isNumeric else { return false }
    let size = width * dtype.byteSize
    return UnsafeRawBufferPointer(start: memory!.pointer + slot * size, count: size)
      .elementsEqual(UnsafeRawBufferPointer(start: values.pointer + row * size, count: size))
  }

  /// Writes rows to a tensor, by position.
  ///
  /// - Parameter each: calls its argument with every position and the slot whose row it gets; nil
  ///   for the row of `fallback` at the position, or its only row. It may do so on several threads.
  func gather(
    _ count: Int, _ dims: Shape, fallback: Tensor?,
    _ each: (_ put: (_ position: Int, _ slot: Int?) -> Void) throws -> Void
  ) throws -> Tensor {
    let isFull = fallback.map { $0.dims.elementCount > width } ?? false
    if !dtype.isNumeric { return try gatherObjects(count, dims, fallback, isFull, each) }
    let result = try Tensor.uninitialized(dtype, dims)
    let size = width * dtype.byteSize
    let (target, source, other) = (result.pointer, memory?.pointer, fallback?.pointer)
    // The copies of one number are worth a loop of their own.
    switch size {
    case 4:
      try each { position, slot in
        let from = slot.map { source! + $0 * 4 } ?? other! + (isFull ? position * 4 : 0)
        (target + position * 4).storeBytes(of: from.load(as: UInt32.self), as: UInt32.self)
      }
    case 8:
      try each { position, slot in
        let from = slot.map { source! + $0 * 8 } ?? other! + (isFull ? position * 8 : 0)
        (target + position * 8).storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
      }
    default:
      try each { position, slot in
        let from = slot.map { source! + $0 * size } ?? other! + (isFull ? position * size : 0)
        (target + position * size).copyMemory(from: from, byteCount: size)
      }
    }
    return result
  }

  private func gatherObjects(
    _ count: Int, _ dims: Shape, _ fallback: Tensor?, _ isFull: Bool,
    _ each: (_ put: (_ position: Int, _ slot: Int?) -> Void) throws -> Void
  ) throws -> Tensor {
    var slots = [Int?](repeating: nil, count: count)
    try slots.withUnsafeMutableBufferPointer { slots in try each { slots[$0] = $1 } }
    if dtype != .string {
      var result: [(any TensorObject)?] = []
      for (position, slot) in slots.enumerated() {
        for offset in 0..<width {
          result.append(
            slot.map { objects[$0 * width + offset] }
              ?? fallback!.objects[(isFull ? position * width : 0) + offset])
        }
      }
      return Tensor(dtype, objects: result, dims: dims)
    }
    let builder = try StringBuilder(count: dims.elementCount)
    let other = fallback?.strings
    var pace = Pace()
    for (position, slot) in slots.enumerated() {
      try pace.step(16)
      for offset in 0..<width {
        if let slot {
          try builder.append(strings[slot * width + offset]!)
        } else {
          try builder.append(other![(isFull ? position * width : 0) + offset])
        }
      }
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// The first element of a slot as messages show it.
  func text(_ slot: Int) -> String {
    if dtype == .string { return strings[slot * width]?.text ?? "" }
    return memory.map { Self.text($0, slot * width) } ?? ""
  }

  /// An element as messages show it.
  static func text(_ values: Tensor, _ position: Int) -> String {
    switch values.dtype {
    case .string: values.strings[position].text
    case .float32: "\(values.elements(Float.self)[position])"
    case .float64: "\(values.elements(Double.self)[position])"
    case .int32: "\(values.elements(Int32.self)[position])"
    case .int64: "\(values.elements(Int.self)[position])"
    default: "(a \(values.dtype))"
    }
  }
}

/// Keys with their values.
struct TableContents: Sendable {
  private(set) var index: TableIndex
  private(set) var values: TableStore
  private let keyType: DType

  init(_ keyType: DType, _ valueType: DType, width: Int) {
    index = TableIndex(keyType)
    values = TableStore(valueType, width: width)
    self.keyType = keyType
  }

  var count: Int { index.count }

  /// Adds each key with its row, or gives it that row.
  ///
  /// - Parameter known: asked before a key that is there gets another row.
  mutating func insert(
    _ keys: Tensor, _ rows: Tensor,
    known: (_ slot: Int, _ position: Int, TableContents) throws -> Void = { _, _, _ in }
  ) throws {
    var pace = Pace()
    for position in 0..<keys.dims.elementCount {
      try pace.step(32)
      let (slot, isNew) = try index.insert(keys, position)
      if isNew { try values.reserve(index.slotCount) } else { try known(slot, position, self) }
      values.set(slot, rows, row: position)
    }
  }

  mutating func remove(_ keys: Tensor) throws {
    var pace = Pace()
    for position in 0..<keys.dims.elementCount {
      try pace.step(32)
      if let slot = index.remove(keys, position) { values.clear(slot) }
    }
  }

  mutating func removeAll() {
    index.removeAll()
    values = TableStore(values.dtype, width: values.width)
  }

  /// The rows of keys as one tensor, with the default's where there is none.
  func find(_ keys: Tensor, default fallback: Tensor, _ dims: Shape) throws -> Tensor {
    try values.gather(keys.dims.elementCount, dims, fallback: fallback) { put in
      index.find(keys, put)
    }
  }

  /// - Parameter slots: those to give; nil for all, in TensorFlow's order.
  func export(_ valueShape: Shape, slots: [Int]? = nil) throws -> (keys: Tensor, values: Tensor) {
    let slots = slots ?? index.slots
    let dims = Shape([slots.count] + valueShape.dims)
    let rows = try values.gather(slots.count, dims, fallback: nil) { put in
      for (position, slot) in slots.enumerated() { put(position, slot) }
    }
    return (try index.keys(slots, keyType), rows)
  }
}
