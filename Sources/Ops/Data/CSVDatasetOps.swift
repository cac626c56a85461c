package import CoreOps
import OpsStrings
import Serialization

/// Datasets of the records of files of comma-separated values.
package struct CSVDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let csv = CSVDatasetOps.op("CSVDataset")
  package let csvV2 = CSVDatasetOps.op("CSVDatasetV2", excludes: true)
  package let experimentalCSV = CSVDatasetOps.op("ExperimentalCSVDataset")

  /// - Parameter excludes: whether the last input says which columns are left out.
  private static func op(_ name: String, excludes: Bool = false) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      filenames: string, compression_type: string, buffer_size: int64, header: bool, \
        field_delim: string, use_quote_delim: bool, na_value: string, select_cols: int64, \
        record_defaults: output_types\(excludes ? ", exclude_cols: int64" : "") -> handle: variant
      output_types: list({float, double, int32, int64, string}) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true, vectors: ["filenames", "select_cols", "exclude_cols"]
    ) { context in
      let components = try DatasetDefinition.components(context)
      let defaults = try context.inputRange("record_defaults")
      return { run in
        let paths = try FileInputs.paths(run, 0)
        let form = try CSVForm(
          run, components.map(\.dtype), defaults: Array(run.inputs[defaults]),
          excluded: excludes ? defaults.upperBound : nil)
        guard let compression = Compression(rawValue: run.text(1)) else {
          throw TFError.invalidArgument("Unsupported compression_type: \(run.text(1)).")
        }
        let hasHeader = run.bool(3)
        return try DatasetObject("CSV", components, cardinality: DatasetObject.unknown) { _ in
          var left = paths[...]
          var file: CSVFile?
          return DatasetIterator { _ in
            while true {
              if let record = try file?.next() { return record }
              file = nil
              guard let path = left.popFirst() else { return nil }
              let next = try CSVFile(BufferedInput(InputStream(path, compression)), form)
              // What comes behind a header that cannot be read is read by the next call.
              file = next
              if hasHeader { try next.skipHeader() }
            }
          }
        }
      }
    }
  }
}

/// How records are written, and what is wanted of them.
private struct CSVForm: Sendable {
  let delimiter: UInt8
  let quotes: Bool
  let notAvailable: [UInt8]
  let types: [DType]
  let defaults: [Tensor]
  private let selected: [Int]
  private let excluded: Set<Int>

  /// - Parameter excluded: the input that says which columns are left out.
  init(_ run: DynamicContext, _ types: [DType], defaults: [Tensor], excluded: Int?) throws {
    for (index, value) in defaults.enumerated() {
      try require(value.dims.rank <= 1, "Each record default should be at most rank 1")
      try require(
        value.dims.elementCount < 2,
        """
        There should only be 1 default per field but field \(index) has \
        \(value.dims.elementCount)
        """)
    }
    try require(run.inputs[7].dims.rank == 1, "`select_cols` must be a vector.")
    if let excluded {
      try require(run.inputs[excluded].dims.rank == 1, "`exclude_cols` must be a vector")
    }
    try require(run.int(2) > 0, "buffer_size should be positive")
    let delimiter = Array(run.inputs[4].strings[0])
    try require(delimiter.count == 1, "field_delim should be only 1 char")
    self.delimiter = delimiter[0]
    quotes = run.bool(5)
    notAvailable = Array(run.inputs[6].strings[0])
    self.types = types
    self.defaults = defaults
    selected = try run.inputs[7].integers()
    try require(
      selected.isEmpty || selected.count == types.count, "select_cols should match output size")
    try Self.requireAscending(selected, "select_cols")
    let others = try excluded.map { try run.inputs[$0].integers() } ?? []
    try require(
      selected.isEmpty || others.isEmpty, "Either select_cols or exclude_cols should be empty")
    try Self.requireAscending(others, "exclude_cols")
    self.excluded = Set(others)
  }

  private static func requireAscending(_ columns: [Int], _ what: String) throws {
    try require(
      zip(columns, columns.dropFirst()).allSatisfy(<),
      "\(what) should be strictly increasing indices")
    try require((columns.first ?? 0) >= 0, "\(what) should be non-negative indices")
  }

  /// Whether a column is wanted where so many before it were.
  func wants(_ column: Int, after count: Int) -> Bool {
    if !selected.isEmpty { return count < selected.count && selected[count] == column }
    return !excluded.contains(column)
  }

  /// The value of a field.
  ///
  /// - Parameter index: the field's number among those that are wanted.
  func value(_ field: [UInt8], _ index: Int) throws -> Tensor {
    try require(
      index < types.count, "Expect \(types.count) fields but have more in record")
    if field.isEmpty || field == notAvailable {
      try require(
        defaults[index].dims.elementCount == 1,
        "Field \(index) is required but missing in record!")
      return defaults[index].reshaped(Shape())
    }
    func number<T: TensorScalar & ParsedNumber>(_: T.Type) throws -> Tensor {
      guard let value = field.withUnsafeBytes({ T.parse($0) }) else {
        throw TFError.invalidArgument(
          """
          Field \(index) in record is not a valid \(types[index].signatureName): \
          \(String(decoding: field, as: UTF8.self))
          """)
      }
      return try Tensor(scalar: value)
    }
    return switch types[index] {
    case .float32: try number(Float.self)
    case .float64: try number(Double.self)
    case .int32: try number(Int32.self)
    case .int64: try number(Int64.self)
    default: try Tensor(strings: [field], dims: Shape())
    }
  }
}

/// The records of a file, from front to back (RFC 4180; lines may end in `\r`, too).
private final class CSVFile {
  private let input: BufferedInput
  private let form: CSVForm

  init(_ input: BufferedInput, _ form: CSVForm) {
    self.input = input
    self.form = form
  }

  /// The values of the next record; nil at the end.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a record that does not fit. The next call reads the record
  ///   behind it.
  func next() throws -> [Tensor]? {
    var values: [Tensor] = []
    values.reserveCapacity(form.types.count)
    let isThere = try readRecord(
      wants: { form.wants($0, after: $1) },
      take: { values.append(try form.value($0, $1)) })
    guard isThere else { return nil }
    try require(
      values.count == form.types.count,
      "Expect \(form.types.count) fields but have \(values.count) in record")
    return values
  }

  /// - Throws: `INVALID_ARGUMENT` where there is no first record.
  func skipHeader() throws {
    do {
      if try readRecord(wants: { _, _ in false }, take: { _, _ in }) { return }
    } catch is TFError { try Cancellation.checkCurrent() }
    throw TFError.invalidArgument("Can't read header of file")
  }

  /// Reads a record to its end; then its first error is thrown.
  ///
  /// - Parameters:
  ///   - wants: whether a column is wanted, after so many that were.
  ///   - take: takes a field and its number among those that are wanted.
  /// - Returns: false where there are no more.
  private func readRecord(
    wants: (_ column: Int, _ count: Int) -> Bool, take: ([UInt8], Int) throws -> Void
  ) throws -> Bool {
    guard try peek() != nil else { return false }
    var (column, count) = (0, 0)
    var fault: TFError?
    var pace = Pace()
    while true {
      let field = try readField()
      try pace.step(field.bytes.count + 1)
      fault = fault ?? field.fault
      if wants(column, count) {
        if field.fault == nil {
          do { try take(field.bytes, count) } catch let error as TFError {
            fault = fault ?? error
          }
        }
        count += 1
      }
      column += 1
      if field.isLast { break }
    }
    if let fault { throw fault }
    return true
  }

  private struct Field {
    var bytes: [UInt8] = []
    /// Whether the record ends with it.
    var isLast = false
    var fault: TFError?
  }

  private static let quote = UInt8(ascii: "\"")

  private func readField() throws -> Field {
    if form.quotes, try peek() == Self.quote { return try readQuoted() }
    var field = Field()
    while true {
      let (end, stop) = try scan(into: &field) {
        $0 == form.delimiter || $0 == 10 || $0 == 13 || (form.quotes && $0 == Self.quote)
      }
      guard !end else {
        field.isLast = true
        return field
      }
      if stop != form.delimiter, stop == Self.quote {
        field.fault =
          field.fault ?? .invalidArgument("Unquoted fields cannot have quotes inside")
        field.bytes.append(stop)
        continue
      }
      if stop != form.delimiter { try endLine(stop, &field) }
      return field
    }
  }

  private func readQuoted() throws -> Field {
    var field = Field()
    _ = try input.skip(1)
    while true {
      let (end, _) = try scan(into: &field) { $0 == Self.quote }
      if end {
        throw TFError.invalidArgument(
          "Reached end of file without closing quoted field in record")
      }
      guard let next = try peek() else {
        field.isLast = true
        return field
      }
      _ = try input.skip(1)
      if next == form.delimiter { return field }
      if next == 10 || next == 13 {
        try endLine(next, &field)
        return field
      }
      field.bytes.append(next)
      if next != Self.quote {
        field.fault =
          field.fault
          ?? .invalidArgument("Quote inside a string has to be escaped by another quote")
      }
    }
  }

  /// Notes that the record ends here, and goes past the second byte of its end.
  private func endLine(_ byte: UInt8, _ field: inout Field) throws {
    field.isLast = true
    if byte == 13, try peek() == 10 { _ = try input.skip(1) }
  }

  /// The next byte, which is not taken; nil at the end.
  private func peek() throws -> UInt8? { try input.fill(1) ? input.bytes[0] : nil }

  /// Takes bytes up to one that `stops`, and that one, which is not put into the field.
  ///
  /// - Returns: whether the file ended, and the byte that stopped.
  private func scan(into field: inout Field, _ stops: (UInt8) -> Bool) throws -> (Bool, UInt8) {
    while try input.fill(1) {
      let bytes = input.bytes
      let count = bytes.firstIndex(where: stops) ?? bytes.count
      try MemoryLimit.room(for: field.bytes.count + count)
      field.bytes.append(contentsOf: bytes[..<count])
      let stop = count < bytes.count ? bytes[count] : 0
      let isFound = count < bytes.count
      _ = try input.skip(isFound ? count + 1 : count)
      if isFound { return (false, stop) }
    }
    return (true, 0)
  }
}
