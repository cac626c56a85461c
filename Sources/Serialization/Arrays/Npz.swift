public import CoreOps

/// Named arrays in NumPy's `.npz` format, read when asked for.
public final class NpzReader: Sendable {
  package let archive: ZipReader

  /// Opens an archive.
  ///
  /// - Throws: `NOT_FOUND`; `DATA_LOSS` when it is not an archive.
  public init(_ path: String) throws { archive = try ZipReader(path) }

  public init(memory: [UInt8]) throws { archive = try ZipReader(memory: memory) }

  package init(_ archive: ZipReader) { self.archive = archive }

  /// The arrays' names, in the archive's order.
  public var names: [String] {
    archive.names.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
  }

  /// The array of that name.
  ///
  /// - Throws: `NOT_FOUND`; `DATA_LOSS` when it is damaged; `UNIMPLEMENTED` for element types that
  ///   no tensor has.
  public func read(_ name: String) throws -> Tensor {
    let entry = try archive.entry(name + ".npy")
    let label = "\(archive.file.path): \(name)"
    // Straight from the file into the tensor.
    let stream = try archive.stream(entry)
    let tensor = try Npy.decode(label, size: entry.size) { target, _ in
      try stream.read(into: target)
    }
    try stream.finish()
    return tensor
  }

  /// All arrays by name.
  ///
  /// - Throws: as `read`.
  public func readAll() throws -> [String: Tensor] {
    var arrays: [String: Tensor] = [:]
    for name in names { arrays[name] = try read(name) }
    return arrays
  }
}

/// Reads and writes NumPy's array files.
public enum NumPyFiles {
  /// Reads a `.npy` file.
  ///
  /// - Throws: `NOT_FOUND`; `DATA_LOSS`; `UNIMPLEMENTED` for element types that no tensor has.
  public static func readArray(_ path: String) throws -> Tensor {
    let file = try RandomAccessFile(path)
    return try Npy.decode(path, size: file.size) { try file.read(into: $0, at: $1) }
  }

  /// Reads the bytes of a `.npy` file.
  ///
  /// - Throws: as `readArray(_:)`.
  package static func readArray(memory bytes: [UInt8]) throws -> Tensor {
    try Npy.decode(bytes, "memory")
  }

  /// The bytes of an `.npz` archive of named arrays; bfloat16 is stored as two raw bytes, quantized
  /// types as integers.
  ///
  /// - Throws: `UNIMPLEMENTED` for what NumPy's format cannot hold.
  public static func archive(_ arrays: [(name: String, tensor: Tensor)]) throws -> [UInt8] {
    var writer = ZipWriter()
    for (name, tensor) in arrays { try writer.add(name + ".npy", Npy.encode(tensor, name)) }
    return writer.finished()
  }

  /// Writes an `.npz` archive.
  ///
  /// - Throws: as `archive`, and when the file cannot be written.
  public static func write(_ arrays: [(name: String, tensor: Tensor)], to path: String) throws {
    try writeFile(path, archive(arrays))
  }
}
