import CoreOps
import Glibc
import TestSupport

/// The files that rows of the case table write, in a folder that goes when the process ends.
enum TestFiles {
  private struct State {
    var folder: TemporaryFolder?
    var count = 0
  }

  private static let state: Lock<State> = {
    atexit { TestFiles.end() }
    return Lock(State())
  }()

  private static func end() { state.withLock { $0.folder = nil } }

  /// A path that no one had before: a row runs many times, on several threads.
  static func path(_ name: String) throws -> String {
    try state.withLock { state in
      let folder = try state.folder ?? TemporaryFolder()
      state.folder = folder
      state.count += 1
      return folder.file("\(name)-\(state.count)")
    }
  }

  /// Lets names without a folder be files in the folder of the rows: what is made of random texts
  /// writes nowhere else.
  static func enterFolder() throws {
    try state.withLock { state in
      let folder = try state.folder ?? TemporaryFolder()
      state.folder = folder
      guard chdir(folder.path) == 0 else { throw TFError.notFound(folder.path) }
    }
  }

  /// Writes a text to a new file.
  static func write(_ name: String, _ text: String) throws -> String {
    let path = try path(name)
    guard let file = fopen(path, "w") else { throw TFError.notFound(path) }
    defer { fclose(file) }
    fputs(text, file)
    return path
  }
}
