import CoreOps
import Glibc
import Synchronization

/// A file that is written piece by piece under another name, and then takes its place: whoever
/// looks sees the old file or the whole new one, also when the process or the machine stops
/// meanwhile.
final class FileStream {
  /// What errors call it.
  let path: String
  private let temporary: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// How many bytes were written.
  private(set) var size = 0
  private var isFinished = false

  private static let bufferSize = 1 << 18
  private static let count = Atomic<Int>(0)

  /// A name beside `path` that nobody else takes.
  static func temporaryPath(_ path: String) -> String {
    let number = count.add(1, ordering: .relaxed).oldValue
    return "\(path).\(getpid()).\(number).tmp"
  }

  /// - Throws: as the system says, with `path`.
  init(_ path: String) throws {
    self.path = path
    temporary = Self.temporaryPath(path)
    unlink(temporary)
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemError(path) }
    UnfinishedFile.add(temporary)
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(temporary) }
    UnfinishedFile.forget(temporary)
  }

  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    size += bytes.count
    if bytes.count < Self.bufferSize {
      buffer.append(contentsOf: bytes)
      if buffer.count >= Self.bufferSize { try flush() }
      return
    }
    try flush()
    try writeAll(bytes, to: descriptor, path)
  }

  private func flush() throws {
    try writeAll(buffer, to: descriptor, path)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what is left to the disk.
  func sync() throws {
    try flush()
    while fsync(descriptor) != 0 {
      // Some file systems and devices have nothing to sync.
      guard errno == EINTR else {
        if errno == EINVAL || errno == ENOTSUP { return }
        throw systemError(path)
      }
    }
  }

  /// Syncs the file and gives it its name.
  ///
  /// - Parameter name: nil for the path that the stream was made for.
  func finish(as name: String? = nil) throws {
    try sync()
    guard rename(temporary, name ?? path) == 0 else { throw systemError(name ?? path) }
    isFinished = true
  }
}

/// Syncs the names in the folder of a file, so that a rename lasts.
func syncFolder(of path: String) {
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  // Where a folder cannot be synced, the system decides when its names reach the disk.
  _ = fsync(descriptor)
  close(descriptor)
}

/// Makes the folder that a file goes into, if its parent is there.
///
/// - Throws: as the system says.
func makeFolder(for path: String) throws {
  guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
  let folder = String(path[..<slash])
  guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw systemError(folder) }
}

/// Makes the folder that a file goes into, and those that it lies in.
///
/// - Throws: as the system says.
package func makeFolders(for path: String) throws {
  guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
  let folder = String(path[..<slash])
  if isFolder(folder) { return }
  try makeFolders(for: folder)
  guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw systemError(folder) }
}
