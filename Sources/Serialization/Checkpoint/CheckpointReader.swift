public import CoreOps

/// What a checkpoint holds, of either of TensorFlow's formats.
///
/// Opening one reads no tensor; each is read from the file when it is asked for. A reader may be
/// used from many threads. Follows `tf.compat.v1.train.NewCheckpointReader`.
public final class CheckpointReader: Sendable {
  /// What is known of a tensor before it is read.
  public struct Entry: Sendable, Hashable {
    public var name: String
    /// Nil for a dtype that Janus does not have.
    public var dtype: DType?
    /// TensorFlow's number of the dtype.
    public var dtypeNumber: Int
    public var shape: Shape
    /// In how many parts it is stored: more than one for partitioned variables.
    public var partCount: Int

    /// The dtype's name, or its number where it has none here.
    public var dtypeName: String { dtype?.name ?? "dtype number \(dtypeNumber)" }
  }

  private enum Format: Sendable {
    case bundle(BundleReader)
    case sliceTables(SliceTableReader)
  }

  /// The prefix of the checkpoint's files.
  public let path: String
  private let format: Format

  /// Whether it is of the older format, one table a shard.
  public var isVersion1: Bool {
    if case .sliceTables = format { return true }
    return false
  }

  /// Opens a checkpoint.
  ///
  /// - Parameter path: the prefix of its files, as `model.ckpt-1000`; its index file is taken as
  ///   that too.
  /// - Throws: `NOT_FOUND` when there is none; `DATA_LOSS` when it is damaged.
  public init(_ path: String) throws {
    let prefix = Self.prefix(path)
    self.path = prefix
    if fileExists(BundleReader.indexPath(prefix)) {
      format = .bundle(try BundleReader(prefix))
    } else {
      format = .sliceTables(try SliceTableReader(prefix))
    }
  }

  init(bundle: BundleReader) {
    path = bundle.prefix
    format = .bundle(bundle)
  }

  /// Opens the bytes of an index and of the only shard; for tests.
  package convenience init(index: [UInt8], data: [UInt8]) throws {
    self.init(bundle: try BundleReader(index: index, data: data))
  }

  /// Opens the bytes of a checkpoint of the older format; for tests.
  package init(sliceTable bytes: [UInt8]) throws {
    path = "memory"
    format = .sliceTables(try SliceTableReader("memory", [RandomAccessFile(memory: bytes)]))
  }

  /// What people name when they mean a checkpoint: its prefix, or one of its files.
  private static func prefix(_ path: String) -> String {
    for suffix in [".index", ".meta"] where path.hasSuffix(suffix) {
      let prefix = String(path.dropLast(suffix.count))
      if fileExists(BundleReader.indexPath(prefix)) { return prefix }
    }
    return path
  }

  /// Every tensor, by name. Follows `get_variable_to_shape_map` and `get_variable_to_dtype_map`.
  ///
  /// - Throws: `DATA_LOSS` when the index is damaged.
  public func entries() throws -> [Entry] {
    switch format {
    case .bundle(let bundle):
      var entries: [Entry] = []
      try bundle.forEach { name, entry in
        entries.append(Self.entry(String(decoding: name, as: UTF8.self), entry))
        return true
      }
      return entries
    case .sliceTables(let tables):
      return tables.entries.map { Self.entry($0.key, $0.value) }
        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
  }

  private static func entry(_ name: String, _ entry: BundleEntry) -> Entry {
    Entry(
      name: name, dtype: entry.dtype, dtypeNumber: entry.dtypeNumber, shape: Shape(entry.dims),
      partCount: max(entry.slices.count, 1))
  }

  private static func entry(_ name: String, _ entry: SliceTableReader.Entry) -> Entry {
    Entry(
      name: name, dtype: entry.dtype, dtypeNumber: entry.dtypeNumber, shape: Shape(entry.dims),
      partCount: max(entry.slices.count, 1))
  }

  /// What is known of one tensor; nil where there is none of that name.
  ///
  /// - Throws: `DATA_LOSS` when the index is damaged.
  public func entry(_ name: String) throws -> Entry? {
    switch format {
    case .bundle(let bundle):
      return try bundle.entry(Array(name.utf8)).map { Self.entry(name, $0) }
    case .sliceTables(let tables): return tables.entries[name].map { Self.entry(name, $0) }
    }
  }

  /// Whether there is a tensor of that name. Follows `has_tensor`.
  ///
  /// - Throws: `DATA_LOSS` when the index is damaged.
  public func contains(_ name: String) throws -> Bool { try entry(name) != nil }

  /// Reads one tensor. Follows `get_tensor`.
  ///
  /// - Throws: `NOT_FOUND` when there is none of that name; `DATA_LOSS` when the file is damaged,
  ///   `UNIMPLEMENTED` for dtypes that have no value outside a process; with file and tensor.
  public func tensor(_ name: String) throws -> Tensor { try tensors([(name, nil)])[0] }

  /// Reads several tensors at once, or parts of them.
  ///
  /// - Throws: as `tensor(_:)`.
  package func tensors(_ requests: [(name: String, slice: TensorSlice?)]) throws -> [Tensor] {
    switch format {
    case .bundle(let bundle):
      var tensors = [Tensor?](repeating: nil, count: requests.count)
      var whole: [BundleReader.Request] = []
      var places: [Int] = []
      for (index, request) in requests.enumerated() {
        guard let entry = try bundle.entry(Array(request.name.utf8)) else {
          throw missing(request.name)
        }
        if entry.slices.isEmpty, request.slice?.isFull != false {
          whole.append(BundleReader.Request(name: request.name, entry: entry))
          places.append(index)
        } else {
          tensors[index] = try bundle.tensor(
            request.name, entry, request.slice ?? TensorSlice(fullOfRank: entry.dims.count))
        }
      }
      for (place, tensor) in zip(places, try bundle.tensors(whole)) { tensors[place] = tensor }
      return tensors.map { $0! }
    case .sliceTables(let tables):
      return try requests.map { name, slice in
        guard let entry = tables.entries[name] else { throw missing(name) }
        return try tables.tensor(name, entry, slice ?? TensorSlice(fullOfRank: entry.dims.count))
      }
    }
  }

  private func missing(_ name: String) -> TFError {
    switch format {
    case .bundle: .notFound("Key \(name) not found in checkpoint \(path)")
    case .sliceTables:
      .notFound("Tensor name \"\(name)\" not found in checkpoint files \(path)")
    }
  }
}
