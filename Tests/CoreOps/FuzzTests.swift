import CoreOps
import Foundation
import TestSupport
import Testing

/// Calls every op with inputs of random shapes, dtypes, values and attributes: most calls are
/// refused, none may trap.
@Suite struct FuzzTests {
  @Test func refuseWhatTheyCannotTake() throws {
    try TestFiles.enterFolder()
    // One op after the other, so that a trap's op is the last one traced.
    let after = ProcessInfo.processInfo.environment["JANUS_FUZZ_AFTER"] ?? ""
    for op in OpRegistry.standard.all where op.name > after { try call(op) }
  }

  /// Ops for which TensorFlow says INTERNAL too: what was staged has other dtypes, or a graph with
  /// arguments was not called.
  private static let internals: Set = [
    "StagePeek", "Unstage", "MapPeek", "MapUnstage", "MapUnstageNoKey", "OrderedMapPeek",
    "OrderedMapUnstage", "OrderedMapUnstageNoKey", "_Arg", "_DeviceArg",
  ]

  /// The outputs; nil of an op that would wait for another.
  private func outputs(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs) throws -> [Tensor]? {
    guard op.mayWait else { return try apply(op, inputs, attrs) }
    let kernel = try PreparedKernel(
      op: op, node: "", attrs: attrs, inputTypes: inputs.map(\.dtype))
    do {
      return try kernel.attempt(inputs, .plain, WaitTicket())
    } catch is WouldWait { return nil }
  }

  private func call(_ op: OpDef) throws {
    let environment = ProcessInfo.processInfo.environment
    let rounds = environment["JANUS_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 25
    let first = environment["JANUS_FUZZ_FIRST"].flatMap { UInt64($0) } ?? 0
    for round in first..<first + UInt64(rounds) {
      var call = RandomCall(op, seed: round)
      let (inputs, attrs) = call.make()
      if environment["JANUS_FUZZ_TRACE"] != nil {
        FileHandle.standardError.write(
          Data(
            "fuzz \(op.name) \(round) \(inputs.map { "\($0.dtype)\($0.shape)" }) \(attrs)\n".utf8))
      }
      do {
        guard let outputs = try outputs(op, inputs, attrs) else { continue }
        let complete = try op.signature.resolve(inputTypes: inputs.map(\.dtype), attrs)
        #expect(outputs.map(\.dtype) == (try op.signature.outputTypes(complete)), "\(op.name)")
      } catch let error as TFError {
        #expect(!error.message.isEmpty)
        #expect(
          error.code != .internal || op.name.hasPrefix("Sparse")
            || Self.internals.contains(op.name),
          "\(op.name), round \(round): \(error)")
      }
    }
  }
}

/// A random call of an op, the same for the same seed.
private struct RandomCall {
  private let op: OpDef
  private var generator: Generator
  /// Shapes that inputs have in common, so that some calls get past the first checks.
  private var shapes: [Shape] = []

  init(_ op: OpDef, seed: UInt64) {
    self.op = op
    generator = Generator(
      state: op.name.utf8.reduce(seed &* 0x9e37_79b9_7f4a_7c15 &+ 1) { $0 &* 31 &+ UInt64($1) })
  }

  mutating func make() -> ([Tensor], Attrs) {
    let signature = op.signature
    let rank = generator.below(5)
    let isAlike = generator.chance(50)
    shapes = (0..<2).map { _ in randomShape(isAlike ? rank : generator.below(5)) }
    var attrs = Attrs()
    for attribute in signature.attributes {
      let isType = attribute.type == "type" || attribute.type == "list(type)"
      if attribute.defaultValue != nil, !isType, generator.chance(70) { continue }
      attrs[attribute.name] = value(attribute)
    }
    var inputs: [Tensor] = []
    for argument in signature.inputs {
      let types = (try? signature.types(of: argument, attrs)) ?? []
      for dtype in types { inputs.append(tensor(dtype)) }
    }
    return (inputs, attrs)
  }

  private mutating func value(_ attribute: Signature.Attribute) -> AttrValue {
    if attribute.type.hasPrefix("list(") {
      var element = attribute
      element.type = String(attribute.type.dropFirst(5).dropLast())
      element.minimum = nil
      let count = max(attribute.minimum ?? 0, 0) + (generator.chance(70) ? 0 : generator.below(3))
      return .list((0..<max(count, generator.below(4))).map { _ in value(element) })
    }
    switch attribute.type {
    case "int":
      // A count of inputs stays small: they all have to be made.
      let isCount = op.signature.inputs.contains { $0.number == attribute.name }
      return .int(
        isCount || generator.chance(80)
          ? (attribute.minimum ?? 0) + generator.below(4) : generator.integer())
    case "float": return .float(Float(generator.real()))
    case "bool": return .bool(generator.chance(50))
    case "type":
      let kernel = op.kernelDTypes[attribute.name] ?? []
      let allowed = kernel.isEmpty ? attribute.allowedTypes?.dtypes ?? DType.allCases : kernel
      return .type(generator.pick(allowed) ?? .float32)
    case "string":
      return .string(
        generator.pick(attribute.allowedStrings ?? ["", "a", "ab,bc->ac", "...i->i...", "x;y"])
          ?? "")
    case "shape":
      return .shape(
        generator.chance(30)
          ? .unknown
          : PartialShape(
            (0..<generator.below(4)).map { _ in generator.chance(30) ? nil : generator.below(4) }))
    case "tensor": return .tensor(tensor(generator.pick(DType.allCases) ?? .float32))
    case "func": return .function("missing", [:])
    default: return .int(0)
    }
  }

  private mutating func randomShape(_ rank: Int) -> Shape {
    Shape((0..<rank).map { _ in generator.chance(90) ? 1 + generator.below(3) : 0 })
  }

  private mutating func tensor(_ dtype: DType) -> Tensor {
    let dims =
      switch generator.below(10) {
      case 0..<5: shapes[0]
      case 5: shapes[1]
      case 6: Shape()
      case 7: Shape([generator.below(5)])
      default: randomShape(generator.below(5))
      }
    let count = dims.elementCount
    let isSmall = generator.chance(80)
    do {
      switch dtype {
      case .string:
        return try Tensor(
          strings: (0..<count).map { _ in
            (0..<generator.below(4)).map { _ in UInt8(97 + generator.below(4)) }
          }, dims: dims)
      case .resource, .variant:
        let object = generator.chance(50) ? nil : try sample(dtype)
        return Tensor(
          dtype, objects: [(any TensorObject)?](repeating: object, count: count), dims: dims)
      case .bool: return try Tensor((0..<count).map { _ in generator.chance(50) }, dims: dims)
      case .complex64:
        return try Tensor(
          (0..<count).map { _ in Complex64(Float(generator.real()), Float(generator.real())) },
          dims: dims)
      case .complex128:
        return try Tensor(
          (0..<count).map { _ in Complex128(generator.real(), generator.real()) }, dims: dims)
      case .half, .bfloat16, .float32, .float64:
        return try Double.tensor((0..<count).map { _ in generator.real() }, dims, dtype: dtype)
      default:
        let values = (0..<count).map { _ in isSmall ? generator.below(8) - 2 : generator.integer() }
        let plain: DType =
          switch dtype {
          case .qint8: .int8
          case .quint8: .uint8
          case .qint16: .int16
          case .quint16: .uint16
          case .qint32: .int32
          default: dtype
          }
        return try Tensor.wrapping(values, plain, dims).bitcast(dtype)
      }
    } catch {
      preconditionFailure("a random tensor: \(error)")
    }
  }

  /// A list, or a variable with a value.
  private mutating func sample(_ dtype: DType) throws -> (any TensorObject)? {
    if dtype == .variant {
      let list = try applyOp(
        "TensorListFromTensor",
        [Tensor([1, 2, 3, 4], dims: [2, 2]), Tensor([Int32(2)], dims: [1])])
      return list[0].objects[0]
    }
    let handle = try applyOp(
      "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape([2, 3]), "shared_name": .string("fuzz")])[0]
    _ = try applyOp(
      "AssignVariableOp", [handle, Tensor([Float](repeating: 1, count: 6), dims: [2, 3])])
    return handle.objects[0]
  }
}

private struct Generator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var x = state
    x ^= x >> 33
    x = x &* 0xff51_afd7_ed55_8ccd
    x ^= x >> 33
    return x
  }
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<T>(_ values: [T]) -> T? { values.isEmpty ? nil : values[below(values.count)] }
  mutating func integer() -> Int {
    pick([-1, 0, 1, 5, 1000, 1 << 20, 1 << 31, 1 << 40, .max, .min, -1000]) ?? 0
  }
  mutating func real() -> Double {
    chance(90)
      ? Double(below(2000)) / 250 - 4
      : pick([.nan, .infinity, -.infinity, 0, 1e30, -1e30, 1e-40]) ?? 0
  }
}
