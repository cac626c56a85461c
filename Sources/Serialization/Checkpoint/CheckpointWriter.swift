import CKernels
public import CoreOps
import Glibc

/// Writes a checkpoint in TensorFlow's format, a tensor bundle.
///
/// Tensors go to the disk as they are added, under another name. `finish()` puts the checkpoint in
/// its place in one step: until then, whatever stops the process, a checkpoint that was there under
/// that name stays whole.
public final class CheckpointWriter {
  /// The prefix of the checkpoint's files.
  public let path: String
  private let data: FileStream
  private var entries: [[UInt8]: BundleEntry] = [:]

  /// - Parameter path: the prefix of its files, as `model.ckpt-1000`. Its folder is made if it is
  ///   missing.
  /// - Throws: as the system says.
  public init(_ path: String) throws {
    self.path = path
    try makeFolder(for: path)
    data = try FileStream("\(path).data")
  }

  /// Adds a tensor.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a name that is there already or empty; `UNIMPLEMENTED` for
  ///   resources and variants; as the system says.
  public func add(_ name: String, _ tensor: Tensor) throws {
    try add(Array(name.utf8), name, tensor)
  }

  /// Adds a part of a tensor: all parts together are the tensor `name`.
  ///
  /// - Throws: as `add(_:_:)`; `INVALID_ARGUMENT` when the part does not fit the tensor.
  package func add(_ name: String, _ tensor: Tensor, _ slice: TensorSlice, of shape: Shape) throws {
    let key = Array(name.utf8)
    guard try slice.dims(of: shape) == tensor.dims else {
      throw TFError.invalidArgument(
        """
        tensor '\(name)': the slice \(slice) of shape \(shape) does not have the shape \
        \(tensor.dims) of the value
        """
      )
    }
    // TensorFlow stores a slice of everything as the tensor.
    if slice.isFull { return try add(key, name, tensor) }
    var whole = BundleEntry()
    whole.dtypeNumber = Int(tensor.dtype.rawValue)
    whole.dims = shape.dims
    if let known = entries[key] {
      guard known.dtypeNumber == whole.dtypeNumber, known.dims == whole.dims, !known.slices.isEmpty
      else {
        throw TFError.invalidArgument(
          "tensor '\(name)' is added as parts of tensors with different dtypes or shapes")
      }
      whole = known
    }
    try add(slice.key(of: key), name, tensor)
    whole.slices.append(slice)
    entries[key] = whole
  }

  private func add(_ key: [UInt8], _ name: String, _ tensor: Tensor) throws {
    guard !key.isEmpty else { throw TFError.invalidArgument("a tensor has an empty name") }
    guard entries[key] == nil else {
      throw TFError.invalidArgument("Adding duplicate key: \(name)")
    }
    guard !tensor.isSymbolic else {
      throw TFError.failedPrecondition("tensor '\(name)' is symbolic: it has no value to save")
    }
    // What a reference variable shows may change before it is written.
    let tensor = try tensor.settled()
    var entry = BundleEntry()
    entry.dtypeNumber = Int(tensor.dtype.rawValue)
    entry.dims = tensor.dims.dims
    entry.offset = data.size
    if tensor.dtype == .string {
      let (bytes, crc) = BundleStrings.encode(tensor.strings)
      entry.crc = crc
      try data.write(bytes)
    } else {
      guard tensor.dtype.isNumeric else {
        throw TFError.unimplemented(
          """
          tensor '\(name)' is of dtype \(tensor.dtype), which has no value outside the process \
          that made it
          """
        )
      }
      let bytes = UnsafeRawBufferPointer(tensor.bytes)
      entry.crc = Checksum.masked(jk_crc32c(0, bytes.baseAddress, bytes.count))
      try data.write(bytes)
    }
    entry.size = data.size - entry.offset
    entries[key] = entry
  }

  /// Writes the index and puts the checkpoint in its place.
  ///
  /// The index is what makes a checkpoint, and is replaced last. Bytes of an earlier checkpoint
  /// under the same name are kept until then: the new ones go under a name that no file has, as the
  /// last of one shard more.
  ///
  /// - Throws: as the system says; the earlier checkpoint is then as it was.
  public func finish() throws {
    var count = 1
    while fileExists(BundleReader.dataPath(path, count - 1, of: count)) { count += 1 }
    let index = try BundleIndex.write(entries, BundleHeader(shardCount: count), to: path) {
      $0.shard = count - 1
    }
    let dataPath = BundleReader.dataPath(path, count - 1, of: count)
    try data.finish(as: dataPath)
    syncFolder(of: path)
    do { try index.finish() } catch {
      unlink(dataPath)
      throw error
    }
    syncFolder(of: path)
    for old in CheckpointFiles.shards(of: path) where old != dataPath { unlink(old) }
  }
}

/// The index of a tensor bundle.
enum BundleIndex {
  /// Writes an index, which then only needs its name.
  ///
  /// - Parameter change: is made to each entry that has bytes.
  static func write(
    _ entries: [[UInt8]: BundleEntry], _ header: BundleHeader, to prefix: String,
    _ change: (inout BundleEntry) -> Void = { _ in }
  ) throws -> FileStream {
    let stream = try FileStream(BundleReader.indexPath(prefix))
    var table = TableWriter { try stream.write($0) }
    try table.add([], header.bytes)
    for (key, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      var entry = entry
      if entry.slices.isEmpty { change(&entry) }
      try table.add(key, entry.bytes)
    }
    try table.finish()
    try stream.sync()
    return stream
  }
}

/// The files of a checkpoint.
package enum CheckpointFiles {
  /// The shards' paths, of whatever number of shards.
  static func shards(of prefix: String) -> [String] {
    let (folder, name) = split(prefix)
    return entries(of: folder).filter { file in
      guard file.hasPrefix(name + ".data-") else { return false }
      let parts = file.dropFirst(name.count + 6).split(
        separator: "-", omittingEmptySubsequences: false)
      return parts.count == 3 && parts[1] == "of" && Int(parts[0]) != nil && Int(parts[2]) != nil
    }.map { folder + $0 }.sorted()
  }

  /// The folder with its slash, or nothing, and the name in it.
  package static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  /// The names of what is in a folder; none where there is no such folder.
  package static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  /// Removes the files of a checkpoint. Follows `tf.train.remove_checkpoint`.
  ///
  /// - Parameter keepsMeta: whether a MetaGraph beside it stays.
  package static func remove(_ prefix: String, keepsMeta: Bool = false) {
    // Without its index there is no checkpoint, whatever stops the rest.
    unlink(BundleReader.indexPath(prefix))
    for shard in shards(of: prefix) { unlink(shard) }
    if !keepsMeta { unlink("\(prefix).meta") }
    var status = stat()
    if stat(prefix, &status) == 0, status.st_mode & S_IFMT == S_IFREG { unlink(prefix) }
  }
}
