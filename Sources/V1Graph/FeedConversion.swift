import CoreGraph
import CoreOps

/// Makes of a fed value what the fed tensor must be, as `Session.run` does by NumPy: numbers are
/// cast as arrays are, so that what does not fit wraps; a text that is a number is read; a single
/// whole number must come out as it is.
struct FeedConversion: Sendable {
  let feed: FeedSpec
  private var name: String { feed.name }
  private var dtype: DType { feed.dtype }

  /// - Throws: `INVALID_ARGUMENT` when the value has no such dtype or another shape.
  func convert(_ value: any TensorConvertible) throws -> Tensor {
    let isPlain = value.definiteDType == nil
    let given = try isPlain ? natural(value) : value.asTensor(preferring: dtype)
    let result = try converted(given) ?? given
    if isPlain, given.dims.rank == 0, given.dtype == .int64 {
      try checkWhole(given.elements(Int.self)[0], result)
    }
    return result
  }

  /// The tensor under the dtype that is fed; nil where it is as it must be.
  ///
  /// - Throws: as `convert(_:)`.
  func converted(_ given: Tensor) throws -> Tensor? {
    guard !given.isSymbolic else {
      throw TFError.invalidArgument(
        "The value of a feed cannot be a symbolic Tensor object (feed \(name)).")
    }
    try feed.checkShape(given.dims)
    return given.dtype == dtype ? nil : try cast(given)
  }

  /// A plain Swift value under the dtype that NumPy gives it: whole numbers have 64 bits, others
  /// are doubles.
  private func natural(_ value: any TensorConvertible) throws -> Tensor {
    var failure: (any Error)?
    for dtype in [DType.int64, .float64, .bool, .string] {
      do { return try value.asTensor(preferring: dtype) } catch {
        // A value that fits no dtype says the same each time.
        failure = error
      }
    }
    let reason = (failure as? TFError)?.message ?? "\(String(describing: failure))"
    throw TFError.invalidArgument("The value fed for Tensor \(name) is no tensor: \(reason)")
  }

  private func cast(_ given: Tensor) throws -> Tensor {
    if given.dtype.isNumeric, dtype.isNumeric { return try cast(given, to: dtype) }
    if given.dtype == .string, dtype.isNumeric {
      // Of a text, only whether it is empty counts as a truth value.
      if dtype == .bool { return try Tensor(given.strings.map { !$0.isEmpty }, dims: given.dims) }
      guard dtype != .bfloat16 else { throw feed.mismatch(given.dtype) }
      return dtype.isInteger || dtype.isQuantized
        ? try cast(Tensor(given.strings.map(whole), dims: given.dims))
        : try cast(Tensor(given.strings.map(number), dims: given.dims))
    }
    // There is nothing in an empty array that could not be a text.
    if dtype == .string, given.dtype.isNumeric, given.dims.elementCount == 0 {
      return Tensor(strings: try StringBuffer(emptyElements: 0), dims: given.dims)
    }
    throw feed.mismatch(given.dtype)
  }

  private func cast(_ given: Tensor, to dtype: DType) throws -> Tensor {
    let kernel = try PreparedKernel(
      op: CastOps.family.castOp, node: "",
      attrs: ["SrcT": .type(given.dtype), "DstT": .type(dtype)],
      inputTypes: [given.dtype])
    return try kernel.run([given], .plain)[0]
  }

  private func number(_ text: ByteString) throws -> Double {
    let trimmed = trimmed(text)
    guard !trimmed.lowercased().contains("x"), let value = Double(trimmed) else {
      throw TFError.invalidArgument(
        "Tensor \(name) is \(dtype): could not convert string to float: '\(shown(text))'")
    }
    return value
  }

  private func whole(_ text: ByteString) throws -> Int {
    guard let value = Int(trimmed(text)) else {
      throw TFError.invalidArgument(
        """
        Tensor \(name) is \(dtype): invalid literal for a whole number with base 10: \
        '\(shown(text))'
        """
      )
    }
    return value
  }

  private func trimmed(_ text: ByteString) -> String {
    let isBlank = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
    let body = text.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    return String(decoding: body, as: UTF8.self)
  }

  private func shown(_ text: ByteString) -> String {
    String(decoding: text.prefix(60), as: UTF8.self)
  }

  /// Checks that a single whole number is still the same. NumPy compares in the placeholder's
  /// dtype, and so finds no difference among floating point numbers.
  private func checkWhole(_ value: Int, _ result: Tensor) throws {
    let isSame: Bool
    switch dtype {
    case .bool: isSame = value == 0 || value == 1
    case .uint64: isSame = value >= 0
    case _ where dtype.isInteger || dtype.isQuantized:
      isSame = try cast(result, to: .int64).elements(Int.self)[0] == value
    default: return
    }
    guard isSame else {
      throw TFError.invalidArgument(
        """
        Type of feed value \(value) is not compatible with Tensor type \(dtype) of \(name). Try \
        explicitly setting the type of the feed tensor to a larger type (e.g. int64).
        """
      )
    }
  }
}
