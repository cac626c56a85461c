package import CoreOps
import OpsState
import Serialization

/// Tables filled from the lines of text files.
package struct TextFileTableOps: OpFamily {
  package static let family: Self = define(Self())

  package let initialize = TextFileTableOps.initialize(
    "InitializeTableFromTextFile", "Ref(string)", stateful: false)
  package let initializeV2 = TextFileTableOps.initialize(
    "InitializeTableFromTextFileV2", "resource", stateful: true)

  private static func initialize(_ name: String, _ handle: String, stateful: Bool) -> OpDef {
    OpDef(
      name,
      """
      table_handle: \(handle), filename: string ->
      key_index: int >= -2
      value_index: int >= -2
      vocab_size: int >= -1 = -1
      delimiter: string = '\t'
      offset: int = 0
      """, stateful: stateful,
      shape: { context in
        _ = try context.shape(1, rank: 0, "filename")
        return []
      },
      kernel: .dynamic { context in
        let lines = try TableLines(context)
        return { run in
          let filename = run.inputs[1]
          try require(
            filename.dims.rank == 0,
            "filename should be a single string, but got \(filename.dims)")
          let table = try run.staticTable()
          try lines.check(table)
          let path = filename.strings[0].text
          let file = try readFile(path)
          try table.fill(total: { lines.count(file) }) { try lines.read(file, path, table) }
          return []
        }
      }, gradient: .none("filling a table has no outputs"))
  }
}

/// Which parts of a file's lines are keys and values.
private struct TableLines: Sendable {
  /// In place of the number of a column.
  private static let wholeLine = -2, lineNumber = -1

  private let keyIndex: Int
  private let valueIndex: Int
  private let size: Int?
  private let delimiter: UInt8
  private let offset: Int

  init(_ context: KernelContext) throws {
    keyIndex = try context.int("key_index")
    valueIndex = try context.int("value_index")
    let size = try context.int("vocab_size")
    self.size = size < 0 ? nil : size
    let delimiter = try context.bytes("delimiter")
    try require(delimiter.count == 1, "delimiter should be only 1 char")
    self.delimiter = delimiter[0]
    offset = try context.int("offset")
  }

  /// - Throws: `INVALID_ARGUMENT` when the table's dtypes do not fit what lines give.
  func check(_ table: HashTableObject) throws {
    for (index, what, dtype) in [
      (keyIndex, "Key", table.keyType), (valueIndex, "Value", table.valueType),
    ] {
      let name = what.lowercased()
      if index == Self.lineNumber {
        try require(
          dtype == .int64,
          """
          \(what) index for line number requires table \(name) dtype of int64, got \
          \(dtype.signatureName)
          """
        )
      } else if index == Self.wholeLine {
        try require(
          dtype.isInteger || dtype == .string,
          """
          \(what) index for whole line requires table \(name) dtype of integer or string, got \
          \(dtype.signatureName)
          """
        )
      }
    }
  }

  /// The number of entries in a file.
  func count(_ file: [UInt8]) -> Int {
    if let size { return size }
    let ends = file.count { $0 == 10 }
    return ends + (file.last == 10 || file.isEmpty ? 0 : 1)
  }

  /// Keys and values from the lines of a file.
  ///
  /// - Throws: `INVALID_ARGUMENT` with file and line; `OUT_OF_RANGE` for an empty file.
  func read(_ file: [UInt8], _ path: String, _ table: HashTableObject) throws
    -> (keys: Tensor, values: Tensor)
  {
    guard !file.isEmpty else { throw TFError.outOfRange("\(path) has no lines") }
    var keys = Column(table.keyType)
    var values = Column(table.valueType)
    var number = 0
    var position = 0
    var pace = Pace()
    while position < file.count, size.map({ number < $0 }) ?? true {
      let end = file[position...].firstIndex(of: 10) ?? file.count
      try pace.step(end - position + 16)
      let line = file[position..<end].filter { $0 != 13 }
      position = min(end + 1, file.count)
      guard !line.isEmpty else {
        throw TFError.invalidArgument(
          "Invalid content in \(path): empty line found at position \(position).")
      }
      let least = max(keyIndex, valueIndex) + 1
      let fields =
        least > 0 ? line.split(separator: delimiter, omittingEmptySubsequences: false) : []
      try require(
        fields.count >= least,
        """
        Invalid number of columns in \(path) line \(number) \
        (\(String(decoding: line, as: UTF8.self))) : expected at least \(least) got \(fields.count)
        """
      )
      func field(_ index: Int) -> ArraySlice<UInt8> {
        index == Self.wholeLine ? line[...] : fields[index]
      }
      for (index, isKey) in [(keyIndex, true), (valueIndex, false)] {
        func add(_ column: inout Column) throws {
          if index == Self.lineNumber {
            column.integers.append(number + offset)
          } else {
            try column.add(field(index), number)
          }
        }
        if isKey { try add(&keys) } else { try add(&values) }
      }
      number += 1
    }
    if let size, number != size {
      throw TFError.invalidArgument(
        "Invalid vocab_size in \(path): expected \(size) but got \(number)")
    }
    return (try keys.tensor(), try values.tensor())
  }
}

/// The keys or the values.
private struct Column {
  let dtype: DType
  var integers: [Int] = []
  private var numbers: [Double] = []
  private var strings: [[UInt8]] = []

  init(_ dtype: DType) { self.dtype = dtype }

  mutating func add(_ field: ArraySlice<UInt8>, _ line: Int) throws {
    if dtype == .string { return strings.append(Array(field)) }
    let text = String(decoding: field, as: UTF8.self).trimmed
    func broken() -> TFError {
      .invalidArgument("Field \(text) in line \(line) is not a valid \(dtype.signatureName).")
    }
    switch dtype {
    case .int32:
      guard let value = Int32(text) else { throw broken() }
      integers.append(Int(value))
    case .int64:
      guard let value = Int(text) else { throw broken() }
      integers.append(value)
    case .float32:
      guard let value = Float(text) else { throw broken() }
      numbers.append(Double(value))
    case .float64:
      guard let value = Double(text) else { throw broken() }
      numbers.append(value)
    default:
      throw TFError.invalidArgument("Data type \(dtype.signatureName) not supported.")
    }
  }

  func tensor() throws -> Tensor {
    switch dtype {
    case .string: try Tensor(strings: strings, dims: [strings.count])
    case .int32: try Tensor(integers.map { Int32($0) }, dims: [integers.count])
    case .int64: try Tensor(integers, dims: [integers.count])
    case .float32: try Tensor(numbers.map { Float($0) }, dims: [numbers.count])
    default: try Tensor(numbers, dims: [numbers.count])
    }
  }
}

extension String {
  /// Without blanks before and after, which TensorFlow's numbers may have.
  fileprivate var trimmed: String {
    guard let start = firstIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    let end = lastIndex { $0 != " " && $0 != "\t" }!
    return String(self[start...end])
  }
}
