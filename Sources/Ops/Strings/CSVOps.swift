package import CoreOps

/// Comma-separated values (RFC 4180).
package struct CSVOps: OpFamily {
  package static let family: Self = define(Self())

  package let decode = OpDef(
    "DecodeCSV",
    """
    records: string, record_defaults: OUT_TYPE -> output: OUT_TYPE
    OUT_TYPE: list({float, double, int32, int64, string}) >= 1
    field_delim: string = ','
    use_quote_delim: bool = true
    na_value: string = ''
    select_cols: list(int) = []
    """,
    shape: { context in
      for shape in context.shapes.dropFirst() {
        guard let rank = shape.rank else { continue }
        try require(rank <= 1, "Each record default should be at most rank 1")
        if rank == 1, let size = shape.dims?[0] {
          try require(
            size == 0 || size == 1,
            "Shape of a default must be a length-0 or length-1 vector, or a scalar, got \(shape)")
        }
      }
      return [PartialShape](repeating: context.shapes[0], count: try context.outputCount)
    },
    kernel: .dynamic { context in
      let reader = try CSVReader(context)
      return { run in try reader.read(run.inputs[0], Array(run.inputs.dropFirst())) }
    }, gradient: .zero)
}

/// Reads records of comma-separated values.
private struct CSVReader: Sendable {
  private let delimiter: UInt8
  private let quotes: Bool
  private let notAvailable: [UInt8]
  /// The fields that are wanted; empty for all.
  private let selected: [Int]
  private let dtypes: [DType]

  init(_ context: KernelContext) throws {
    let delimiter = try context.bytes("field_delim")
    try require(delimiter.count == 1, "field_delim should be only 1 char")
    self.delimiter = delimiter[0]
    quotes = try context.bool("use_quote_delim")
    notAvailable = try context.bytes("na_value")
    selected = try context.ints("select_cols")
    dtypes = try context.types("OUT_TYPE")
    try require(
      selected.isEmpty || selected.count == dtypes.count, "select_cols should match output size")
    try require(
      selected.allSatisfy { $0 >= 0 }, "select_cols should be non-negative indices")
    try require(
      zip(selected, selected.dropFirst()).allSatisfy(<),
      "select_cols should be strictly increasing indices")
  }

  func read(_ records: Tensor, _ defaults: [Tensor]) throws -> [Tensor] {
    for (index, value) in defaults.enumerated() {
      try require(
        value.dims.elementCount <= 1,
        """
        There should only be 1 default per field but field \(index) has \
        \(value.dims.elementCount)
        """)
      try require(
        value.dims.rank <= 1, "Record defaults should be at most rank 1, got \(value.dims)")
    }
    let columns = try dtypes.map { try CSVColumn($0, records.dims) }
    var pace = Pace()
    for (record, text) in records.strings.enumerated() {
      try pace.step(text.count + 1)
      let fields = try text.withBytes { bytes in try self.fields(bytes) }
      try require(
        fields.count == columns.count,
        "Expect \(columns.count) fields but have \(fields.count) in record \(record)")
      for (index, field) in fields.enumerated() {
        if field.isEmpty || field == notAvailable {
          try require(
            defaults[index].dims.elementCount == 1,
            "Field \(index) is required but missing in record \(record)!")
          try columns[index].append(defaults[index])
        } else {
          try columns[index].append(field, index, record)
        }
      }
    }
    return try columns.map { try $0.finish() }
  }

  /// The wanted fields of a record.
  private func fields(_ text: UnsafeRawBufferPointer) throws -> [[UInt8]] {
    guard !text.isEmpty else { return [] }
    let quote = UInt8(ascii: "\"")
    var fields: [[UInt8]] = []
    var (position, number) = (0, 0)
    while position <= text.count {
      var field: [UInt8] = []
      if quotes, position < text.count, text[position] == quote {
        position += 1
        while true {
          guard position < text.count else {
            throw TFError.invalidArgument(
              "Quoted field has to end with quote followed by delim or end")
          }
          if text[position] != quote {
            field.append(text[position])
            position += 1
            continue
          }
          if position + 1 == text.count || text[position + 1] == delimiter { break }
          guard text[position + 1] == quote else {
            throw TFError.invalidArgument(
              "Quote inside a string has to be escaped by another quote")
          }
          field.append(quote)
          position += 2
        }
        position += 1
      } else {
        while position < text.count, text[position] != delimiter {
          let byte = text[position]
          try require(
            !quotes || (byte != quote && byte != 10 && byte != 13),
            "Unquoted fields cannot have quotes/CRLFs inside")
          field.append(byte)
          position += 1
        }
      }
      // The numbers that are wanted ascend.
      let isWanted =
        selected.isEmpty || (fields.count < selected.count && selected[fields.count] == number)
      if isWanted { fields.append(field) }
      number += 1
      position += 1
    }
    return fields
  }
}

/// An output of `DecodeCSV` that is being filled.
private final class CSVColumn {
  private let dtype: DType
  private let dims: Shape
  private let strings: StringBuilder?
  private let numbers: Tensor?
  private var count = 0

  init(_ dtype: DType, _ dims: Shape) throws {
    self.dtype = dtype
    self.dims = dims
    strings = dtype == .string ? try StringBuilder(count: dims.elementCount) : nil
    numbers = dtype == .string ? nil : try Tensor.uninitialized(dtype, dims)
  }

  func append(_ value: Tensor) throws {
    if let strings {
      try strings.append(value.strings[0])
    } else if let numbers {
      let size = dtype.byteSize
      UnsafeMutableRawBufferPointer(rebasing: numbers.bytes[(count * size)...])
        .copyMemory(from: UnsafeRawBufferPointer(value.bytes))
      count += 1
    }
  }

  func append(_ field: [UInt8], _ index: Int, _ record: Int) throws {
    if let strings { return try strings.append(field) }
    func store<T: TensorScalar & ParsedNumber>(_: T.Type) throws {
      guard let value = field.withUnsafeBytes({ T.parse($0) }) else {
        throw TFError.invalidArgument(
          """
          Field \(index) in record \(record) is not a valid \(dtype.signatureName): \
          \(String(decoding: field, as: UTF8.self))
          """)
      }
      numbers?.elements(T.self)[count] = value
      count += 1
    }
    switch dtype {
    case .float32: try store(Float.self)
    case .float64: try store(Double.self)
    case .int32: try store(Int32.self)
    default: try store(Int64.self)
    }
  }

  func finish() throws -> Tensor {
    if let strings { return Tensor(strings: try strings.finish(), dims: dims) }
    guard let numbers else { throw TFError.internal("a column has neither numbers nor strings") }
    return numbers
  }
}
