import CoreOps
import TestSupport

/// Denormal numbers, as TensorFlow's threads treat them: arithmetic takes them for zero and gives
/// zero in their place; what only moves or changes bits keeps them. Results are compared as bits,
/// as a tolerance takes them for zero too.
let denormalCases: [OpCase] = [
  // 1e-39, -1e-39 and 3e-38: two denormals and a normal number.
  flushing("Mul", [small, t(.float32, 1)], [0, minus, normal]),
  flushing("Mul of normal numbers", [small, t(.float32, 0.1)], [0, minus, 0]),
  flushing("RealDiv", [small, t(.float32, 1)], [0, minus, normal]),
  flushing("RealDiv by a denormal", [t(.float32, [1, -1]), t(.float32, 1e-39)], [inf, minusInf]),
  flushing("AddV2", [small, t(.float32, 0)], [0, 0, normal]),
  flushing("Sub", [small, t(.float32, 0)], [0, minus, normal]),
  flushing("Square", [t(.float32, [1e-39, 1e-20])], [0, 0]),
  flushing("Sqrt", [t(.float32, [1e-39, 4])], [0, 0x4000_0000]),
  flushing("Reciprocal", [t(.float32, [1e-39, -1e-39])], [inf, minusInf]),
  flushing("Floor", [small], [0, minus, 0]),
  flushing("Ceil", [small], [0, minus, 0x3f80_0000]),
  flushing("Cumsum", [small, t(.int32, 0)], [0, 0, normal]),
  flushing("MatMul", [t(.float32, [[1e-39], [3e-38]]), t(.float32, [[1]])], [0, normal]),
  flushing("Maximum", [small, t(.float32, -1)], [0, minus, normal]),
  flushing("Minimum", [small, t(.float32, 1)], [0, minus, normal]),
  flushing("ClipByValue", [small, t(.float32, -1), t(.float32, 1)], [0, minus, normal]),
  flushing("Max", [t(.float32, [[1e-39, -1], [-1e-39, -1]]), t(.int32, 1)], [0, minus]),
  flushing("Min", [t(.float32, [[1e-39, 1], [-1e-39, 1]]), t(.int32, [1])], [0, minus]),
  flushing("SegmentMax", [small, t(.int32, [0, 1, 2])], [0, minus, normal]),
  flushing("Log1p", [small], [0, minus, normal]),
  flushing("Sin", [small], [0, minus, normal]),
  flushing("Identity", [small], [tiny, minusTiny, normal]),
  flushing("Neg", [small], [minusTiny, tiny, normal | minus]),
  flushing("Abs", [small], [tiny, tiny, normal]),
  flushing("Reshape", [small, t(.int32, [3, 1])], [tiny, minusTiny, normal]),
  flushing(
    "ConcatV2", [small, small, t(.int32, 0)],
    [tiny, minusTiny, normal, tiny, minusTiny, normal]),
  OpCase("Sign of denormals", [small], expect: [[0, 0, 1]], tolerance: 0, gradient: false),
  OpCase(
    "MaxPool of denormals", [small], expect: [t(.int32, [0, minus, normal])], tolerance: 0
  ) {
    let pooled = try apply(
      "MaxPool", [apply("Reshape", [$0[0], t(.int32, [1, 3, 1, 1])])],
      [
        "ksize": .ints([1, 1, 1, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID"),
      ])
    return [
      try apply(
        "Bitcast", [apply("Reshape", [pooled, t(.int32, [-1])])], ["type": .type(.int32)])
    ]
  },
  OpCase(
    "Unique of denormals", [t(.float32, [1e-39, 0, 1, -1e-39])], expect: [t(.int32, [0, 0, 1, 0])]
  ) { [try CoreOps.apply(OpCase.definition("Unique"), $0)[1]] },
  // Two denormals are equal, and so are a denormal and 0.
  OpCase(
    "Atan2 of denormals",
    [t(.float32, [1e-39, 0, 0, 2]), t(.float32, [-3e-39, 2e-39, 0, 1e-39])],
    expect: [[2.3561945, 0.7853982, 0, 1.5707964]], gradient: false),
  OpCase(
    "Atan2 of float64 denormals",
    [
      t(.float64, [Double.leastNonzeroMagnitude, 0, Double.leastNonzeroMagnitude]),
      t(.float64, [-Double.leastNonzeroMagnitude, Double.leastNonzeroMagnitude, -1]),
    ],
    expect: [[2.356194490192345, 0.7853981633974483, 3.141592653589793]], gradient: false),
  OpCase("Greater with denormals", [small, t(.float32, 0)], expect: [[false, false, true]]),
  OpCase("Equal with denormals", [small, t(.float32, 0)], expect: [[true, true, false]]),
  OpCase(
    "Equal with float64 denormals",
    [t(.float64, [Double.leastNonzeroMagnitude, 1e-300]), t(.float64, 0)],
    expect: [[true, false]]),
  OpCase(
    "Mul of half denormals", [t(.half, [1e-6]), t(.half, 4)], expect: [t(.half, [4e-6])],
    tolerance: 1e-7, gradient: false),
  // Half precision's denormals are normal numbers in single precision.
  OpCase(
    "Cast of half denormals", [t(.half, [1e-6])],
    ["DstT": .type(.float32)], expect: [[1.013279e-6]], tolerance: 1e-12, gradient: false),
  OpCase(
    "Cast to half denormals", [t(.float32, [5.960464477539063e-8, 2.9802322e-8, -6e-5])],
    expect: [t(.int16, [1, 0, -31_761])], tolerance: 0
  ) {
    let halves = try apply("Cast", $0, ["DstT": .type(.half)])
    return [try apply("Bitcast", [halves], ["type": .type(.int16)])]
  },
  OpCase("Mul of denormals in parallel", [], expect: [t(.int64, 0)]) { _ in
    let many = try apply("Fill", [t(.int32, [1 << 20]), t(.float32, 1e-39)])
    // Counted as bits, and so not as zeros anyway.
    let bits = try apply(
      "Bitcast", [apply("Mul", [many, t(.float32, 1)])], ["type": .type(.int32)])
    let nonzero = try apply(
      "Cast", [apply("NotEqual", [bits, t(.int32, 0)])],
      ["DstT": .type(.int64)])
    return [try apply("Sum", [nonzero, t(.int32, [0])])]
  },
]

private let small = t(.float32, [1e-39, -1e-39, 3e-38])
private let tiny = Int32(bitPattern: Float(1e-39).bitPattern)
private let minusTiny = Int32(bitPattern: Float(-1e-39).bitPattern)
private let normal = Int32(bitPattern: Float(3e-38).bitPattern)
private let minus = Int32.min
private let inf = Int32(bitPattern: Float.infinity.bitPattern)
private let minusInf = Int32(bitPattern: (-Float.infinity).bitPattern)

private func apply(_ op: String, _ inputs: [Tensor], _ attrs: Attrs = [:]) throws -> Tensor {
  try CoreOps.apply(OpCase.definition(op), inputs, attrs)[0]
}

/// An op on single-precision numbers, and the bits of what it gives, in order.
private func flushing(_ title: String, _ inputs: [Tensor], _ bits: [Int32]) -> OpCase {
  let op = String(title.prefix { $0 != " " })
  return OpCase("\(op) flushes: \(title)", inputs, expect: [t(.int32, bits)], tolerance: 0) {
    let flat = try apply("Reshape", [apply(op, $0), t(.int32, [-1])])
    return [try apply("Bitcast", [flat], ["type": .type(.int32)])]
  }
}
