import CoreOps
import Glibc

/// Writes bytes to where a path leads.
///
/// A file is written whole or not at all: under another name first, which then takes its place. It
/// keeps its permissions, and a symbolic link to it stays a link. What cannot be replaced is
/// written in place: a device, a pipe, a file with several names, a file in a folder that takes no
/// new ones, and what standard output or standard error already leads to.
///
/// - Throws: as the system says.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  var status = stat()
  guard stat(path, &status) == 0 else {
    guard errno == ENOENT else { throw systemError(path) }
    // Nothing is there, or a link to nothing.
    return try replaceFile(linkTarget(path), bytes, like: nil, for: path)
  }
  for descriptor in [Int32(1), 2] {
    var own = stat()
    guard fstat(descriptor, &own) == 0, own.st_dev == status.st_dev, own.st_ino == status.st_ino,
      status.st_mode & S_IFMT != S_IFCHR
    else { continue }
    // It is written from where it stands: a file that another process appends to stays whole.
    return try writeAll(bytes, to: descriptor, path)
  }
  guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
    return try writeInPlace(path, bytes, truncating: status.st_mode & S_IFMT == S_IFREG)
  }
  guard access(path, W_OK) == 0 else { throw systemError(path) }
  guard let resolved = realpath(path, nil) else { throw systemError(path) }
  defer { free(resolved) }
  try replaceFile(String(cString: resolved), bytes, like: status, for: path)
}

/// Where a chain of symbolic links ends.
private func linkTarget(_ path: String) throws -> String {
  var path = path
  for _ in 0..<40 {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    guard count >= 0 else { return path }
    guard count < buffer.count else {
      errno = ENAMETOOLONG
      throw systemError(path)
    }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    path = target.hasPrefix("/") ? target : folder + target
  }
  errno = ELOOP
  throw systemError(path)
}

/// - Parameters:
///   - status: of the file that is replaced; nil where there is none.
///   - name: what errors call it.
private func replaceFile(
  _ path: String, _ bytes: [UInt8], like status: stat?, for name: String
) throws {
  let temporary = FileStream.temporaryPath(path)
  unlink(temporary)
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else {
    if status != nil, [EACCES, EPERM, EROFS, ENAMETOOLONG].contains(errno) {
      return try writeInPlace(path, bytes, truncating: true)
    }
    throw systemError(name)
  }
  UnfinishedFile.add(temporary)
  defer { UnfinishedFile.forget(temporary) }
  do {
    defer { close(descriptor) }
    if let status {
      // Another owner's file becomes one's own, where that owner cannot be kept.
      _ = fchown(descriptor, status.st_uid, status.st_gid)
      guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw systemError(name) }
    }
    try writeAll(bytes, to: descriptor, name)
    guard rename(temporary, path) == 0 else { throw systemError(name) }
  } catch {
    unlink(temporary)
    throw error
  }
}

private func writeInPlace(_ path: String, _ bytes: [UInt8], truncating: Bool) throws {
  let descriptor = open(path, O_WRONLY | O_CLOEXEC | (truncating ? O_TRUNC : 0))
  guard descriptor >= 0 else { throw systemError(path) }
  defer { close(descriptor) }
  try writeAll(bytes, to: descriptor, path)
}

/// Writes to an open file.
///
/// - Throws: as the system says, with `name`.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ name: String) throws {
  try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, name) }
}

/// As for an array.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ name: String) throws {
  var done = 0
  while done < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
    if count > 0 {
      done += count
      continue
    }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&waiting, 1, 50)
      try Cancellation.checkCurrent()
    default: throw systemError(name)
    }
  }
}

/// The files that are being written, under their other names: whoever ends the process removes
/// them.
package enum UnfinishedFile {
  private static let paths = Lock<Set<String>>([])

  static func add(_ path: String) { paths.withLock { _ = $0.insert(path) } }
  static func forget(_ path: String) { paths.withLock { _ = $0.remove(path) } }

  package static func remove() {
    _ = paths.withLockIfAvailable { paths in
      for path in paths { unlink(path) }
    }
  }
}
