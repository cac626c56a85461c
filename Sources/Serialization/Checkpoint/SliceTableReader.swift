import CProtos
import CoreOps
import Glibc

/// Reads a checkpoint of the older format: one table a shard, in which each value is a part of a
/// tensor, and the first says which parts there are.
final class SliceTableReader: Sendable {
  struct Entry: Sendable {
    var dtypeNumber: Int
    var dims: [Int]
    /// The parts, and the shard that has each.
    var slices: [(slice: TensorSlice, shard: Int)] = []

    var dtype: DType? { UInt8(exactly: dtypeNumber).flatMap(DType.init) }
  }

  let path: String
  private let tables: [TableReader]
  let entries: [String: Entry]

  /// - Parameter pattern: a file, or the shards of one with `?` or `*` in their names.
  /// - Throws: `NOT_FOUND` when no file fits; `DATA_LOSS` when one is damaged.
  convenience init(_ pattern: String) throws {
    let paths = Self.files(pattern)
    guard !paths.isEmpty else {
      throw TFError.notFound(
        """
        Unsuccessful TensorSliceReader constructor: Failed to find any matching files for \
        \(pattern)
        """
      )
    }
    try self.init(pattern, paths.map { try RandomAccessFile($0) })
  }

  init(_ path: String, _ files: [RandomAccessFile]) throws {
    self.path = path
    var tables: [TableReader] = []
    var entries: [String: Entry] = [:]
    for (shard, file) in files.enumerated() {
      let table = try TableReader(file)
      tables.append(table)
      guard let meta = try table.value([]) else {
        throw TFError(.dataLoss, "\(file.path) does not say what it holds: not a checkpoint")
      }
      do { try Self.read(meta, shard, into: &entries) } catch let error as TFError {
        throw TFError(error.code, "\(file.path): \(error.message)")
      }
    }
    self.tables = tables
    self.entries = entries
  }

  /// Whether there are files of that name.
  static func exists(_ pattern: String) -> Bool {
    !files(pattern).isEmpty
  }

  /// The files of that name, or those of shards that a name without wildcards stands for.
  private static func files(_ pattern: String) -> [String] {
    var found = matches(pattern)
    if found.isEmpty, !pattern.contains(where: { "*?[".contains($0) }) {
      found = matches(pattern + "-?????-of-?????")
    }
    return found
  }

  private static func matches(_ pattern: String) -> [String] {
    var result = glob_t()
    defer { globfree(&result) }
    guard glob(pattern, 0, nil, &result) == 0 else { return [] }
    return (0..<Int(result.gl_pathc)).compactMap { index in
      guard let path = result.gl_pathv[index].map({ String(cString: $0) }) else { return nil }
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR ? path : nil
    }
  }

  private static func read(_ bytes: [UInt8], _ shard: Int, into entries: inout [String: Entry])
    throws
  {
    let arena = try ProtoArena()
    try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__SavedTensorSlices> = try arena.unpack(
        jk_schema_saved_tensor_slices(), bytes)
      guard let meta = message.pointee.meta else { return }
      for tensor in messages(meta.pointee.n_tensor, meta.pointee.tensor) {
        let name = try tensor.pointee.name.text("name")
        let shape = try tensor.pointee.shape.map { try TensorProtoDecoder.shape($0) } ?? .scalar
        guard let dims = shape.known, dims.checkedElementCount != nil else {
          throw TFError(.dataLoss, "tensor '\(name)' has the shape \(shape), which is no value's")
        }
        let dtypeNumber = Int(tensor.pointee.type.rawValue)
        var entry = entries[name] ?? Entry(dtypeNumber: dtypeNumber, dims: dims.dims)
        guard entry.dtypeNumber == dtypeNumber, entry.dims == dims.dims else {
          throw TFError(.dataLoss, "tensor '\(name)' has another dtype or shape in another shard")
        }
        for slice in messages(tensor.pointee.n_slice, tensor.pointee.slice) {
          let slice = Self.slice(slice)
          guard (try? slice.ranges(in: dims)) != nil else {
            throw TFError(
              .dataLoss, "the part \(slice) is not one of tensor '\(name)' of shape \(dims)")
          }
          entry.slices.append((slice, shard))
        }
        entries[name] = entry
      }
    }
  }

  private static func slice(_ message: UnsafeMutablePointer<Tensorflow__TensorSliceProto>)
    -> TensorSlice
  {
    TensorSlice(
      messages(message.pointee.n_extent, message.pointee.extent).map { extent in
        let hasLength =
          extent.pointee.has_length_case
          == TENSORFLOW__TENSOR_SLICE_PROTO__EXTENT__HAS_LENGTH_LENGTH
        return TensorSlice.Extent(
          start: Int(extent.pointee.start), length: hasLength ? Int(extent.pointee.length) : nil)
      })
  }

  /// A part of a tensor.
  ///
  /// - Throws: `DATA_LOSS` for damage, `UNIMPLEMENTED` for dtypes without values; with the tensor.
  func tensor(_ name: String, _ entry: Entry, _ slice: TensorSlice) throws -> Tensor {
    let dims = Shape(entry.dims)
    guard let dtype = entry.dtype, dtype.isNumeric || dtype == .string else {
      throw TFError.unimplemented(
        """
        tensor '\(name)': it is of dtype \(entry.dtype?.name ?? "number \(entry.dtypeNumber)"), \
        which has no value outside the process that made it
        """
      )
    }
    let target = try slice.ranges(in: dims)
    var assembly = try SliceAssembly(dtype, target)
    for (part, shard) in entry.slices {
      let ranges = try part.ranges(in: dims)
      guard assembly.wants(ranges) else { continue }
      let value = try self.part(name, part, dtype, Shape(ranges.map(\.count)), tables[shard])
      if ranges == target { return value }
      try assembly.add(value, at: ranges)
    }
    guard let tensor = try assembly.tensor() else {
      throw TFError.invalidArgument(
        """
        Does not have sufficient slices for partitioned tensor \(name) to restore in slice_spec: \
        \(slice)
        """
      )
    }
    return tensor
  }

  private func part(
    _ name: String, _ slice: TensorSlice, _ dtype: DType, _ dims: Shape, _ table: TableReader
  ) throws -> Tensor {
    func damaged(_ what: String) -> TFError {
      TFError(.dataLoss, "tensor '\(name)': \(table.file.path): \(what)")
    }
    guard let bytes = try table.value(slice.key(of: Array(name.utf8))) else {
      throw damaged("the part \(slice) is missing")
    }
    let arena = try ProtoArena()
    return try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__SavedTensorSlices> = try arena.unpack(
        jk_schema_saved_tensor_slices(), bytes)
      guard let data = message.pointee.data?.pointee.data else {
        throw damaged("the part \(slice) has no values")
      }
      // The message has the values and no shape.
      var decoder = TensorProtoDecoder()
      data.pointee.tensor_shape = try TensorProtoEncoder(arena: arena).shape(PartialShape(dims))
      data.pointee.dtype = Tensorflow__DataType(rawValue: UInt32(dtype.rawValue))
      guard TensorProtoDecoder.valueCount(data, dtype) == dims.elementCount else {
        throw damaged("the part \(slice) does not have \(dims.elementCount) values")
      }
      do { return try decoder.tensor(data)! } catch let error as TFError {
        throw TFError(error.code, "tensor '\(name)': \(table.file.path): \(error.message)")
      }
    }
  }
}

extension TensorProtoDecoder {
  /// How many values of its dtype a message has.
  fileprivate static func valueCount(
    _ message: UnsafeMutablePointer<Tensorflow__TensorProto>, _ dtype: DType
  ) -> Int {
    let p = message.pointee
    if p.tensor_content.len > 0, dtype.byteSize > 0 { return p.tensor_content.len / dtype.byteSize }
    switch dtype {
    case .float32: return p.n_float_val
    case .float64: return p.n_double_val
    case .half, .bfloat16: return p.n_half_val
    case .bool: return p.n_bool_val
    case .int64: return p.n_int64_val
    case .uint32: return p.n_uint32_val
    case .uint64: return p.n_uint64_val
    case .complex64: return p.n_scomplex_val / 2
    case .complex128: return p.n_dcomplex_val / 2
    case .string: return p.n_string_val
    default: return p.n_int_val
    }
  }
}
