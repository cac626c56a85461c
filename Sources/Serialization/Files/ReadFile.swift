package import CoreOps
import Glibc

/// All the bytes of a file.
///
/// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`, `RESOURCE_EXHAUSTED` for more than 2 GiB, `UNKNOWN`.
package func readFile(_ path: String) throws -> [UInt8] {
  let file = try RandomAccessFile(path)
  guard file.size < 1 << 31 else {
    throw TFError.resourceExhausted("\(path) has \(file.size) bytes; the most is 2 GiB")
  }
  return try [UInt8](unsafeUninitializedCapacity: file.size) { buffer, count in
    try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
    count = file.size
  }
}

/// Writes a file whole or not at all: under another name first, then renamed.
///
/// - Throws: as the system says.
package func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  let temporary = "\(path).\(getpid()).tmp"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw systemError(path) }
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, $0.count - done) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else {
      let error = systemError(path)
      close(descriptor)
      unlink(temporary)
      throw error
    }
    done += count
  }
  guard close(descriptor) == 0, rename(temporary, path) == 0 else {
    let error = systemError(path)
    unlink(temporary)
    throw error
  }
}

/// The last system call's failure.
package func systemError(_ path: String) -> TFError {
  let code: TFError.Code =
    switch errno {
    case ENOENT, ENOTDIR: .notFound
    case EACCES, EPERM: .permissionDenied
    case ENOSPC, EMFILE, ENFILE, ENOMEM: .resourceExhausted
    case EEXIST: .alreadyExists
    case EISDIR: .failedPrecondition
    default: .unknown
    }
  return TFError(code, "\(path): \(String(cString: strerror(errno)))")
}

/// A file, or bytes in memory, read at any offset.
package final class RandomAccessFile: Sendable {
  package let path: String
  package let size: Int
  private let descriptor: Int32
  private let memory: [UInt8]

  /// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`, `FAILED_PRECONDITION` for a folder.
  package init(_ path: String) throws {
    self.path = path
    memory = []
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = systemError(path)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TFError.failedPrecondition("\(path) is not a regular file")
    }
    size = Int(status.st_size)
  }

  package init(memory: [UInt8]) {
    path = "memory"
    self.memory = memory
    size = memory.count
    descriptor = -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Fills `buffer` from `offset` on.
  ///
  /// - Throws: `DATA_LOSS` when the file ends before.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, offset <= size, buffer.count <= size - offset else {
      throw TFError(.dataLoss, "\(path) ends before byte \(offset &+ buffer.count)")
    }
    if descriptor < 0 {
      memory.withUnsafeBytes {
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
      }
      return
    }
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw systemError(path) }
      guard count > 0 else { throw TFError(.dataLoss, "\(path) became shorter while it was read") }
      done += count
    }
  }

  package func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard count >= 0, count <= size else {
      throw TFError(.dataLoss, "\(path) ends before byte \(offset &+ count)")
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      filled = count
    }
  }
}
