/// The elements of an array in brackets, as NumPy's `array2string` lays them out.
struct ArrayText {
  /// NumPy shows arrays of more elements by their edges.
  private static let threshold = 1000
  private static let edge = 3
  private static let lineWidth = 75

  private let dims: [Int]
  private let strides: [Int]
  private let isSummary: Bool
  private let separator: String
  private let prefix: String
  private let width: Int
  private var words: (Int) -> String

  /// - Parameters:
  ///   - separator: what stands between elements: a space, or a comma and a space.
  ///   - prefix: what the text is written behind, to which further lines are aligned.
  ///   - suffix: what is written behind the text.
  init(_ dims: Shape, separator: String, prefix: String, suffix: String) {
    self.dims = dims.dims
    strides = dims.strides
    isSummary = dims.elementCount > Self.threshold
    self.separator = separator
    self.prefix = String(repeating: " ", count: prefix.utf8.count + 1)
    width = Self.lineWidth - suffix.utf8.count
    words = { _ in "" }
  }

  /// The positions of the elements that are shown, in order.
  var shown: [Int] {
    var positions = [0]
    for axis in dims.indices {
      let indices =
        leaves(out: axis)
        ? Array(0..<Self.edge) + (dims[axis] - Self.edge..<dims[axis]) : Array(0..<dims[axis])
      positions = positions.flatMap { start in indices.map { start + $0 * strides[axis] } }
    }
    return positions
  }

  /// Whether the middle of a dimension is left out.
  private func leaves(out axis: Int) -> Bool { isSummary && dims[axis] > 2 * Self.edge }

  /// The text, with a word for the element at each position.
  func text(_ words: @escaping (Int) -> String) -> String {
    if dims.contains(0) { return "[]" }
    var layout = self
    layout.words = words
    return layout.nested(0, 0, indent: prefix, width: width)
  }

  private func nested(_ axis: Int, _ start: Int, indent: String, width: Int) -> String {
    if axis == dims.count { return words(start) }
    let size = dims[axis]
    let leavesOut = leaves(out: axis)
    // nil stands for what is left out.
    let items: [Int?] =
      leavesOut ? Array(0..<Self.edge) + [nil] + Array(size - Self.edge..<size) : Array(0..<size)
    func item(_ index: Int?) -> String {
      guard let index else { return "..." }
      return nested(
        axis + 1, start + index * strides[axis], indent: indent + " ", width: width - 1)
    }
    let trimmed = separator.prefix { $0 != " " }
    guard axis == dims.count - 1 else {
      let end = trimmed + String(repeating: "\n", count: dims.count - axis - 1)
      let lines = items.map { indent + item($0) }.joined(separator: end)
      return "[" + lines.dropFirst(indent.utf8.count) + "]"
    }
    // A row: a line is as long as it may be.
    let most = width - max(trimmed.utf8.count, 1)
    var rows = ""
    var line = indent
    for (position, index) in items.enumerated() {
      let word = item(index)
      if line.utf8.count + word.utf8.count > most, line.utf8.count > indent.utf8.count {
        while line.last == " " { line.removeLast() }
        rows += line + "\n"
        line = indent
      }
      line += word
      if position < items.count - 1 { line += separator }
    }
    return "[" + (rows + line).dropFirst(indent.utf8.count) + "]"
  }
}
