/// A band of diagonals of matrices, and how they are packed into rows, the highest first.
struct DiagonalBand {
  struct Offsets {
    /// The lowest and highest diagonal; positive is above the main one.
    let low: Int
    let high: Int
    var count: Int { (Dimension(high) - low + 1).value }
    var isSingle: Bool { low == high }
  }

  let offsets: Offsets
  package let rows: Int
  let columns: Int
  private let isUpperLeft: Bool
  private let isLowerLeft: Bool

  /// - Parameter checked: whether the offsets must lie in the matrix.
  /// - Throws: `INVALID_ARGUMENT` when they do not.
  init(_ offsets: Offsets, rows: Int, columns: Int, align: String, checked: Bool = true) throws {
    if checked {
      for (name, k) in [("lower_diag_index", offsets.low), ("upper_diag_index", offsets.high)] {
        guard (-rows < k && k < columns) || k == 0 else {
          throw TFError.invalidArgument(
            "\(name) is out of bound: \(k). It must be between \(-rows) and \(columns)")
        }
      }
    }
    self.offsets = offsets
    self.rows = rows
    self.columns = columns
    isUpperLeft = align.hasPrefix("LEFT")
    isLowerLeft = align.hasSuffix("LEFT")
  }

  init(_ k: [Int], rows: Int, columns: Int, align: String) throws {
    try self.init(Self.offsets(k), rows: rows, columns: columns, align: align, checked: false)
  }

  static func offsets(_ k: [Int]) throws -> Offsets {
    guard k.count == 1 || k.count == 2 else {
      throw TFError.invalidArgument(
        "diag_index must have only one or two elements, received \(k.count) elements.")
    }
    try require(
      k[0] <= k[k.count - 1],
      "lower_diag_index must not be larger than upper_diag_index: \(k[0]) > \(k[k.count - 1])")
    return Offsets(low: k[0], high: k[k.count - 1])
  }

  /// The offsets in input `index`, if known.
  static func offsets(_ context: ShapeContext, _ index: Int) throws -> Offsets? {
    if let rank = context.shapes[index].rank {
      try require(
        rank <= 1, "diag_index must be a scalar or vector, received shape: \(context.shapes[index])"
      )
    }
    return try context.integers(index).map { try offsets($0) }
  }

  /// The band in the smallest matrix whose longest diagonal has `longest` elements, where rows or
  /// columns are -1.
  static func fitted(_ k: Offsets, longest: Int, rows: Int, columns: Int) throws -> DiagonalBand {
    let leastRows = longest - min(k.high, 0)
    let leastColumns = longest + max(k.low, 0)
    var (numRows, numColumns) = (rows, columns)
    if rows == -1, columns == -1 {
      // A square, when nothing is said.
      numRows = max(leastRows, leastColumns)
      numColumns = numRows
    } else if rows == -1 {
      numRows = leastRows
    } else if columns == -1 {
      numColumns = leastColumns
    }
    try require(numRows >= leastRows, "The number of rows is too small: \(numRows) < \(leastRows)")
    try require(
      numColumns >= leastColumns,
      "The number of columns is too small: \(numColumns) < \(leastColumns)")
    try require(
      numRows == leastRows || numColumns == leastColumns,
      """
      The number of rows or columns is not consistent with the specified d_lower, d_upper, and \
      diagonal.
      """
    )
    return try DiagonalBand(
      k, rows: numRows, columns: numColumns, align: "LEFT_LEFT", checked: false)
  }

  private func length(_ k: Int) -> Int { max(0, min(rows + min(k, 0), columns - max(k, 0))) }

  var longest: Int {
    max(0, min(rows + min(offsets.high, 0), columns - max(offsets.low, 0)))
  }

  /// Whether no packed row has room that the diagonal does not fill.
  var isDense: Bool { offsets.isSingle && length(offsets.low) == longest }

  /// Calls `body` with each diagonal as a region of the matrices and of the packed form.
  func each(batch: Int, _ body: (_ matrix: Region, _ packed: Region) throws -> Void) rethrows {
    let longest = longest
    // The other diagonals of the band lie outside of the matrices.
    let first = min(offsets.high, columns - 1)
    let last = max(offsets.low, 1 - rows)
    for k in stride(from: first, through: last, by: -1) {
      let row = offsets.high - k
      let length = length(k)
      let isLeft = (k >= 0 && isUpperLeft) || (k <= 0 && isLowerLeft)
      let matrix = Region(
        dims: [batch, length], strides: [rows * columns, columns + 1],
        offset: k >= 0 ? k : -k * columns)
      let packed = Region(
        dims: [batch, length], strides: [offsets.count * longest, 1],
        offset: row * longest + (isLeft ? 0 : longest - length))
      try body(matrix, packed)
    }
  }
}
