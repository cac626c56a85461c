import CProtos
import CoreOps
import Glibc

/// Which checkpoints of a program there are in a folder, and which is the newest: what the text
/// file `checkpoint` beside them says. Follows `tf.train.CheckpointState`.
public struct CheckpointState: Sendable, Hashable {
  /// The newest one's prefix.
  public var modelCheckpointPath = ""
  /// The prefixes of all that are kept, the oldest first.
  public var allModelCheckpointPaths: [String] = []
  /// When each was written, in seconds since 1970; as many as paths, or none.
  public var allModelCheckpointTimestamps: [Double] = []
  /// When the last one was written that is kept for good.
  public var lastPreservedTimestamp = 0.0

  public init() {}

  /// The file's name where a program gives none.
  public static let fileName = "checkpoint"

  static func path(_ folder: String, _ name: String?) -> String {
    folder.isEmpty ? name ?? fileName : "\(folder)/\(name ?? fileName)"
  }

  /// Reads the state of a folder, with paths that lead from where the program runs.
  ///
  /// - Returns: nil where there is no such file.
  /// - Throws: `INVALID_ARGUMENT` or `DATA_LOSS` when the file is not such a state.
  public init?(folder: String, latestFilename: String? = nil) throws {
    let path = Self.path(folder, latestFilename)
    guard fileExists(path) else { return nil }
    let bytes = try readFile(path)
    do {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TFError(.dataLoss, "the text is not valid UTF-8")
      }
      try self.init(text: text)
    } catch let error as TFError {
      throw TFError(error.code, "\(path): \(error.message)")
    }
    guard !folder.isEmpty else { return }
    func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
    modelCheckpointPath = modelCheckpointPath.isEmpty ? "" : resolved(modelCheckpointPath)
    allModelCheckpointPaths = allModelCheckpointPaths.map(resolved)
  }

  /// Reads the text of a state file, with the paths as they stand in it.
  ///
  /// - Throws: `INVALID_ARGUMENT` with line and column, `DATA_LOSS`.
  package init(text: String) throws {
    let schema = jk_schema_checkpoint_state()!
    let bytes = try TextFormat.parse(text, as: schema)
    let arena = try ProtoArena()
    try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__CheckpointState> = try arena.unpack(
        schema, bytes)
      let m = message.pointee
      modelCheckpointPath = try m.model_checkpoint_path.text("model_checkpoint_path")
      allModelCheckpointPaths = try texts(
        m.n_all_model_checkpoint_paths, m.all_model_checkpoint_paths, "all_model_checkpoint_paths")
      allModelCheckpointTimestamps = Array(
        UnsafeBufferPointer(
          start: m.all_model_checkpoint_timestamps, count: m.n_all_model_checkpoint_timestamps))
      lastPreservedTimestamp = m.last_preserved_timestamp
    }
  }

  /// The text of a state file.
  package func text() throws -> String {
    let schema = jk_schema_checkpoint_state()!
    let arena = try ProtoArena()
    return try withExtendedLifetime(arena) {
      let message = try arena.make(Tensorflow__CheckpointState.self, schema)
      message.pointee.model_checkpoint_path = try arena.bytes(modelCheckpointPath)
      message.pointee.n_all_model_checkpoint_paths = allModelCheckpointPaths.count
      message.pointee.all_model_checkpoint_paths = try arena.list(
        allModelCheckpointPaths.map { try arena.bytes($0) })
      message.pointee.n_all_model_checkpoint_timestamps = allModelCheckpointTimestamps.count
      message.pointee.all_model_checkpoint_timestamps = try arena.list(allModelCheckpointTimestamps)
      message.pointee.last_preserved_timestamp = lastPreservedTimestamp
      return try TextFormat.print(packed(message), as: schema)
    }
  }

  /// Writes the state of a folder.
  ///
  /// - Throws: as the system says; the earlier file is then as it was.
  public func write(folder: String, latestFilename: String? = nil) throws {
    var state = self
    // Where the folder is named from here, so are its checkpoints: the file names them from the
    // folder, which may move.
    if !folder.isEmpty, !folder.hasPrefix("/") {
      func relative(_ path: String) -> String {
        path.hasPrefix("\(folder)/") ? String(path.dropFirst(folder.count + 1)) : path
      }
      state.modelCheckpointPath = relative(modelCheckpointPath)
      state.allModelCheckpointPaths = allModelCheckpointPaths.map(relative)
    }
    let path = Self.path(folder, latestFilename)
    let stream = try FileStream(path)
    try stream.write(Array(state.text().utf8))
    try stream.finish()
    syncFolder(of: path)
  }
}

/// Keeps the last checkpoints of a program, and one every so many hours for good: what
/// `tf.compat.v1.train.Saver` does with those it wrote.
public struct CheckpointKeeper: Sendable {
  /// How many of the last to keep; 0 for all.
  public var maxToKeep: Int
  /// How many hours lie between those that are kept for good.
  public var keepEveryNHours: Double
  /// The checkpoints that may yet go, the oldest first, with when they were written.
  public private(set) var last: [(path: String, time: Double)] = []
  private var nextKept: Double
  private var lastPreserved: Double

  /// - Parameter start: seconds since 1970 from which the hours count; nil for now.
  public init(maxToKeep: Int = 5, keepEveryNHours: Double = 10_000, start: Double? = nil) {
    self.maxToKeep = maxToKeep
    self.keepEveryNHours = keepEveryNHours
    let start = start ?? Self.now
    lastPreserved = start
    nextKept = start + keepEveryNHours * 3600
  }

  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Notes a checkpoint that was written, writes the folder's state, and removes what is no longer
  /// kept.
  ///
  /// - Parameter time: when it was written, in seconds since 1970; nil for now.
  /// - Throws: as the system says, where the state file cannot be written; nothing is removed then.
  public mutating func saved(_ path: String, latestFilename: String? = nil, time: Double? = nil)
    throws
  {
    let time = time ?? Self.now
    last.removeAll { $0.path == path }
    last.append((path, time))
    var removed: [String] = []
    var keeper = self
    if maxToKeep > 0, keeper.last.count > maxToKeep {
      let oldest = keeper.last.removeFirst()
      if oldest.time > nextKept {
        keeper.nextKept += keepEveryNHours * 3600
        keeper.lastPreserved = oldest.time
      } else {
        removed.append(oldest.path)
      }
    }
    var state = CheckpointState()
    state.modelCheckpointPath = path
    state.allModelCheckpointPaths = keeper.last.map(\.path)
    state.allModelCheckpointTimestamps = keeper.last.map(\.time)
    state.lastPreservedTimestamp = keeper.lastPreserved
    let folder = CheckpointFiles.split(path).folder
    try state.write(
      folder: folder.count > 1 ? String(folder.dropLast()) : folder, latestFilename: latestFilename)
    self = keeper
    for path in removed { CheckpointFiles.remove(path) }
  }
}
