import CoreOps
import Glibc

/// How `AsString` writes elements: C's formats, put together from its attributes.
struct NumberFormat: Sendable {
  private let dtype: DType
  private let format: String

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  init(_ context: KernelContext) throws {
    dtype = try context.type("T")
    let precision = try context.int("precision")
    let (scientific, shortest) = (try context.bool("scientific"), try context.bool("shortest"))
    let (width, fill) = (try context.int("width"), try context.string("fill"))
    let isReal = dtype.isFloating || dtype.isComplex
    if dtype != .string {
      if !isReal {
        try require(
          !scientific && !shortest,
          "scientific and shortest format not supported for datatype \(dtype.signatureName)")
        try require(
          precision < 0, "precision not supported for datatype \(dtype.signatureName)")
      }
    }
    try require(fill.utf8.count <= 1, "Fill string must be one or fewer characters")
    try require(!(scientific && shortest), "Cannot select both scientific and shortest notation")
    try require(
      fill.isEmpty || " +-0#".contains(fill), "Fill argument not supported: \"\(fill)\"")
    // Each element becomes as long as these say.
    try require(width < 1 << 16 && precision < 1 << 16, "width and precision must be below 65536")
    var format = "%" + fill + (width > -1 ? "\(width)" : "")
    if isReal {
      if precision > -1 { format += ".\(precision)" }
      format += shortest ? "g" : scientific ? "e" : "f"
    }
    self.format = format
  }

  /// The elements as strings.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when the strings would pass the memory limit; when the run is
  ///   to end.
  func format(_ tensor: Tensor) throws -> Tensor {
    let builder = try StringBuilder(count: tensor.dims.elementCount)
    var pace = Pace()
    func each<E: TensorScalar>(_: E.Type, _ text: (E) -> [UInt8]) throws {
      for element in tensor.elements(E.self) {
        try pace.step(64)
        try builder.append(text(element))
      }
    }
    func integer(_ value: Int) -> [UInt8] { print(format + "ld", value) }
    func unsigned(_ value: UInt) -> [UInt8] { print(format + "lu", value) }
    func real(_ value: Double) -> [UInt8] { print(format, value) }
    func complex(_ real: Double, _ imaginary: Double) -> [UInt8] {
      print("(\(format),\(format))", real, imaginary)
    }
    switch dtype {
    case .float32: try each(Float.self) { real(Double($0)) }
    case .float64: try each(Double.self, real)
    case .half: try each(Float16.self) { real(Double($0)) }
    case .bfloat16: try each(BFloat16.self) { real(Double($0.float)) }
    case .complex64: try each(Complex64.self) { complex(Double($0.real), Double($0.imaginary)) }
    case .complex128: try each(Complex128.self) { complex($0.real, $0.imaginary) }
    case .bool: try each(Bool.self) { Array(($0 ? "true" : "false").utf8) }
    case .string: for string in tensor.strings { try builder.append(padded(Array(string))) }
    case .uint8: try each(UInt8.self) { unsigned(UInt($0)) }
    case .uint16: try each(UInt16.self) { unsigned(UInt($0)) }
    case .uint32: try each(UInt32.self) { unsigned(UInt($0)) }
    case .uint64: try each(UInt64.self) { unsigned(UInt($0)) }
    case .int8: try each(Int8.self) { integer(Int($0)) }
    case .int16: try each(Int16.self) { integer(Int($0)) }
    case .int32: try each(Int32.self) { integer(Int($0)) }
    default: try each(Int.self, integer)
    }
    return Tensor(strings: try builder.finish(), dims: tensor.dims)
  }

  /// A string filled up with blanks, on the right with the flag `-`: bytes of zero stay.
  private func padded(_ string: [UInt8]) -> [UInt8] {
    let width = Int(format.drop { !("1"..."9").contains($0) }) ?? 0
    let blanks = [UInt8](repeating: 32, count: max(0, width - string.count))
    return format.hasPrefix("%-") ? string + blanks : blanks + string
  }

  private func print(_ format: String, _ values: any CVarArg...) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: 64)
    while true {
      let count = withVaList(values) { Int(vsnprintf(&buffer, buffer.count, format, $0)) }
      if count < buffer.count {
        return buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }
      }
      buffer = [CChar](repeating: 0, count: count + 1)
    }
  }
}
