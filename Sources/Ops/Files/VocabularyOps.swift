package import CoreOps
import Serialization

/// Embeddings of old checkpoints for new vocabularies: which row is which, and the rows.
package struct VocabularyOps: OpFamily {
  package static let family: Self = define(Self())

  package let remapping: OpDef = OpDef(
    "GenerateVocabRemapping",
    """
    new_vocab_file: string, old_vocab_file: string -> remapping: int64, num_present: int32
    new_vocab_offset: int >= 0
    num_new_vocab: int >= 0
    old_vocab_size: int >= -1 = -1
    """,
    shape: { context in
      for (index, name) in ["new_vocab_file", "old_vocab_file"].enumerated() {
        try require(
          context.shapes[index].rank ?? 0 == 0,
          "\(name) must be a scalar, got shape \(context.shapes[index])")
      }
      return [[try context.int("num_new_vocab")], .scalar]
    },
    kernel: .dynamic { context in
      let (offset, count) = (
        try context.int("new_vocab_offset"), try context.int("num_new_vocab")
      )
      let oldCount = try context.int("old_vocab_size")
      return { run in
        let paths = try ["new", "old"].enumerated().map { index, name in
          let path = try run.only(index, "\(name)_vocab_file")
          try require(!path.isEmpty, "\(name) vocab filename cannot be empty.")
          return path
        }
        // Nothing is read where nothing is asked for.
        if count == 0 { return [try Tensor([Int](), dims: [0]), try Tensor(scalar: Int32(0))] }
        let new = try lines(paths[0])
        let (end, overflow) = offset.addingReportingOverflow(count)
        try require(
          !overflow && end <= new.count,
          "lookup table size must be larger than last new vocab entry's line")
        var places: [ByteString: Int] = [:]
        for (place, word) in try lines(paths[1]).prefix(oldCount < 0 ? .max : oldCount).enumerated()
        {
          if let known = places.updateValue(place, forKey: word) {
            throw TFError.failedPrecondition(
              """
              HashTable has different value for same key. Key \(word.text) has \(known) and trying \
              to add value \(place)
              """
            )
          }
        }
        let rows = (offset..<end).map { places[new[$0]] ?? -1 }
        let present = rows.reduce(0) { $1 < 0 ? $0 : $0 + 1 }
        return [try Tensor(rows, dims: [count]), try Tensor(scalar: Int32(clamping: present))]
      }
    }, gradient: .zero)

  /// The lines of a text file.
  private static func lines(_ path: String) throws -> StringBuffer {
    let bytes = try readFile(path)
    let builder = try StringBuilder(byteCount: bytes.count)
    var start = 0
    var pace = Pace()
    try bytes.withUnsafeBytes { bytes in
      for end in 0..<bytes.count where bytes[end] == 10 {
        try pace.step(end - start)
        try builder.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end + 1
      }
      if start < bytes.count {
        try builder.append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
      }
    }
    return try builder.finish()
  }

  package let loadMatrix: OpDef = OpDef(
    "LoadAndRemapMatrix",
    """
    ckpt_path: string, old_tensor_name: string, row_remapping: int64, col_remapping: int64, \
      initializing_values: float -> output_matrix: float
    num_rows: int >= 0
    num_cols: int >= 1
    max_rows_in_memory: int = -1
    """, stateful: true,
    shape: { context in
      for (index, name) in ["row_remapping", "col_remapping"].enumerated() {
        _ = try context.shape(index + 2, rank: 1, name)
      }
      return [[try context.int("num_rows"), try context.int("num_cols")]]
    },
    kernel: .dynamic { context in
      let (rows, columns) = (try context.int("num_rows"), try context.int("num_cols"))
      return { run in
        try RemappedMatrix(run, rows: rows, columns: columns).read()
      }
    }, gradient: .none("TensorFlow has no gradient for it"))
}

/// A matrix of a checkpoint with its rows and columns in another order; those that it does not have
/// are filled with given values, row by row.
private struct RemappedMatrix {
  private let path: String
  private let name: String
  private let rows: [Int]
  private let columns: [Int]
  private let fill: UnsafeMutableBufferPointer<Float>
  private let columnCount: Int
  private let owner: Tensor

  init(_ run: DynamicContext, rows rowCount: Int, columns columnCount: Int) throws {
    path = try run.only(0, "ckpt_path")
    name = try run.only(1, "old_tensor_name")
    rows = try run.inputs[2].integers()
    columns = try run.inputs[3].integers()
    owner = run.inputs[4]
    fill = owner.elements(Float.self)
    self.columnCount = columnCount
    try require(
      rows.count == rowCount,
      "Size of row_remapping is \(rows.count) instead of being equal to num_rows=\(rowCount)")
    try require(
      columns.isEmpty || columns.count == columnCount,
      """
      Size of col_remapping is \(columns.count) instead of being equal to num_cols=\(columnCount)
      """
    )
    for ids in [rows, columns] {
      var seen: [Int: Int] = [:]
      for (new, old) in ids.enumerated() where old >= 0 {
        if let before = seen.updateValue(new, forKey: old) {
          throw TFError.unimplemented(
            """
            Old ID \(old) is mapped to both new ID \(before) and \(new), which is not supported.
            """
          )
        }
      }
    }
  }

  func read() throws -> [Tensor] {
    let output = try Tensor.uninitialized(.float32, [rows.count, columnCount])
    let matrix = try old()
    let (height, width) = (matrix.dims[0], matrix.dims[1])
    let (from, to) = (matrix.elements(Float.self), output.elements(Float.self))
    var used = 0
    var pace = Pace()
    for (row, oldRow) in rows.enumerated() {
      try pace.step(columnCount)
      if oldRow >= height {
        throw TFError.internal(
          "Extent in dimension 0 out of bounds: shape = \(matrix.dims), row = \(oldRow)")
      }
      for column in 0..<columnCount {
        let oldColumn = columns.isEmpty ? column : columns[column]
        // A column that the matrix does not have is read as TensorFlow reads it: as none.
        if oldRow >= 0, oldColumn >= 0, oldColumn < width {
          to[row &* columnCount &+ column] = from[oldRow &* width &+ oldColumn]
          continue
        }
        try require(
          used < fill.count,
          """
          initializing_values contained \(fill.count) elements, but more missing values remain.
          """
        )
        to[row &* columnCount &+ column] = fill[used]
        used += 1
      }
    }
    try require(
      used == fill.count,
      """
      initializing_values contained \(fill.count) elements, but only \(used) elements were used to \
      fill in missing values.
      """
    )
    return [output]
  }

  private func old() throws -> Tensor {
    let reader = try CheckpointReader(path)
    guard let entry = try reader.entry(name) else {
      throw TFError.notFound("Key \(name) not found in checkpoint")
    }
    let shape = entry.shape
    try require(
      shape.rank == 2,
      """
      Tensor \(name) has shape \(shape) of invalid rank \(shape.rank) instead of expected \
      shape of rank 2.
      """
    )
    let matrix = try reader.tensor(name)
    try require(
      matrix.dtype == .float32,
      "Tensor \(name) has dtype \(matrix.dtype.signatureName) instead of float")
    try require(
      !columns.isEmpty || matrix.dims[1] == columnCount,
      """
      Tensor \(name) has shape \(matrix.dims), where the size of its 2nd dimension is \
      \(matrix.dims[1]) instead of being equal to num_cols=\(columnCount)
      """
    )
    return matrix
  }
}
