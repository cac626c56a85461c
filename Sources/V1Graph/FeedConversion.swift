import CoreGraph
import CoreOps

/// Makes of a fed value what the fed tensor must be, as `Session.run` does by NumPy: numbers are
/// cast as arrays are, so that what does not fit wraps; a text that is a number is read; a single
/// whole number must come out as it is.
struct FeedConversion: Sendable {
  let name: String
  let dtype: DType
  let shape: PartialShape

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
    guard fits(given.dims) else {
      let fed = tuple(given.dims.dims.map(String.init))
      let own = tuple((shape.dims ?? []).map { $0.map(\.description) ?? "?" })
      throw TFError.invalidArgument(
        "Cannot feed value of shape \(fed) for Tensor \(name), which has shape \(own)")
    }
    return given.dtype == dtype ? nil : try cast(given)
  }

  private func fits(_ dims: Shape) -> Bool {
    guard let expected = shape.dims else { return true }
    guard expected.count == dims.rank else { return false }
    for axis in 0..<dims.rank {
      if let size = expected[axis], size != dims[axis] { return false }
    }
    return true
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
      guard dtype != .bfloat16 else { throw mismatch(given) }
      return dtype.isInteger || dtype.isQuantized
        ? try cast(Tensor(given.strings.map(whole), dims: given.dims))
        : try cast(Tensor(given.strings.map(number), dims: given.dims))
    }
    // There is nothing in an empty array that could not be a text.
    if dtype == .string, given.dtype.isNumeric, given.dims.elementCount == 0 {
      return Tensor(strings: try StringBuffer(emptyElements: 0), dims: given.dims)
    }
    throw mismatch(given)
  }

  private func cast(_ given: Tensor, to dtype: DType) throws -> Tensor {
    let kernel = try PreparedKernel(
      op: CastOps.family.castOp, node: "",
      attrs: ["SrcT": .type(given.dtype), "DstT": .type(dtype)],
      inputTypes: [given.dtype])
    return try kernel.run([given], .eager)[0]
  }

  private func mismatch(_ given: Tensor) -> TFError {
    .invalidArgument(
      "Tensor \(name) is \(dtype), but the fed value is \(given.dtype), which is not converted")
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

  /// As Python prints a tuple.
  private func tuple(_ sizes: [String]) -> String {
    "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
  }
}

extension FeedConversion {
  /// What is fed in place of an output of the graph.
  init(_ endpoint: Endpoint, of graph: Graph) {
    let node = graph.node(endpoint.node)
    var shape =
      endpoint.index < node.outputShapes.count ? node.outputShapes[endpoint.index] : .unknown
    if node.opName == "Placeholder", case .shape(let declared)? = node.attrs["shape"] {
      // Graphs written before TensorFlow 1.3 have an empty shape where none was declared.
      shape = declared.rank == 0 && graph.versions.producer < 24 ? .unknown : declared
    }
    self.init(
      name: "\(node.name):\(endpoint.index)",
      dtype: endpoint.index < node.outputTypes.count ? node.outputTypes[endpoint.index] : .float32,
      shape: shape)
  }
}
