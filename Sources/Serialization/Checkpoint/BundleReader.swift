import CKernels
import CoreOps
import Glibc

/// Reads a checkpoint of the newer format, a tensor bundle: `PREFIX.index` says what there is, and
/// the shards `PREFIX.data-00000-of-00001` hold the bytes.
///
/// Bytes are read where they lie when a tensor is asked for, by `pread`: a file that another
/// process cuts short is then an error, where a mapped one would be a signal.
final class BundleReader: Sendable {
  let prefix: String
  let shardCount: Int
  private let table: TableReader
  private let shards = Lock<[Int: RandomAccessFile]>([:])

  static func indexPath(_ prefix: String) -> String { "\(prefix).index" }

  static func dataPath(_ prefix: String, _ shard: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
    }
    return "\(prefix).data-\(digits(shard))-of-\(digits(count))"
  }

  /// - Throws: `NOT_FOUND`; `DATA_LOSS` when the index is damaged.
  init(_ prefix: String) throws {
    self.prefix = prefix
    table = try TableReader(RandomAccessFile(Self.indexPath(prefix)))
    guard let header = try table.value([]) else {
      throw TFError(.dataLoss, "\(table.file.path) has no header: not the index of a checkpoint")
    }
    do { shardCount = try BundleHeader(header).shardCount } catch let error as TFError {
      throw TFError(error.code, "\(table.file.path): \(error.message)")
    }
  }

  /// For tests and fuzzing: an index in memory, and one shard.
  init(index: [UInt8], data: [UInt8]) throws {
    prefix = "memory"
    table = try TableReader(RandomAccessFile(memory: index))
    guard let header = try table.value([]) else { throw TFError(.dataLoss, "no header") }
    shardCount = try BundleHeader(header).shardCount
    shards.withLock { $0[0] = RandomAccessFile(memory: data) }
  }

  /// Calls `body` with each tensor's name and entry, in order, but not with the parts of tensors.
  func forEach(_ body: (_ name: [UInt8], _ entry: BundleEntry) throws -> Bool) throws {
    // Keys of parts start with a zero byte.
    try table.forEach(from: [0, 1]) { key, value in
      if key.first == 0 { return true }
      return try body(key, entry(key, value))
    }
  }

  /// Calls `body` with every entry, those of parts included.
  func forEachKey(_ body: (_ key: [UInt8], _ entry: BundleEntry) throws -> Void) throws {
    try table.forEach(from: [0]) { key, value in
      try body(key, entry(key, value))
      return true
    }
  }

  private func entry(_ key: [UInt8], _ value: UnsafeRawBufferPointer) throws -> BundleEntry {
    do { return try BundleEntry(value) } catch let error as TFError {
      throw TFError(
        .dataLoss,
        """
        \(table.file.path): the entry of \(String(decoding: key, as: UTF8.self)) is damaged: \
        \(error.message)
        """
      )
    }
  }

  /// The entry of a tensor, or of a part of one by its key; nil where there is none.
  func entry(_ key: [UInt8]) throws -> BundleEntry? {
    if key.isEmpty { return nil }
    return try table.value(key)?.withUnsafeBytes { try entry(key, $0) }
  }

  private func shard(_ number: Int) throws -> RandomAccessFile {
    guard number < max(shardCount, 1) else {
      throw TFError(.dataLoss, "\(table.file.path) has \(shardCount) shards, but names \(number)")
    }
    return try shards.withLock { shards in
      if let shard = shards[number] { return shard }
      let shard = try RandomAccessFile(Self.dataPath(prefix, number, of: shardCount))
      shards[number] = shard
      return shard
    }
  }
}

// Values.
extension BundleReader {
  /// What is to be read: an entry, and for what its errors are.
  struct Request {
    var name: String
    var entry: BundleEntry
  }

  /// The tensors of entries that are stored whole, all at once, so that threads share the work.
  ///
  /// - Throws: `NOT_FOUND` for a missing shard, `DATA_LOSS` for damage, `UNIMPLEMENTED` for dtypes
  ///   that have no value here; with the file and the tensor.
  func tensors(_ requests: [Request]) throws -> [Tensor] {
    var tensors: [Tensor] = []
    var pieces: [jk_file_piece] = []
    var owners: [(request: Int, file: RandomAccessFile)] = []
    for (index, request) in requests.enumerated() {
      let (tensor, file) = try naming(request) { try prepare(request.entry) }
      tensors.append(tensor)
      guard tensor.dtype.isNumeric, let file, tensor.bytes.count > 0 else { continue }
      guard let descriptor = file.openDescriptor else {
        try naming(request) {
          try file.read(into: tensor.bytes, at: request.entry.offset)
          try check(request.entry, jk_crc32c(0, tensor.pointer, tensor.bytes.count), file)
        }
        continue
      }
      for start in stride(from: 0, to: tensor.bytes.count, by: Self.pieceSize) {
        pieces.append(
          jk_file_piece(
            file: descriptor, offset: Int64(request.entry.offset + start),
            to: tensor.pointer + start, size: min(Self.pieceSize, tensor.bytes.count - start),
            crc: 0, error: 0))
        owners.append((index, file))
      }
    }
    jk_read_pieces(&pieces, pieces.count)
    try Cancellation.checkKernel()
    var position = 0
    while position < pieces.count {
      let owner = owners[position]
      let request = requests[owner.request]
      var crc: UInt32 = 0
      try naming(request) {
        while position < pieces.count, owners[position].request == owner.request {
          let piece = pieces[position]
          try check(piece, owner.file)
          crc = jk_crc32c_combine(crc, piece.crc, piece.size)
          position += 1
        }
        try check(request.entry, crc, owner.file)
      }
      normalize(tensors[owner.request])
    }
    return tensors
  }

  private static let pieceSize = 1 << 20

  private func naming<R>(_ request: Request, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TFError {
      throw TFError(error.code, "tensor '\(request.name)': \(error.message)")
    }
  }

  /// The memory for a tensor and where its bytes are; the whole tensor if it is of strings.
  private func prepare(_ entry: BundleEntry) throws -> (Tensor, RandomAccessFile?) {
    guard let dtype = entry.dtype, dtype != .resource, dtype != .variant else {
      throw TFError.unimplemented(
        """
        it is of dtype \(entry.dtype?.name ?? "number \(entry.dtypeNumber)"), which has no value \
        outside the process that made it
        """
      )
    }
    let dims = Shape(entry.dims)
    guard let count = dims.checkedElementCount else { throw Shape.refusal(dims.dims, "\(dims)") }
    let file = try shard(entry.shard)
    guard entry.offset <= file.size, entry.size <= file.size - entry.offset else {
      throw TFError(
        .dataLoss,
        """
        \(file.path) ends at byte \(file.size), before its \(entry.size) bytes at \(entry.offset)
        """
      )
    }
    if dtype == .string {
      try MemoryLimit.room(for: entry.size)
      let bytes = try file.bytes(at: entry.offset, count: entry.size)
      let decoded: (strings: StringBuffer, crc: UInt32)
      do {
        decoded = try bytes.withUnsafeBytes { try BundleStrings.decode($0, count: count) }
      } catch let error as TFError where error.code == .dataLoss {
        throw TFError(.dataLoss, "\(file.path): \(error.message)")
      }
      guard decoded.crc == entry.crc else { throw mismatch(entry, decoded.crc, file) }
      return (Tensor(strings: decoded.strings, dims: dims), nil)
    }
    guard entry.size == count * dtype.byteSize else {
      throw TFError(
        .dataLoss,
        """
        \(table.file.path) says \(entry.size) bytes, but a \(dtype) tensor of shape \(dims) takes \
        \(count * dtype.byteSize)
        """
      )
    }
    return (try Tensor.uninitialized(dtype, dims), file)
  }

  private func check(_ piece: jk_file_piece, _ file: RandomAccessFile) throws {
    if piece.error == 0 { return }
    guard piece.error > 0 else {
      throw TFError(.dataLoss, "\(file.path) became shorter while it was read")
    }
    errno = piece.error
    throw systemError(file.path)
  }

  private func check(_ entry: BundleEntry, _ crc: UInt32, _ file: RandomAccessFile) throws {
    guard Checksum.masked(crc) == entry.crc else {
      throw mismatch(entry, Checksum.masked(crc), file)
    }
  }

  private func mismatch(_ entry: BundleEntry, _ crc: UInt32, _ file: RandomAccessFile) -> TFError {
    TFError(
      .dataLoss,
      """
      \(file.path): Checksum does not match: stored \(entry.crc) vs. calculated on the restored \
      bytes \(crc)
      """
    )
  }

  /// A bool is a byte that is 0 or 1, whatever the file says.
  private func normalize(_ tensor: Tensor) {
    guard tensor.dtype == .bool else { return }
    let bytes = tensor.bytes
    for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
  }
}

// Parts.
extension BundleReader {
  /// A part of a tensor, whole or in parts as it is stored.
  ///
  /// - Throws: as `tensors(_:)`.
  func tensor(_ name: String, _ entry: BundleEntry, _ slice: TensorSlice) throws -> Tensor {
    let dims = Shape(entry.dims)
    let target = try slice.ranges(in: dims)
    let stored: [(Request, [Range<Int>])]
    if entry.slices.isEmpty {
      stored = [(Request(name: name, entry: entry), entry.dims.map { 0..<$0 })]
    } else {
      guard dims.checkedElementCount != nil else { throw Shape.refusal(dims.dims, "\(dims)") }
      stored = try entry.slices.compactMap { part in
        guard let ranges = try? part.ranges(in: dims) else {
          throw TFError(
            .dataLoss,
            "\(table.file.path): the part \(part) is not one of tensor '\(name)' of shape \(dims)")
        }
        guard SliceCopy(from: ranges, to: target) != nil else { return nil }
        guard let own = try self.entry(part.key(of: Array(name.utf8))) else {
          throw TFError(
            .dataLoss, "\(table.file.path) lacks the part \(part) of tensor '\(name)'")
        }
        guard own.dtypeNumber == entry.dtypeNumber, own.dims == ranges.map(\.count) else {
          throw TFError(
            .dataLoss, "\(table.file.path): the part \(part) of tensor '\(name)' does not fit it")
        }
        return (Request(name: name, entry: own), ranges)
      }
    }
    if stored.count == 1, stored[0].1 == target { return try tensors([stored[0].0])[0] }
    guard let dtype = entry.dtype, dtype.isNumeric || dtype == .string else {
      return try tensors([Request(name: name, entry: entry)])[0]
    }
    var assembly = try SliceAssembly(dtype, target)
    for (request, ranges) in stored { try assembly.add(tensors([request])[0], at: ranges) }
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
}
