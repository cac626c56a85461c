import CoreGraph
import CoreOps

/// What functions of images check: at once where shapes are known, otherwise when they run.
enum ImageChecks {
  /// `image` once its last three dimensions are known to be of pixels.
  static func atLeast3D(_ image: Tensor) throws -> Tensor {
    try after(checks(image), image)
  }

  /// The operations that check that there are three dimensions which are not empty.
  static func checks(_ image: Tensor) throws -> [Operation] {
    if let dims = image.shape.dims {
      guard dims.count >= 3 else {
        throw TFError.invalidArgument(
          "'image' (shape \(image.shape.tupleText)) must be at least three-dimensional.")
      }
      let inner = dims.suffix(3)
      guard !inner.contains(Dimension(0)) else {
        throw TFError.invalidArgument(
          "inner 3 dims of 'image.shape' must be > 0: \(image.shape.tupleText)")
      }
      if !inner.contains(nil) { return [] }
    }
    if Environment.current.isExecutingEagerly { return [] }
    return try [
      Assertions.sign(
        "assert_positive", ">", MathAPI.shape(image)[(-3)...],
        .init(["inner 3 dims of 'image.shape' must be > 0."], nil, nil), nil),
      Assertions.binary(
        .greaterEqual, MathAPI.rank(image), 3,
        .init(nil, nil, "'image' must be at least three-dimensional."), nil),
    ].compactMap { $0 }
  }

  /// `image` once its last dimension is known to have size 1.
  static func grey(_ image: Tensor) throws -> Tensor {
    if let rank = image.shape.rank, rank < 2 {
      throw TFError.invalidArgument(
        "A grayscale image (shape \(image.shape.tupleText)) must be at least two-dimensional.")
    }
    if let known = image.shape.known {
      guard known.dims.last == 1 else {
        throw TFError.invalidArgument("Last dimension of a grayscale image should be size 1.")
      }
      return try after([], image)
    }
    let checks = try [
      Assertions.binary(
        .equal, MathAPI.shape(image)[-1], 1,
        .init(nil, nil, "Last dimension of a grayscale image should be size 1."), nil),
      Assertions.binary(
        .greaterEqual, MathAPI.rank(image), 3,
        .init(nil, nil, "A grayscale image must be at least two-dimensional."), nil),
    ]
    return try after(checks.compactMap { $0 }, image)
  }

  static func after(_ checks: [Operation], _ image: Tensor) throws -> Tensor {
    if Environment.current.isExecutingEagerly { return image }
    return try Conditional.withDependencies(checks, image)
  }

  /// A batch of one image, and whether it was one.
  static func batch(_ image: Tensor) throws -> (images: Tensor, isSingle: Bool) {
    switch image.shape.rank {
    case 4: return (image, false)
    case 3: return (try MathAPI.expandDims(image, 0), true)
    case nil:
      let batch = try MathAPI.expandDims(image, 0)
      return (try batch.withShape(PartialShape([nil, nil, nil, nil])), true)
    default:
      throw TFError.invalidArgument(
        "'image' (shape \(image.shape.tupleText)) must have either 3 or 4 dimensions.")
    }
  }
}

/// The sizes of an image's dimensions: numbers where they are known, otherwise tensors.
struct ImageSizes {
  /// A size.
  enum Size {
    case known(Int)
    case tensor(Tensor)

    var value: Int? { if case .known(let value) = self { value } else { nil } }
    var operand: any TensorConvertible {
      switch self {
      case .known(let value): value
      case .tensor(let tensor): tensor
      }
    }

    /// Of both numbers by one rule, or of tensors by another.
    func with(
      _ other: Size, _ numbers: (Int, Int) -> Int, _ tensors: (Tensor, Tensor) throws -> Tensor
    ) throws -> Size {
      if case .known(let a) = self, case .known(let b) = other { return .known(numbers(a, b)) }
      return .tensor(
        try tensors(
          operand.asTensor(preferring: .int32), other.operand.asTensor(preferring: .int32)))
    }

    static func - (a: Size, b: Size) throws -> Size {
      try a.with(b, { clamped($0.subtractingReportingOverflow($1), $0) }) { try $0 - $1 }
    }
    static func + (a: Size, b: Size) throws -> Size {
      try a.with(b, { clamped($0.addingReportingOverflow($1), $0) }) { try $0 + $1 }
    }

    /// A sum that does not trap: what is too large for a size stays too large.
    private static func clamped(_ sum: (partialValue: Int, overflow: Bool), _ first: Int) -> Int {
      sum.overflow ? (first < 0 ? -Int.max : Int.max) : sum.partialValue
    }
  }

  let sizes: [Size]

  init(_ image: Tensor, rank: Int) throws {
    if let known = image.shape.known {
      sizes = known.dims.map { .known($0) }
      return
    }
    let dynamic = try MathAPI.unstack(MathAPI.shape(image), num: rank)
    sizes = zip(image.shape.dims ?? Array(repeating: nil, count: rank), dynamic).map {
      $0.map { .known($0.value) } ?? .tensor($1)
    }
  }
}
