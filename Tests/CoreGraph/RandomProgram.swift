import CoreOps
import TestSupport

/// A small program of products, convolutions, pooling, normalisation and what follows them, made
/// of random numbers; it runs eagerly while it is made, so that each op fits the ones before it.
struct RandomProgram {
  enum Operand {
    case value(Int)
    case constant(Tensor)
  }

  struct Step {
    let op: String
    let operands: [Operand]
    let attrs: Attrs
  }

  private(set) var steps: [Step] = []
  /// The values so far, the input first; of ops with several outputs the first counts.
  private var values: [Tensor]
  /// The values to compare: the last one, and some others.
  private(set) var fetches: [Int] = []
  private var numbers: Numbers
  /// How many of a thousand numbers are NaN, infinite or -0.0.
  private let specials: Int

  var input: Tensor { values[0] }

  init(seed: UInt64) throws {
    numbers = Numbers(state: seed)
    specials = [0, 0, 20, 100].randomElement(using: &numbers)!
    values = []
    values.append(try random(one(of: [[3, 4], [1, 5], [9, 40], [33, 64]] + Self.images)))
    for _ in 0..<Int.random(in: 1...2, using: &numbers) {
      try addProducer()
      for _ in 0..<Int.random(in: 0...5, using: &numbers) { try addFollower() }
    }
    fetches = values.indices.dropFirst().filter { _ in chance(8) } + [values.count - 1]
  }

  private static let images = [
    [1, 5, 6, 3], [2, 7, 7, 4], [1, 9, 8, 16], [3, 1, 1, 8], [1, 16, 15, 8], [2, 3, 4, 1],
  ]

  /// One value of the program on symbolic or eager inputs for each fetch.
  func run(_ inputs: [Tensor]) throws -> [Tensor] {
    var values = inputs
    for step in steps {
      let operands = step.operands.map { operand in
        switch operand {
        case .value(let index): values[index]
        case .constant(let tensor): tensor
        }
      }
      values.append(try applyOp(step.op, operands, step.attrs)[0])
    }
    return fetches.map { values[$0] }
  }

  var text: String {
    let lines = steps.enumerated().map { index, step in
      let operands = step.operands.map { operand in
        switch operand {
        case .value(let index): "v\(index)"
        case .constant(let tensor): "constant\(tensor.dims)"
        }
      }
      let attrs = step.attrs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
      return "v\(index + 1) = \(step.op)(\(operands.joined(separator: ", "))) \(attrs)"
    }
    return "v0\(input.dims); " + lines.joined(separator: "; ") + "; fetches \(fetches)"
  }

  // MARK: - Random things

  private mutating func one<T>(of choices: [T]) -> T { choices.randomElement(using: &numbers)! }
  private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &numbers) == 0 }

  private mutating func random(_ dims: [Int], positive: Bool = false) throws -> Tensor {
    let count = dims.reduce(1, *)
    let elements = (0..<count).map { _ -> Float in
      if !positive, Int.random(in: 0..<1000, using: &numbers) < specials {
        return one(of: [.nan, .infinity, -.infinity, -0.0, 0])
      }
      return Float.random(in: positive ? 0.5...2 : -1...1, using: &numbers)
    }
    return try Tensor(elements, dims: Shape(dims))
  }

  private mutating func add(_ op: String, _ operands: [Operand], _ attrs: Attrs = [:]) throws {
    let inputs = operands.map { operand in
      switch operand {
      case .value(let index): values[index]
      case .constant(let tensor): tensor
      }
    }
    // What does not fit is left out.
    guard let result = try? applyOp(op, inputs, attrs)[0], result.dims.elementCount <= 1 << 16
    else { return }
    values.append(result)
    steps.append(Step(op: op, operands: operands, attrs: attrs))
  }

  private var last: Int { values.count - 1 }
  private var dims: [Int] { values[last].dims.dims }

  /// The value as a tensor of that rank.
  private mutating func reshape(to rank: Int) throws {
    guard dims.count != rank else { return }
    let count = dims.reduce(1, *)
    let channels = dims.last ?? 1
    let rows = channels == 0 ? 0 : count / channels
    let shape = rank == 2 ? [rows, channels] : [1, rows, 1, channels]
    try add("Reshape", [.value(last), .constant(t(.int32, shape))])
  }

  // MARK: - Ops

  private mutating func addProducer() throws {
    if chance(3) || dims.count == 2 && !chance(4) { return try addProduct() }
    try reshape(to: 4)
    let first = chance(5)
    let kernel = (one(of: [1, 2, 3]), one(of: [1, 2, 3]))
    let stride = one(of: [1, 1, 2])
    let dilation = stride == 1 ? one(of: [1, 1, 2]) : 1
    func each(_ value: Int) -> [Int] { first ? [1, 1, value, value] : [1, value, value, 1] }
    var attrs: Attrs = [
      "strides": .ints(each(stride)), "dilations": .ints(each(dilation)),
      "data_format": .string(first ? "NCHW" : "NHWC"),
    ]
    switch one(of: ["SAME", "VALID", "EXPLICIT"]) {
    case "EXPLICIT":
      attrs["padding"] = .string("EXPLICIT")
      let pads = (0..<4).map { _ in Int.random(in: 0...2, using: &numbers) }
      attrs["explicit_paddings"] = .ints(first ? [0, 0, 0, 0] + pads : [0, 0] + pads + [0, 0])
    case let padding: attrs["padding"] = .string(padding)
    }
    let channels = dims[first ? 1 : 3]
    if chance(3) {
      let filter = try random([kernel.0, kernel.1, channels, one(of: [1, 2])])
      return try add("DepthwiseConv2dNative", [.value(last), .constant(filter)], attrs)
    }
    let filter = try random([kernel.0, kernel.1, channels, one(of: [1, 3, 8, 16])])
    try add("Conv2D", [.value(last), .constant(filter)], attrs)
  }

  private mutating func addProduct() throws {
    try reshape(to: 2)
    let (transposeA, transposeB) = (chance(6), chance(4))
    let depth = dims[transposeA ? 0 : 1]
    let columns = one(of: [1, 3, 16, 33, 70])
    let matrix = try random(transposeB ? [columns, depth] : [depth, columns])
    try add(
      "MatMul", [.value(last), .constant(matrix)],
      ["transpose_a": .bool(transposeA), "transpose_b": .bool(transposeB)])
  }

  private mutating func addFollower() throws {
    switch Int.random(in: 0..<20, using: &numbers) {
    case 0..<4:
      guard dims.count >= 2 else { return }
      let first = dims.count == 4 && chance(4)
      try add(
        "BiasAdd", [.value(last), .constant(random([dims[first ? 1 : dims.count - 1]]))],
        ["data_format": .string(first ? "NCHW" : "NHWC")])
    case 4..<9: try addConstant()
    case 9..<11: try addNormalisation()
    case 11: try addSwish()
    case 12: try addPooling()
    case 13:
      let same = values.indices.filter { values[$0].dims == values[last].dims }
      try add(one(of: ["AddV2", "Mul", "Maximum", "Sub"]), [.value(last), .value(one(of: same))])
    case 14: try add("Identity", [.value(last)])
    default:
      let op = one(of: [
        "Relu", "Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid", "Neg", "Abs", "Softplus",
      ])
      try add(
        op, [.value(last)],
        op == "LeakyRelu" ? ["alpha": .float(one(of: [0, 0.2, 1.5]))] : [:])
    }
  }

  /// An element-wise op with a constant of any shape that broadcasts, now and then one with more
  /// dimensions.
  private mutating func addConstant() throws {
    var shape = dims.map { dim in chance(2) ? 1 : dim }
    if chance(3) {
      shape = Array(repeating: 1, count: max(dims.count - 1, 0)) + (dims.last.map { [$0] } ?? [])
    }
    shape.removeFirst(Int.random(in: 0...shape.count, using: &numbers))
    if chance(4) {
      let missing = max(dims.count - shape.count, 0)
      shape = Array(repeating: 1, count: missing + one(of: [0, 1, 1, 2])) + shape
    }
    let constant = try random(shape, positive: chance(2))
    let operands = [Operand.value(last), .constant(constant)]
    try add(
      one(of: ["Add", "AddV2", "Sub", "Mul", "Mul", "Maximum"]),
      chance(3) ? operands.reversed() : operands)
  }

  private mutating func addNormalisation() throws {
    guard dims.count == 4 else { return }
    let first = chance(4)
    let count = dims[first ? 1 : 3]
    let vectors = try [false, false, false, true].map {
      Operand.constant(try random([count], positive: $0))
    }
    try add(
      one(of: ["FusedBatchNorm", "FusedBatchNormV3"]), [.value(last)] + vectors,
      [
        "is_training": .bool(false), "epsilon": .float(one(of: [1e-3, 0.1])),
        "data_format": .string(first ? "NCHW" : "NHWC"),
      ])
  }

  private mutating func addSwish() throws {
    let x = last
    try add("Sigmoid", [.value(x)])
    try add("Mul", [.value(x), .value(last)])
  }

  private mutating func addPooling() throws {
    guard dims.count == 4 else { return }
    try add(
      one(of: ["MaxPool", "AvgPool"]), [.value(last)],
      [
        "ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, one(of: [1, 2]), 2, 1]),
        "padding": .string(one(of: ["SAME", "VALID"])),
      ])
  }
}
