import CoreOps
import Glibc

/// Puts bundles that were written apart under one name, as `MergeV2Checkpoints` does: their shards
/// are renamed, not copied.
package enum BundleMerge {
  /// - Parameters:
  ///   - removesFolders: whether the folders that the parts were in go once they are empty.
  ///   - allowsMissing: whether parts that are not there are passed over.
  /// - Throws: `NOT_FOUND`, `DATA_LOSS`, `INVALID_ARGUMENT` where two parts have the same tensor.
  package static func merge(
    _ parts: [String], into path: String, removesFolders: Bool, allowsMissing: Bool
  ) throws {
    var readers: [BundleReader] = []
    for part in parts {
      guard fileExists(BundleReader.indexPath(part)) else {
        if allowsMissing { continue }
        throw TFError.invalidArgument(
          "allow_missing_files was set to false and \(part) did not exist.")
      }
      readers.append(try BundleReader(part))
    }
    guard !readers.isEmpty else {
      throw TFError.invalidArgument(
        "At least one prefix checkpoint file must exist, but none existed.")
    }
    try makeFolder(for: path)
    let own = readers.reduce(0) { $0 + max($1.shardCount, 1) }
    // Names of an earlier checkpoint's shards stay free of new bytes until the index is replaced.
    var count = own
    func target(_ shard: Int) -> String {
      BundleReader.dataPath(path, count - own + shard, of: count)
    }
    while (0..<own).contains(where: { fileExists(target($0)) }) { count += 1 }
    var entries: [[UInt8]: BundleEntry] = [:]
    var moves: [(from: String, to: String)] = []
    for reader in readers {
      let first = moves.count
      for shard in 0..<max(reader.shardCount, 1) {
        let from = BundleReader.dataPath(reader.prefix, shard, of: reader.shardCount)
        moves.append((from, target(first + shard)))
      }
      try reader.forEachKey { key, entry in
        var entry = entry
        if entry.slices.isEmpty {
          entry.shard += count - own + first
        } else if let known = entries[key] {
          guard known.dtypeNumber == entry.dtypeNumber, known.dims == entry.dims else {
            throw TFError.invalidArgument(
              """
              parts of tensor \(String(decoding: key, as: UTF8.self)) have different dtypes or \
              shapes
              """
            )
          }
          entry.slices = known.slices + entry.slices
        }
        guard entries[key] == nil || !entry.slices.isEmpty else {
          throw TFError.invalidArgument(
            """
            Duplicate tensor keyed by \(String(decoding: key, as: UTF8.self)) encountered, when \
            merging prefix: \(reader.prefix)
            """
          )
        }
        entries[key] = entry
      }
    }
    let index = try BundleIndex.write(entries, BundleHeader(shardCount: count), to: path)
    // A shard that no tensor lies in need not be there.
    let used = Set(entries.values.filter(\.slices.isEmpty).map(\.shard))
    for (number, move) in moves.enumerated() where rename(move.from, move.to) != 0 {
      if errno == ENOENT, !used.contains(count - own + number) { continue }
      throw systemError(move.from)
    }
    syncFolder(of: path)
    try index.finish()
    syncFolder(of: path)
    let kept = Set(moves.map(\.to))
    for old in CheckpointFiles.shards(of: path) where !kept.contains(old) { unlink(old) }
    for reader in readers {
      unlink(BundleReader.indexPath(reader.prefix))
      if removesFolders {
        let folder = CheckpointFiles.split(reader.prefix).folder
        if !folder.isEmpty { rmdir(folder) }
      }
    }
  }
}
