import CoreOps
import Glibc

/// The elements of a quantised tensor of 8 or 32 bits with a sign.
func quantizedIntegers(_ tensor: Tensor) throws -> [Int] {
  switch tensor.dtype {
  case .qint8:
    let values = tensor.pointer.assumingMemoryBound(to: Int8.self)
    return (0..<tensor.dims.elementCount).map { Int(values[$0]) }
  case .qint32:
    let values = tensor.pointer.assumingMemoryBound(to: Int32.self)
    return (0..<tensor.dims.elementCount).map { Int(values[$0]) }
  default: throw TFError.invalidArgument("expected qint8 or qint32, got \(tensor.dtype)")
  }
}

/// How an operand is quantised: by one scale and zero point, or by one for each slice along an
/// axis.
struct UniformScale: Sendable {
  /// -1 for none.
  let axis: Int
  let low: Int
  let high: Int
  /// The input with the scales; the zero points come after it.
  let position: Int

  init(axis: Int, low: Int, high: Int, at position: Int) {
    self.axis = axis
    self.low = low
    self.high = high
    self.position = position
  }

  /// What the attributes of an operand of that name say.
  init(_ context: KernelContext, _ name: String) throws {
    self.init(
      axis: try context.int("\(name)_quantization_axis"),
      low: try context.int("\(name)_quantization_min_val"),
      high: try context.int("\(name)_quantization_max_val"),
      at: try context.inputRange("\(name)_scales").lowerBound)
  }

  /// - Returns: the operand's axis.
  /// - Throws: as the other `check`.
  static func check(
    _ context: ShapeContext, _ operand: PartialShape, _ name: String, _ shapes: [PartialShape]
  ) throws -> Int {
    let scale = UniformScale(
      axis: try context.int("\(name)_quantization_axis"), low: 0, high: 0,
      at: try context.range("\(name)_scales").lowerBound)
    try scale.check(operand, shapes)
    return scale.axis
  }

  /// - Throws: `INVALID_ARGUMENT` when scales and zero points do not fit the operand's shape.
  func check(_ operand: PartialShape, _ shapes: [PartialShape]) throws {
    let (scales, zeros) = (shapes[position], shapes[position + 1])
    try require(axis >= -1, "quantization_axis must be >= -1, given: \(axis)")
    try require(
      operand.rank.map { axis < $0 } ?? true,
      "quantization_axis \(axis) must be less than the rank of shape \(operand)")
    try require(
      scales.isCompatible(with: zeros),
      "scales and zero_points shape must be same, but given scales shape \(scales) and zero_points "
        + "shape \(zeros)")
    let expected: PartialShape = axis < 0 ? .scalar : .of(operand[axis])
    try require(
      scales.isCompatible(with: expected),
      "scales and zero_points have shape \(scales), expected \(expected)")
  }

  /// The scales and zero points of a run.
  ///
  /// - Throws: `INVALID_ARGUMENT` when they do not fit, or a scale is not positive and finite.
  func bound(_ inputs: [Tensor], _ dims: Shape) throws -> Bound {
    try check(PartialShape(dims), inputs.map { PartialShape($0.dims) })
    let scales = inputs[position]
    try require(
      scales.elements(Float.self).allSatisfy { $0 > 0 && $0.isFinite },
      "Some scales elements are not positive or finite")
    let inner = axis < 0 ? 1 : max(dims.dims[(axis + 1)...].reduce(1, *), 1)
    return Bound(
      scales: Array(scales.elements(Float.self)),
      zeros: inputs[position + 1].elements(Int32.self).map { Int($0) }, inner: inner, low: low,
      high: high)
  }

  struct Bound {
    private let scales: [Float]
    private let zeros: [Int]
    private let inner: Int
    let low: Int
    let high: Int

    init(scales: [Float], zeros: [Int], inner: Int, low: Int, high: Int) {
      self.scales = scales
      self.zeros = zeros
      self.inner = inner
      self.low = low
      self.high = high
    }

    var count: Int { scales.count }
    /// Which scale the element at that flat position has.
    func slice(_ index: Int) -> Int { count == 1 ? 0 : index / inner % count }
    func scale(_ slice: Int) -> Float { scales[slice] }
    func zero(_ slice: Int) -> Int { zeros[slice] }
  }
}

/// A positive factor as an integer of 31 bits and a shift, as TensorFlow Lite multiplies.
struct FixedMultiplier {
  private let multiplier: Int
  private let shift: Int

  /// - Throws: `INVALID_ARGUMENT` when the factor is not positive and finite.
  init(_ factor: Double) throws {
    try require(
      factor > 0 && factor.isFinite,
      "double_multiplier must be a positive finite number. Given \(factor)")
    var exponent: Int32 = 0
    let fraction = frexp(factor, &exponent)
    var fixed = Int((fraction * 2_147_483_648).rounded())
    if fixed == 1 << 31 {
      fixed /= 2
      exponent += 1
    }
    if exponent < -31 { (fixed, exponent) = (0, 0) }
    if exponent > 30 { (fixed, exponent) = (Int(Int32.max), 30) }
    multiplier = fixed
    shift = 31 - Int(exponent)
  }

  func callAsFunction(_ value: Int) -> Int {
    let product = value &* multiplier &+ (1 << (shift - 1))
    return min(max(product >> shift, Int(Int32.min)), Int(Int32.max))
  }
}

/// Takes integers of one quantisation to another.
struct Requantizer {
  private let source: UniformScale.Bound
  private let target: UniformScale.Bound
  private let multipliers: [FixedMultiplier]

  /// - Throws: `INVALID_ARGUMENT` when both have several scales, but not as many.
  init(_ source: UniformScale.Bound, _ target: UniformScale.Bound) throws {
    try require(
      source.count == 1 || target.count == 1 || source.count == target.count,
      "operands with \(source.count) and \(target.count) scales do not fit each other")
    self.source = source
    self.target = target
    multipliers = try (0..<max(source.count, target.count)).map { slice in
      try FixedMultiplier(
        Double(source.scale(source.count == 1 ? 0 : slice))
          / Double(target.scale(target.count == 1 ? 0 : slice)))
    }
  }

  func callAsFunction(_ value: Int, _ from: Int, _ to: Int) -> Int {
    let steps = Int(Int32(truncatingIfNeeded: value &- source.zero(from)))
    let scaled = multipliers[multipliers.count == 1 ? 0 : max(from, to)](steps)
    let moved = Int(Int32(truncatingIfNeeded: scaled &+ target.zero(to)))
    return max(min(moved, target.high), target.low)
  }
}

/// Where the elements of a tensor are that is broadcast to a shape.
struct BroadcastPlaces {
  private let dims: [Int]
  private let strides: [Int]

  init(_ own: Shape, _ output: Shape) {
    dims = output.dims
    let lead = output.rank - own.rank
    let steps = own.strides
    strides = (0..<output.rank).map { axis in
      axis < lead || own[axis - lead] == 1 ? 0 : steps[axis - lead]
    }
  }

  subscript(index: Int) -> Int {
    var (rest, place) = (index, 0)
    for axis in dims.indices.reversed() {
      place += rest % dims[axis] * strides[axis]
      rest /= dims[axis]
    }
    return place
  }
}

/// The scale and zero point that a row of floats asks for, to be quantised to 8 bits.
struct RowScale {
  private(set) var scale: Float
  private(set) var zero: Int

  /// Quantises row `row` of a matrix into that of another.
  init(_ matrix: Tensor, row: Int, into output: Tensor) throws {
    let columns = matrix.dims[1]
    let values = matrix.elements(Float.self)[row * columns..<(row + 1) * columns]
    let target = output.pointer.assumingMemoryBound(to: Int8.self) + row * columns
    let (low, high) = (-128.0, 127.0)
    let least = Double(values.reduce(0, min))
    let most = Double(values.reduce(0, max))
    scale = Float((most - least) / (high - low))
    let inverse = most == least ? 0 : Float((high - low) / (most - least))
    guard scale != 0, inverse.isFinite else {
      (scale, zero) = (1, 0)
      for column in 0..<columns { target[column] = 0 }
      return
    }
    let wide = Double(scale)
    let (fromLow, fromHigh) = (low - least / wide, high - most / wide)
    let isLowBetter = abs(low) + abs(least / wide) < abs(high) + abs(most / wide)
    let place = isLowBetter ? fromLow : fromHigh
    zero = place <= low ? -128 : place >= high ? 127 : Int(place.rounded())
    var pace = Pace()
    for (column, value) in values.enumerated() {
      try pace.step()
      let steps = floorf(value * inverse + 0.5)
      target[column] = Int8(min(max(Double(steps) + Double(zero), low), high))
    }
  }
}
