import CoreOps
import Glibc
import TestSupport
import Testing

@testable import Serialization

/// Files are written to where a path leads, and pipes are read to their end.
@Suite struct FileTests {
  private let folder: TemporaryFolder
  private let old: [UInt8] = [1, 2, 3]
  private let new: [UInt8] = [4, 5]

  init() throws { folder = try TemporaryFolder() }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : 0
  }

  @Test func newFilesHaveTheModeThatTheMaskLeaves() throws {
    let path = folder.file("new")
    try writeFile(path, new)
    let mask = umask(0)
    umask(mask)
    #expect(mode(path) & 0o777 == 0o666 & ~mask)
    #expect(try readFile(path) == new)
    #expect(folder.names == ["new"])
  }

  @Test(arguments: [0o600, 0o755, 0o640] as [mode_t])
  func aFileKeepsItsPermissions(permissions: mode_t) throws {
    let path = folder.file("old")
    try writeFile(path, old)
    chmod(path, permissions)
    try writeFile(path, new)
    #expect(mode(path) & 0o7777 == permissions)
    #expect(try readFile(path) == new)
    #expect(folder.names == ["old"])
  }

  @Test func aLinkStaysALink() throws {
    let (target, link, second) = (folder.file("target"), folder.file("link"), folder.file("second"))
    try writeFile(target, old)
    #expect(symlink("target", link) == 0 && symlink(link, second) == 0)
    for path in [link, second] {
      try writeFile(target, old)
      try writeFile(path, new)
      #expect(mode(path) & S_IFMT == S_IFLNK)
      #expect(try readFile(target) == new)
    }
    #expect(folder.names == ["link", "second", "target"])
  }

  @Test func aLinkToNothingMakesItsTarget() throws {
    #expect(symlink("target", folder.file("link")) == 0)
    try writeFile(folder.file("link"), new)
    #expect(try readFile(folder.file("target")) == new)
    #expect(mode(folder.file("link")) & S_IFMT == S_IFLNK)
    #expect(symlink("loop", folder.file("loop")) == 0)
    #expect(throws: TFError.self) { try writeFile(folder.file("loop"), new) }
  }

  @Test func allNamesOfAFileSeeWhatIsWritten() throws {
    try writeFile(folder.file("one"), old)
    #expect(link(folder.file("one"), folder.file("two")) == 0)
    try writeFile(folder.file("two"), new)
    #expect(try readFile(folder.file("one")) == new)
  }

  @Test func aPipeIsWrittenAndReadAndStaysAPipe() throws {
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let bytes = [UInt8](repeating: 7, count: 300_000)
    let writer = Thread.start { try writeFile(path, bytes) }
    #expect(try readFile(path) == bytes)
    try writer.join()
    #expect(mode(path) & S_IFMT == S_IFIFO)
    #expect(folder.names == ["pipe"])
  }

  @Test func aPipeThatNoOneWritesToIsLeftAtTheTimeOut() throws {
    let path = folder.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: TFError.self) {
      try Cancellation(timeout: 0.1).whileCurrent { try readFile(path) }
    }
    #expect(error?.code == .deadlineExceeded)
  }

  @Test func whatCannotBeWrittenIsLeftAsItWas() throws {
    let path = folder.file("old")
    try writeFile(path, old)
    #expect(throws: TFError.self) { try writeFile(path + "/x", new) }
    #expect(throws: TFError.self) { try writeFile(folder.path, new) }
    #expect(throws: TFError.self) { try writeFile(folder.file("no/such"), new) }
    #expect(try readFile(path) == old)
    #expect(folder.names == ["old"])
  }

  /// A thread that may throw.
  private final class Thread: @unchecked Sendable {
    private var thread = pthread_t()
    private let work: @Sendable () throws -> Void
    private var failure: (any Error)?

    private init(_ work: @escaping @Sendable () throws -> Void) { self.work = work }

    static func start(_ work: @escaping @Sendable () throws -> Void) -> Thread {
      let own = Thread(work)
      pthread_create(
        &own.thread, nil,
        { pointer in
          let own = Unmanaged<Thread>.fromOpaque(pointer!).takeRetainedValue()
          do { try own.work() } catch { own.failure = error }
          return nil
        }, Unmanaged.passRetained(own).toOpaque())
      return own
    }

    func join() throws {
      pthread_join(thread, nil)
      if let failure { throw failure }
    }
  }
}
