import CoreOps
import Glibc

/// Takes strings apart.
struct Splitter {
  private enum Way {
    /// Into single bytes.
    case bytes
    /// At each of the bytes that are marked.
    case anyOf([Bool], skipsEmpty: Bool)
    /// At runs of blanks, so often at most; any number of times when negative.
    case blanks(most: Int)
    /// At each separator, likewise.
    case separator([UInt8], most: Int)
    case whole
  }

  private let way: Way

  /// Splits at each of the delimiters; into single bytes where there are none.
  init(anyOf delimiters: [UInt8], skipsEmpty: Bool) {
    if delimiters.isEmpty {
      way = .bytes
    } else {
      var marks = [Bool](repeating: false, count: 256)
      for delimiter in delimiters { marks[Int(delimiter)] = true }
      way = .anyOf(marks, skipsEmpty: skipsEmpty)
    }
  }

  /// Splits as Python's `str.split` does: at each separator, or at runs of blanks where it is
  /// empty.
  ///
  /// - Parameter most: how often to split; any number of times when negative.
  init(by separator: [UInt8], most: Int) {
    if most == 0 {
      way = .whole
    } else {
      way = separator.isEmpty ? .blanks(most: most) : .separator(separator, most: most)
    }
  }

  /// Calls `body` with where each piece of a string is.
  @inline(__always)
  private func pieces(_ text: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
    switch way {
    case .whole: body(0..<text.count)
    case .bytes:
      for position in 0..<text.count { body(position..<position + 1) }
    case .anyOf(let marks, let skipsEmpty):
      if text.isEmpty { return }
      marks.withUnsafeBufferPointer { marks in
        var start = 0
        for position in 0...text.count
        where position == text.count || marks[Int(text[position])] {
          if position > start || !skipsEmpty { body(start..<position) }
          start = position + 1
        }
      }
    case .blanks(let most): Self.atBlanks(text, most, body)
    case .separator(let separator, let most):
      separator.withUnsafeBytes { Self.at($0, text, most, body) }
    }
  }

  @inline(__always)
  private static func atBlanks(
    _ text: UnsafeRawBufferPointer, _ most: Int, _ body: (Range<Int>) -> Void
  ) {
    var (position, count) = (0, 0)
    func skipBlanks() {
      while position < text.count, ASCII.isBlank(text[position]) { position += 1 }
    }
    skipBlanks()
    while position < text.count {
      let start = position
      while position < text.count, !ASCII.isBlank(text[position]) { position += 1 }
      body(start..<position)
      skipBlanks()
      count += 1
      if count == most { return body(position..<text.count) }
    }
  }

  @inline(__always)
  private static func at(
    _ separator: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer, _ most: Int,
    _ body: (Range<Int>) -> Void
  ) {
    let (first, size) = (Int32(separator[0]), separator.count)
    var (start, position, count) = (0, 0, 0)
    while position + size <= text.count, count != most {
      let base = text.baseAddress!
      guard let found = memchr(base + position, first, text.count - position - size + 1)
      else { break }
      position = UnsafeRawPointer(found) - base
      guard size == 1 || memcmp(found, separator.baseAddress!, size) == 0 else {
        position += 1
        continue
      }
      body(start..<position)
      count += 1
      position += size
      start = position
    }
    body(start..<text.count)
  }

  /// A row per string: the pieces of all as a sparse tensor.
  ///
  /// The pieces are counted first, so that several threads can write theirs to their places.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED`; when the run is to end.
  func sparse(_ strings: StringBuffer) throws -> [Tensor] {
    let rows = strings.count
    // For each row its pieces and their bytes; then how many come before it.
    var counts = [Int](repeating: 0, count: rows + 1)
    var sizes = counts
    counts.withUnsafeMutableBufferPointer { counts in
      sizes.withUnsafeMutableBufferPointer { sizes in
        let (counts, sizes) = (counts.baseAddress!, sizes.baseAddress!)
        strings.withElements { elements in
          StringParts.run(elements) { range in
            for row in range {
              var (count, size) = (0, 0)
              pieces(elements[row]) {
                count += 1
                size += $0.count
              }
              (counts[row], sizes[row]) = (count, size)
            }
          }
        }
      }
    }
    try Cancellation.checkKernel()
    let most = counts.max() ?? 0
    var (total, bytes) = (0, 0)
    for row in 0...rows {
      let (count, size) = (counts[row], sizes[row])
      (counts[row], sizes[row]) = (total, bytes)
      total += count
      bytes += size
    }
    let indices = try Tensor.uninitialized(.int64, [total, 2])
    let places = indices.pointer.assumingMemoryBound(to: Int.self)
    let values = try StringBuffer(count: total, byteCount: bytes) { target, ends in
      strings.withElements { elements in
        StringParts.runAll(elements) { range in
          for row in range {
            let text = elements[row]
            var (number, end, column) = (counts[row], sizes[row], 0)
            pieces(text) { piece in
              if !piece.isEmpty {
                (target + end).copyMemory(
                  from: text.baseAddress! + piece.lowerBound, byteCount: piece.count)
              }
              end += piece.count
              ends[number] = end
              places[2 * number] = row
              places[2 * number + 1] = column
              number += 1
              column += 1
            }
          }
        }
      }
    }
    try Cancellation.checkKernel()
    return [
      indices, Tensor(strings: values, dims: [total]), try Tensor([rows, most], dims: [2]),
    ]
  }
}
