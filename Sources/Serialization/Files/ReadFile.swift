package import CoreOps
import Glibc

/// The most bytes of a file that is read at once, as of a protocol buffer.
private let mostBytes = 1 << 31

/// All the bytes of a file or a pipe.
///
/// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`, `RESOURCE_EXHAUSTED` for more than 2 GiB or than the
///   memory limit allows, `UNKNOWN`; `DEADLINE_EXCEEDED` when the thread's run is to end.
package func readFile(_ path: String) throws -> [UInt8] {
  let file = try RandomAccessFile(path)
  guard file.size < mostBytes else {
    throw TFError.resourceExhausted("\(path) has \(file.size) bytes; the most is 2 GiB")
  }
  try MemoryLimit.room(for: file.size)
  return try file.bytes(at: 0, count: file.size)
}

/// The last system call's failure.
package func systemError(_ path: String) -> TFError {
  let code: TFError.Code =
    switch errno {
    case ENOENT, ENOTDIR: .notFound
    case EACCES, EPERM: .permissionDenied
    case ENOSPC, EFBIG, EDQUOT, EMFILE, ENFILE, ENOMEM: .resourceExhausted
    case EEXIST: .alreadyExists
    case EISDIR: .failedPrecondition
    default: .unknown
    }
  return TFError(code, "\(path): \(String(cString: strerror(errno)))")
}

/// A file, or bytes in memory, read at any offset. A pipe is read to its end first.
package final class RandomAccessFile: Sendable {
  package let path: String
  package let size: Int
  private let descriptor: Int32
  private let memory: [UInt8]

  /// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`, `FAILED_PRECONDITION` for a folder or a device;
  ///   `DEADLINE_EXCEEDED` when the thread's run is to end before a pipe does.
  package init(_ path: String) throws {
    self.path = path
    // A pipe that no one writes to yet would hold up the call.
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw systemError(path) }
    var isKept = false
    defer { if !isKept { close(opened) } }
    var status = stat()
    guard fstat(opened, &status) == 0 else { throw systemError(path) }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      isKept = true
      descriptor = opened
      memory = []
      size = Int(status.st_size)
    case S_IFIFO, S_IFSOCK:
      descriptor = -1
      memory = try Self.drain(opened, path)
      size = memory.count
    default: throw TFError.failedPrecondition("\(path) is not a regular file")
    }
  }

  /// All that is written to a pipe until its last writer closes it.
  private static func drain(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 50)
      try Cancellation.checkCurrent()
      guard ready > 0 else { continue }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count >= 0 else { throw systemError(path) }
      if count == 0 { return bytes }
      guard bytes.count + count < mostBytes else {
        throw TFError.resourceExhausted("\(path) has more than 2 GiB, which is the most")
      }
      try MemoryLimit.room(for: bytes.count + count)
      bytes += buffer[..<count]
    }
  }

  package init(memory: [UInt8]) {
    path = "memory"
    self.memory = memory
    size = memory.count
    descriptor = -1
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The number under which the file is open; nil for bytes in memory.
  var openDescriptor: Int32? { descriptor >= 0 ? descriptor : nil }

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
      try Cancellation.checkCurrent()
      let count = pread(
        descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 24), offset + done)
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

/// Whether there is something under that path.
package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Whether that path leads to a folder.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
