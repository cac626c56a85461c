import CoreOps
import Foundation
public import OpsRecords
import Serialization
public import V1Graph

/// Files by their paths, for `tf.gfile` and `tf.io.gfile`.
enum FileSystem {
  static func exists(_ path: String) -> Bool { fileExists(path) }
  static func isDirectory(_ path: String) -> Bool { isFolder(path) }

  static func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o777) == 0 else { throw failure(path) }
  }

  static func makeDirectories(_ path: String) throws {
    guard !isFolder(path) else { return }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw TFError(.failedPrecondition, "\(path); cannot make the folder")
    }
  }

  static func list(_ path: String) throws -> [String] {
    guard isFolder(path) else { throw TFError.notFound("Could not find directory \(path)") }
    do { return try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
      throw TFError(.permissionDenied, "\(path); cannot be listed")
    }
  }

  static func remove(_ path: String) throws {
    if isFolder(path) { throw TFError.failedPrecondition("\(path); Is a directory") }
    guard unlink(path) == 0 else { throw failure(path) }
  }

  static func removeAll(_ path: String) throws {
    guard exists(path) else { throw TFError.notFound("\(path); No such file or directory") }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw TFError(.permissionDenied, "\(path); cannot be removed")
    }
  }

  static func copy(_ source: String, _ target: String, overwrite: Bool) throws {
    try checkFree(target, overwrite)
    try writeFile(target, readFile(source))
  }

  static func rename(_ source: String, _ target: String, overwrite: Bool) throws {
    try checkFree(target, overwrite)
    guard Foundation.rename(source, target) == 0 else { throw failure(source) }
  }

  private static func checkFree(_ target: String, _ overwrite: Bool) throws {
    guard overwrite || !exists(target) else {
      throw TFError(.alreadyExists, "file already exists")
    }
  }

  static func glob(_ patterns: [String]) throws -> [String] {
    try patterns.flatMap { try matchingFiles($0) }
  }

  static func statistics(_ path: String) throws -> FileStatistics {
    var info = stat()
    guard stat(path, &info) == 0 else { throw failure(path) }
    return FileStatistics(
      length: Int(info.st_size),
      mtimeNsec: Int(info.st_mtim.tv_sec) * 1_000_000_000 + Int(info.st_mtim.tv_nsec),
      isDirectory: info.st_mode & S_IFMT == S_IFDIR)
  }

  static func walk(_ top: String, topdown: Bool) throws -> [FolderEntry] {
    guard isFolder(top) else { return [] }
    var folders: [String] = []
    var files: [String] = []
    for name in try list(top) {
      if isFolder("\(top)/\(name)") { folders.append(name) } else { files.append(name) }
    }
    let own = FolderEntry(path: top, folders: folders, files: files)
    let inner = try folders.flatMap { try walk("\(top)/\($0)", topdown: topdown) }
    return topdown ? [own] + inner : inner + [own]
  }

  static func failure(_ path: String) -> TFError {
    let code: TFError.Code =
      switch errno {
      case ENOENT: .notFound
      case EACCES, EPERM: .permissionDenied
      case EEXIST: .alreadyExists
      case ENOTEMPTY, EISDIR, ENOTDIR: .failedPrecondition
      default: .unknown
      }
    return TFError(code, "\(path); \(String(cString: strerror(errno)))")
  }
}

/// What a file system knows of a file. Follows `tf.io.gfile.stat`.
public struct FileStatistics: Sendable, Hashable {
  /// Bytes.
  public let length: Int
  /// When it was changed, in nanoseconds since 1970.
  public let mtimeNsec: Int
  public let isDirectory: Bool
}

/// A folder and what is in it. Follows the elements of `tf.io.gfile.walk`.
public struct FolderEntry: Sendable, Hashable {
  public let path: String
  public let folders: [String]
  public let files: [String]
}

/// A file that is read or written in parts. Follows `tf.io.gfile.GFile`.
///
/// What is written goes into the file when it is flushed or closed.
public final class GFile {
  public let name: String
  public let mode: String
  private var content: [UInt8]?
  private var position = 0
  private var written: [UInt8] = []
  private var isClosed = false

  /// - Parameters:
  ///   - name: the path.
  ///   - mode: `r`, `w`, `a`, each also with `b` or `+`.
  /// - Throws: `INVALID_ARGUMENT` for another mode; for writing, as the system says.
  public init(_ name: String, _ mode: String = "r") throws {
    let kinds = ["r", "w", "a", "r+", "w+", "a+"]
    guard kinds.contains(mode.filter { $0 != "b" }) else {
      throw TFError.invalidArgument("mode is not 'r' or 'w' or 'a': \(mode)")
    }
    self.name = name
    self.mode = mode.filter { $0 != "b" }
    if self.mode.hasPrefix("w") { try writeFile(name, []) }
    if self.mode.hasPrefix("a"), fileExists(name) { written = try readFile(name) }
  }

  /// The same by label.
  public convenience init(name: String, mode: String = "r") throws { try self.init(name, mode) }

  private var canRead: Bool { mode == "r" || mode.hasSuffix("+") }
  private var canWrite: Bool { mode != "r" }

  private func loaded() throws -> [UInt8] {
    guard canRead else { throw TFError(.permissionDenied, "File isn't open for reading") }
    if let content { return content }
    try flush()
    let bytes = try readFile(name)
    content = bytes
    return bytes
  }

  /// The next `n` bytes, or all that are left.
  ///
  /// - Throws: `PERMISSION_DENIED` for a file that is open for writing; as the system says.
  public func readBytes(_ n: Int = -1) throws -> [UInt8] {
    let bytes = try loaded()
    let end = n < 0 ? bytes.count : min(bytes.count, position + min(n, bytes.count - position))
    defer { position = end }
    return Array(bytes[min(position, end)..<end])
  }

  /// The same as text. Follows `GFile.read`.
  public func read(_ n: Int = -1) throws -> String {
    String(decoding: try readBytes(n), as: UTF8.self)
  }

  /// The next line with its end; empty at the end of the file. Follows `GFile.readline`.
  public func readline() throws -> String {
    let bytes = try loaded()
    guard position < bytes.count else { return "" }
    let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
    defer { position = end }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  /// The lines that are left, with their ends. Follows `GFile.readlines`.
  public func readlines() throws -> [String] {
    var lines: [String] = []
    while case let line = try readline(), !line.isEmpty { lines.append(line) }
    return lines
  }

  /// Appends text. Follows `GFile.write`.
  ///
  /// - Throws: `PERMISSION_DENIED` for a file that is open for reading.
  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws {
    guard canWrite, !isClosed else {
      throw TFError(.permissionDenied, "File isn't open for writing")
    }
    written += bytes
    content = nil
  }

  /// Moves to a byte from the start. Follows `GFile.seek`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a negative offset; as reading.
  public func seek(_ offset: Int) throws {
    try require(offset >= 0, "Offset \(offset) is negative")
    position = min(offset, try loaded().count)
  }

  /// Where the next read begins. Follows `GFile.tell`.
  public func tell() -> Int { canRead ? position : written.count }

  /// Bytes. Follows `GFile.size`.
  public func size() throws -> Int {
    try flush()
    return try FileSystem.statistics(name).length
  }

  /// Follows `GFile.flush`.
  public func flush() throws {
    if canWrite, !isClosed, mode != "r+" || !written.isEmpty { try writeFile(name, written) }
  }

  /// Follows `GFile.close`.
  public func close() throws {
    try flush()
    isClosed = true
  }

  /// Runs `body` with a file and closes it. Follows `with tf.gfile.GFile(…) as f`.
  public static func with<R>(
    _ name: String, _ mode: String = "r", _ body: (GFile) throws -> R
  ) throws -> R {
    let file = try GFile(name, mode)
    let result = try body(file)
    try file.close()
    return result
  }
}

/// `tf.gfile`.
public enum V1GFile {
  public typealias GFile = V1Runtime.GFile
  public typealias FastGFile = V1Runtime.GFile
  public typealias Open = V1Runtime.GFile

  /// Follows `tf.compat.v1.gfile.Exists`.
  public static func exists(_ filename: String) -> Bool { FileSystem.exists(filename) }
  /// Follows `tf.compat.v1.gfile.IsDirectory`.
  public static func isDirectory(_ dirname: String) -> Bool { FileSystem.isDirectory(dirname) }
  /// Makes one folder. Follows `tf.compat.v1.gfile.MkDir`.
  public static func mkDir(_ dirname: String) throws { try FileSystem.makeDirectory(dirname) }
  /// Makes a folder and those above it. Follows `tf.compat.v1.gfile.MakeDirs`.
  public static func makeDirs(_ dirname: String) throws {
    try FileSystem.makeDirectories(dirname)
  }
  /// The names of what is in a folder. Follows `tf.compat.v1.gfile.ListDirectory`.
  public static func listDirectory(_ dirname: String) throws -> [String] {
    try FileSystem.list(dirname)
  }
  /// The files that match a pattern. Follows `tf.compat.v1.gfile.Glob`.
  public static func glob(_ filename: String) throws -> [String] {
    try FileSystem.glob([filename])
  }
  /// The same of several patterns.
  public static func glob(_ filename: [String]) throws -> [String] {
    try FileSystem.glob(filename)
  }
  /// Follows `tf.compat.v1.gfile.Remove`.
  public static func remove(_ filename: String) throws { try FileSystem.remove(filename) }
  /// Removes a folder and what is in it. Follows `tf.compat.v1.gfile.DeleteRecursively`.
  public static func deleteRecursively(_ dirname: String) throws {
    try FileSystem.removeAll(dirname)
  }
  /// Follows `tf.compat.v1.gfile.Copy`.
  public static func copy(_ oldpath: String, _ newpath: String, overwrite: Bool = false) throws {
    try FileSystem.copy(oldpath, newpath, overwrite: overwrite)
  }
  /// Follows `tf.compat.v1.gfile.Rename`.
  public static func rename(_ oldname: String, _ newname: String, overwrite: Bool = false) throws {
    try FileSystem.rename(oldname, newname, overwrite: overwrite)
  }
  /// Follows `tf.compat.v1.gfile.Stat`.
  public static func stat(_ filename: String) throws -> FileStatistics {
    try FileSystem.statistics(filename)
  }
  /// The folders at and under `top`. Follows `tf.compat.v1.gfile.Walk`.
  public static func walk(_ top: String, inOrder: Bool = true) throws -> [FolderEntry] {
    try FileSystem.walk(top, topdown: inOrder)
  }
}

/// `tf.io.gfile`.
public enum IOGFile {
  public typealias GFile = V1Runtime.GFile

  /// Follows `tf.io.gfile.exists`.
  public static func exists(_ path: String) -> Bool { FileSystem.exists(path) }
  /// Follows `tf.io.gfile.isdir`.
  public static func isdir(_ path: String) -> Bool { FileSystem.isDirectory(path) }
  /// Follows `tf.io.gfile.mkdir`.
  public static func mkdir(_ path: String) throws { try FileSystem.makeDirectory(path) }
  /// Follows `tf.io.gfile.makedirs`.
  public static func makedirs(_ path: String) throws { try FileSystem.makeDirectories(path) }
  /// Follows `tf.io.gfile.listdir`.
  public static func listdir(_ path: String) throws -> [String] { try FileSystem.list(path) }
  /// Follows `tf.io.gfile.glob`.
  public static func glob(_ pattern: String) throws -> [String] { try FileSystem.glob([pattern]) }
  /// Follows `tf.io.gfile.remove`.
  public static func remove(_ path: String) throws { try FileSystem.remove(path) }
  /// Follows `tf.io.gfile.rmtree`.
  public static func rmtree(_ path: String) throws { try FileSystem.removeAll(path) }
  /// Follows `tf.io.gfile.copy`.
  public static func copy(_ src: String, _ dst: String, overwrite: Bool = false) throws {
    try FileSystem.copy(src, dst, overwrite: overwrite)
  }
  /// Follows `tf.io.gfile.rename`.
  public static func rename(_ src: String, _ dst: String, overwrite: Bool = false) throws {
    try FileSystem.rename(src, dst, overwrite: overwrite)
  }
  /// Follows `tf.io.gfile.stat`.
  public static func stat(_ path: String) throws -> FileStatistics {
    try FileSystem.statistics(path)
  }
  /// Follows `tf.io.gfile.walk`.
  public static func walk(_ top: String, topdown: Bool = true) throws -> [FolderEntry] {
    try FileSystem.walk(top, topdown: topdown)
  }
}

extension V1API { public typealias gfile = V1GFile }
extension IOAPI { public typealias gfile = IOGFile }
