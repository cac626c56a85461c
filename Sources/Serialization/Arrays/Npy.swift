import CoreOps

/// One array in NumPy's `.npy` format ⇄ a tensor.
enum Npy {
  /// Reads an array.
  ///
  /// - Parameters:
  ///   - size: the bytes that there are.
  ///   - read: fills memory from an offset on, in order, each byte once.
  static func decode(
    _ name: String, size: Int, read: (UnsafeMutableRawBufferPointer, Int) throws -> Void
  ) throws -> Tensor {
    func bytes(_ offset: Int, _ count: Int) throws -> [UInt8] {
      guard count <= size - offset else { throw TFError(.dataLoss, "\(name) is cut short") }
      try MemoryLimit.room(for: count)
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        try read(UnsafeMutableRawBufferPointer(buffer), offset)
        filled = count
      }
    }
    var head = try bytes(0, min(10, size))
    if head.count == 10, head[6] >= 2 { head += try bytes(10, 2) }
    let sizes = try NpyHeader.size(head[...], name)
    let header = try NpyHeader(try bytes(sizes.fixed, sizes.text)[...], name)
    let start = sizes.fixed + sizes.text
    let count = header.shape.elementCount
    guard size - start == count * header.elementSize else {
      throw TFError(
        .dataLoss,
        """
        \(name) has \(size - start) bytes for \(count) elements of \(header.elementSize) bytes each
        """
      )
    }
    switch header.element {
    case .plain(let dtype):
      let tensor = try Tensor.uninitialized(dtype, header.shape)
      try read(tensor.bytes, start)
      if header.isBigEndian { swap(tensor) }
      if dtype == .bool {
        for index in tensor.bytes.indices where tensor.bytes[index] > 1 { tensor.bytes[index] = 1 }
      }
      return header.isFortranOrder ? try transposed(tensor) : tensor
    case .bytes, .unicode:
      // Strings without a byte take nothing in the file, so that it may ask for any number of them.
      guard count <= (header.elementSize > 0 ? 1 << 28 : 1 << 16) else {
        throw TFError.resourceExhausted("\(name) has \(count) strings, which is too many")
      }
      let data = try bytes(start, size - start)
      let order = header.isFortranOrder ? rowMajorOrder(header.shape) : nil
      let builder = try StringBuilder(count: count)
      for position in 0..<count {
        let start = (order?[position] ?? position) * header.elementSize
        try append(data[start..<start + header.elementSize], to: builder, header, name)
      }
      return Tensor(strings: try builder.finish(), dims: header.shape)
    }
  }

  static func decode(_ bytes: [UInt8], _ name: String) throws -> Tensor {
    try bytes.withUnsafeBytes { source in
      try decode(name, size: source.count) { target, offset in
        target.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + target.count]))
      }
    }
  }

  /// Appends one string, without the NULs that fill it up.
  private static func append(
    _ bytes: ArraySlice<UInt8>, to builder: StringBuilder, _ header: NpyHeader,
    _ name: String
  ) throws {
    guard case .unicode = header.element else {
      let end = (bytes.lastIndex { $0 != 0 }).map { $0 + 1 } ?? bytes.startIndex
      return try bytes[..<end].withUnsafeBytes { try builder.append($0) }
    }
    var text = String.UnicodeScalarView()
    var units: [UInt32] = []
    for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
      let unit = bytes[start..<start + 4]
      units.append(
        header.isBigEndian
          ? unit.reduce(0) { $0 << 8 | UInt32($1) }
          : unit.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
    while units.last == 0 { units.removeLast() }
    for unit in units {
      guard let scalar = Unicode.Scalar(unit) else {
        throw TFError(.dataLoss, "\(name) holds the invalid character \(unit)")
      }
      text.append(scalar)
    }
    try builder.append(String(text))
  }

  /// Turns the bytes of each number round.
  private static func swap(_ tensor: Tensor) {
    let size = tensor.dtype.realDType.byteSize
    let bytes = tensor.bytes
    if size == 1 || tensor.dtype == .bfloat16 { return }
    for start in stride(from: 0, to: bytes.count, by: size) {
      for index in 0..<size / 2 { bytes.swapAt(start + index, start + size - 1 - index) }
    }
  }

  /// For each element in row-major order, its place in column-major order.
  private static func rowMajorOrder(_ shape: Shape) -> [Int] {
    let dims = shape.dims
    var strides = [Int](repeating: 1, count: dims.count)
    for axis in dims.indices.dropFirst() { strides[axis] = strides[axis - 1] * dims[axis - 1] }
    var index = [Int](repeating: 0, count: dims.count)
    var place = 0
    var order: [Int] = []
    let count = shape.elementCount
    order.reserveCapacity(count)
    for _ in 0..<count {
      order.append(place)
      var axis = dims.count - 1
      while axis >= 0 {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < dims[axis] { break }
        place -= strides[axis] * dims[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return order
  }

  private static func transposed(_ tensor: Tensor) throws -> Tensor {
    if tensor.dims.rank < 2 { return tensor }
    let result = try Tensor.uninitialized(tensor.dtype, tensor.dims)
    let size = tensor.dtype.byteSize
    for (target, source) in rowMajorOrder(tensor.dims).enumerated() {
      (result.pointer + target * size).copyMemory(
        from: tensor.pointer + source * size, byteCount: size)
    }
    return result
  }

  /// The array file of a tensor.
  ///
  /// - Throws: `UNIMPLEMENTED` for resources and variants, and for strings that end in NUL, which
  ///   NumPy would drop.
  static func encode(_ tensor: Tensor, _ name: String) throws -> [UInt8] {
    var descr: String
    var data: [UInt8]
    if tensor.dtype == .string {
      let strings = tensor.strings
      let width = max(strings.map(\.count).max() ?? 1, 1)
      descr = "|S\(width)"
      data = []
      data.reserveCapacity(width * strings.count)
      for string in strings {
        guard string.last != 0 else {
          throw TFError.unimplemented(
            "\(name) has a string that ends in NUL, which a .npy array cannot hold")
        }
        data += string
        data.append(contentsOf: repeatElement(0, count: width - string.count))
      }
    } else {
      guard !tensor.isSymbolic, let plain = NpyHeader.descr(tensor.dtype) else {
        throw TFError.unimplemented(
          "\(name) is a \(tensor.dtype) tensor, which a .npy array cannot hold")
      }
      descr = plain
      data = Array(tensor.bytes)
    }
    let dims = tensor.dims.dims
    let shape = dims.map { "\($0)" }.joined(separator: ", ") + (dims.count == 1 ? "," : "")
    var text = Array("{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(shape)), }".utf8)
    // The data starts at a multiple of 64 bytes.
    let isLong = text.count > 65000
    let fixed = isLong ? 12 : 10
    text.append(contentsOf: repeatElement(32, count: 63 - (fixed + text.count) % 64))
    text.append(10)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [isLong ? 2 : 1, 0]
    for index in 0..<(isLong ? 4 : 2) {
      bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * index)))
    }
    return bytes + text + data
  }
}
