import Glibc
import Serialization
import Testing

/// Runs of the program that was built beside the tests.
struct JanusProcess {
  var code: Int32
  var output: String
  var errors: String

  /// - Parameter shell: how a shell starts the program, which is `"$0" "$@"`.
  init(_ arguments: [String], shell: String = #"exec "$0" "$@""#) throws {
    var out: [Int32] = [0, 0]
    var err: [Int32] = [0, 0]
    guard pipe(&out) == 0, pipe(&err) == 0 else { throw systemError("pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, out[1], 1)
    posix_spawn_file_actions_adddup2(&actions, err[1], 2)
    for end in out + err { posix_spawn_file_actions_addclose(&actions, end) }
    var argv: [UnsafeMutablePointer<CChar>?] =
      (["/bin/sh", "-c", shell, try Self.program()] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    var child: pid_t = 0
    let started = posix_spawn(&child, "/bin/sh", &actions, nil, &argv, environ)
    close(out[1])
    close(err[1])
    defer {
      close(out[0])
      close(err[0])
    }
    try #require(started == 0)
    var texts: [[UInt8]] = [[], []]
    var isOpen = [true, true]
    var buffer = [UInt8](repeating: 0, count: 4096)
    while isOpen.contains(true) {
      var waiting = [out[0], err[0]].enumerated().map {
        pollfd(fd: isOpen[$0.offset] ? $0.element : -1, events: Int16(POLLIN), revents: 0)
      }
      if poll(&waiting, 2, -1) < 0 { continue }
      for index in 0..<2 where waiting[index].revents != 0 {
        let count = read(waiting[index].fd, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { isOpen[index] = false } else { texts[index] += buffer[..<count] }
      }
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    code = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    output = String(decoding: texts[0], as: UTF8.self)
    errors = String(decoding: texts[1], as: UTF8.self)
  }

  /// Where the program is.
  static func program() throws -> String {
    let own = try #require(realpath("/proc/self/exe", nil))
    defer { free(own) }
    let beside =
      String(cString: own).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/janus"
    // Tests may be run by a program of the toolchain; then the bundle's folder counts.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }.map {
      String($0[..<$0.lastIndex(of: "/")!]) + "/janus"
    }
    return try #require([beside, bundle].compactMap { $0 }.first { access($0, X_OK) == 0 })
  }

  /// Checks that it failed with one line that has all of `parts`.
  func expectOneLine(
    _ parts: [String], code: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(self.code == code, "\(errors)", sourceLocation: sourceLocation)
    #expect(
      errors.hasPrefix("janus: ") && errors.hasSuffix("\n"), "\(errors)",
      sourceLocation: sourceLocation)
    #expect(errors.count { $0 == "\n" } == 1, "\(errors)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(errors.contains(part), "\(errors) lacks \(part)", sourceLocation: sourceLocation)
    }
  }
}
