public import CoreOps

/// What `tf.train` has in both styles: checkpoints as files.
public protocol TrainAPI {}

extension TrainAPI {
  public typealias CheckpointState = Serialization.CheckpointState

  /// The prefix of the newest checkpoint in a folder. Follows `tf.train.latest_checkpoint`.
  ///
  /// - Returns: nil where the folder has no state file, or the checkpoint that it names is gone.
  /// - Throws: as reading the state file.
  public static func latestCheckpoint(_ checkpointDir: String, latestFilename: String? = nil) throws
    -> String?
  {
    let state = try CheckpointState(folder: checkpointDir, latestFilename: latestFilename)
    guard let path = state?.modelCheckpointPath, checkpointExists(path) else { return nil }
    return path
  }

  /// What a folder's state file says. Follows `tf.train.get_checkpoint_state`.
  ///
  /// - Throws: `INVALID_ARGUMENT` or `DATA_LOSS` when the file is damaged.
  public static func getCheckpointState(_ checkpointDir: String, latestFilename: String? = nil)
    throws -> CheckpointState?
  {
    try CheckpointState(folder: checkpointDir, latestFilename: latestFilename)
  }

  /// Whether there is a checkpoint of either format under a prefix. Follows
  /// `tf.compat.v1.train.checkpoint_exists`.
  public static func checkpointExists(_ checkpointPrefix: String) -> Bool {
    fileExists(BundleReader.indexPath(checkpointPrefix))
      || SliceTableReader.exists(checkpointPrefix)
  }

  /// Opens a checkpoint, or the newest one in a folder. Follows `tf.train.load_checkpoint`.
  ///
  /// - Throws: `NOT_FOUND` where there is none; `DATA_LOSS`.
  public static func loadCheckpoint(_ ckptDirOrFile: String) throws -> CheckpointReader {
    var path = ckptDirOrFile
    if isFolder(path) {
      guard let latest = try latestCheckpoint(path) else {
        throw TFError.notFound(
          "Couldn't find 'checkpoint' file or checkpoints in given directory \(path)")
      }
      path = latest
    }
    return try CheckpointReader(path)
  }

  /// The names and shapes in a checkpoint. Follows `tf.train.list_variables`.
  ///
  /// - Throws: as `loadCheckpoint(_:)`.
  public static func listVariables(_ ckptDirOrFile: String) throws -> [(name: String, shape: [Int])]
  {
    try loadCheckpoint(ckptDirOrFile).entries().map { ($0.name, $0.shape.dims) }
  }

  /// One tensor of a checkpoint. Follows `tf.train.load_variable`.
  ///
  /// - Throws: as `loadCheckpoint(_:)` and `CheckpointReader.tensor(_:)`.
  public static func loadVariable(_ ckptDirOrFile: String, _ name: String) throws -> Tensor {
    try loadCheckpoint(ckptDirOrFile).tensor(name)
  }

  /// Removes the files of a checkpoint. Follows `tf.compat.v1.train.remove_checkpoint`.
  public static func removeCheckpoint(_ checkpointPrefix: String) {
    CheckpointFiles.remove(checkpointPrefix)
  }
}
