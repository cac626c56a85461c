import CoreOps
import Glibc
import Serialization

/// Writes text to standard output.
///
/// - Throws: as the system says: the disk is full, or no one reads on.
func writeOutput(_ text: String) throws {
  try writeAll(Array(text.utf8), to: 1, "standard output")
}

/// Writes a line to standard output.
///
/// - Throws: as `writeOutput(_:)`.
func printLine(_ text: String = "") throws { try writeOutput(text + "\n") }

/// Writes text to standard error, if anyone takes it.
func writeError(_ text: String) { try? writeAll(Array(text.utf8), to: 2, "standard error") }

/// Prepares the process for files and streams that fail: writing to them is then an error like
/// others, and no signal.
func prepareStreams() {
  signal(SIGPIPE, SIG_IGN)
  signal(SIGXFSZ, SIG_IGN)
  // The number of a stream that the caller closed must not become that of some file.
  for descriptor in [Int32(0), 1, 2] where fcntl(descriptor, F_GETFD) < 0 {
    _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
  }
}

extension String {
  /// The most characters of an error that are shown.
  static let mostShown = 1000

  /// Lines as one, for texts that are laid out in lines.
  var unfolded: String { split(whereSeparator: \.isNewline).joined(separator: " ") }

  /// The text as one line that a terminal can show: control characters escaped, and cut to a
  /// length.
  var oneLine: String {
    var line = ""
    var count = 0
    for scalar in unicodeScalars {
      if count == Self.mostShown {
        return line + "… (cut: \(unicodeScalars.count) characters)"
      }
      count += 1
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      // Controls, line separators, and what turns the direction of text.
      case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{2028}"..."\u{202e}",
        "\u{2066}"..."\u{2069}":
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
