import CoreOps
import Glibc
import Serialization

/// A line on the terminal that says how much was read, once that takes more than a second.
final class ReadingProgress: Sendable {
  private let title: String
  private let isDone = Lock(false)
  private let isShown = Lock(false)

  init(_ title: String) {
    self.title = title
    guard isatty(2) != 0 else { return }
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { own in
        Unmanaged<ReadingProgress>.fromOpaque(own!).takeRetainedValue().show()
        return nil
      }, own.toOpaque())
    if status == 0 { pthread_detach(thread) } else { own.release() }
  }

  private func show() {
    let start = now()
    while true {
      usleep(100_000)
      let isOver = isDone.withLock { isDone in
        if !isDone, now() - start > 1 {
          isShown.withLock { $0 = true }
          writeError("\r\(title): \(decimal(Self.bytesRead / 1_048_576, 0)) MiB\u{1b}[K")
        }
        return isDone
      }
      if isOver { return }
    }
  }

  /// Takes the line back.
  func end() {
    isDone.withLock { isDone in
      if !isDone, isShown.withLock({ $0 }) { writeError("\r\u{1b}[K") }
      isDone = true
    }
  }

  /// What this process has read from files, as the system counts it.
  private static var bytesRead: Double {
    guard let file = fopen("/proc/self/io", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: " ").last.flatMap { Double($0.filter(\.isNumber)) } ?? 0
  }
}
