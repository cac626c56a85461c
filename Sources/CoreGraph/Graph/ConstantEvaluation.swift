import CKernels
import CoreOps

/// What shape rules may know of values before a run, as TensorFlow's `ShapeRefiner` finds it.
extension Graph.State {
  /// Elements of the largest value that is computed for a shape rule.
  private static let mostElements = 1 << 16
  /// How deep the inputs of a value may be nested.
  private static let deepest = 128

  /// The value of an output that follows from constants and from known shapes alone.
  mutating func constant(_ endpoint: Endpoint, depth: Int = 0) -> Tensor? {
    guard endpoint.node >= 0 else { return nil }
    let node = nodes[endpoint.node]
    if node.isConstant {
      guard case .tensor(let value)? = node.attrs["value"], endpoint.index == 0 else { return nil }
      return value
    }
    if let known = constants[endpoint] { return known }
    guard depth < Self.deepest, let outputs = evaluated(node, depth) else {
      constants[endpoint] = .some(nil)
      return nil
    }
    for (index, output) in outputs.enumerated() {
      constants[Endpoint(node.id, index)] = .some(output)
    }
    return endpoint.index < outputs.count ? outputs[endpoint.index] : nil
  }

  private mutating func evaluated(_ node: Node, _ depth: Int) -> [Tensor?]? {
    guard let op = node.op, node.fault == nil, !op.isStateful, !node.inputs.isEmpty else {
      return nil
    }
    if let values = fromShapes(node) { return values }
    if case .executor = op.kernel.form { return nil }
    guard op.name != "PlaceholderWithDefault", facts(node.id).error == nil,
      !node.attrs.callsFunctions,
      node.outputTypes.allSatisfy(\.isNumeric),
      facts(node.id).shapes.allSatisfy({ ($0.elementCount ?? 0) <= Self.mostElements })
    else { return nil }
    var inputs: [Tensor] = []
    for input in node.inputs {
      guard input.node < node.id, let value = constant(input, depth: depth + 1),
        value.dims.elementCount <= Self.mostElements
      else { return nil }
      inputs.append(value)
    }
    let floatState = jk_float_enter()
    defer { jk_float_leave(floatState) }
    // A kernel that refuses the values says so when it runs.
    guard
      let kernel = try? PreparedKernel(
        op: op, node: node.name, attrs: node.attrs, inputTypes: inputs.map(\.dtype))
    else { return nil }
    return try? kernel.run(
      inputs, ExecutionContext(resources: ResourceContainer(), cancellation: .never))
  }

  /// The outputs of ops that look at shapes only.
  private mutating func fromShapes(_ node: Node) -> [Tensor?]? {
    func shape(_ index: Int) -> PartialShape {
      let input = node.inputs[index]
      guard input.node >= 0, input.node < node.id else { return .unknown }
      let shapes = facts(input.node).shapes
      return input.index < shapes.count ? shapes[input.index] : .unknown
    }
    func integers(_ values: [Int]) -> Tensor? {
      try? values.asTensor(preferring: node.outputTypes[0])
    }
    func integer(_ value: Int) -> Tensor? { try? value.asTensor(preferring: node.outputTypes[0]) }
    switch node.opName {
    case "Shape": return shape(0).known.flatMap { integers($0.dims) }.map { [$0] }
    case "ShapeN":
      return node.inputs.indices.map { index in shape(index).known.flatMap { integers($0.dims) } }
    case "Rank": return shape(0).rank.flatMap(integer).map { [$0] }
    case "Size": return shape(0).elementCount.flatMap(integer).map { [$0] }
    case "StridedSlice": return sizeOfShape(node).flatMap(integer).map { [$0] }
    default: return nil
    }
  }

  /// The known size that a program takes from a shape of which others are unknown: `shape(x)[1]`.
  private mutating func sizeOfShape(_ node: Node) -> Int? {
    let input = node.inputs[0]
    guard node.inputs.count == 4, input.node >= 0, input.node < node.id,
      nodes[input.node].opName == "Shape", mask("shrink_axis_mask", node) == 1,
      Self.otherMasks.allSatisfy({ mask($0, node) == 0 }), node.inputs[1].node >= 0,
      let begin = constant(node.inputs[1]), begin.dims == Shape([1]),
      let first = try? begin.integers()[0], let dims = partialShape(input)?.dims
    else { return nil }
    let axis = first < 0 ? first + dims.count : first
    return dims.indices.contains(axis) ? dims[axis]?.value : nil
  }

  private static let otherMasks = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"]

  private func mask(_ name: String, _ node: Node) -> Int {
    if case .int(let mask)? = node.attrs[name] { mask } else { 0 }
  }

  /// The shape that the integers of an output describe, as far as they are known; nil when nothing
  /// is.
  mutating func partialShape(_ endpoint: Endpoint, depth: Int = 0) -> PartialShape? {
    guard endpoint.node >= 0, depth < Self.deepest else { return nil }
    let node = nodes[endpoint.node]
    let own = facts(node.id).shapes
    guard endpoint.index < own.count, own[endpoint.index].rank == 1 else { return nil }
    if own[endpoint.index][0] == 0 { return .scalar }
    if let value = constant(endpoint), let sizes = try? value.integers() {
      return PartialShape(sizes.map { $0 < 0 ? nil : Dimension($0) } as [Dimension?])
    }
    func source(_ index: Int) -> Endpoint? {
      guard index < node.inputs.count else { return nil }
      let input = node.inputs[index]
      return input.node >= 0 && input.node < node.id ? input : nil
    }
    switch node.opName {
    case "Shape", "ShapeN":
      guard let input = source(node.opName == "Shape" ? 0 : endpoint.index) else { return nil }
      let shapes = facts(input.node).shapes
      return input.index < shapes.count ? shapes[input.index] : nil
    case "VariableShape":
      return source(0).flatMap { facts($0.node).handle($0.index)?.parts.first?.shape }
    case "Cast":
      guard node.outputTypes[0] == .int32 || node.outputTypes[0] == .int64 else { return nil }
      return source(0).flatMap { partialShape($0, depth: depth + 1) }
    case "Pack":
      let sizes = node.inputs.indices.map { index -> Dimension? in
        guard let value = source(index).flatMap({ constant($0) }), value.dims.rank == 0,
          let size = try? value.integers()[0], size >= 0
        else { return nil }
        return Dimension(size)
      }
      return PartialShape(sizes)
    case "Concat", "ConcatV2":
      let parts = node.opName == "Concat" ? 1..<node.inputs.count : 0..<node.inputs.count - 1
      var result = PartialShape.scalar
      for index in parts {
        guard let part = source(index).flatMap({ partialShape($0, depth: depth + 1) }) else {
          return nil
        }
        result = result.concatenated(with: part)
      }
      return result
    case "StridedSlice": return slice(node, source, depth)
    default: return own[endpoint.index][0].flatMap { try? .unknown(rank: $0) }
    }
  }

  /// The part of a shape that `[begin:end:stride]` takes.
  private mutating func slice(_ node: Node, _ source: (Int) -> Endpoint?, _ depth: Int)
    -> PartialShape?
  {
    let (beginMask, endMask) = (mask("begin_mask", node), mask("end_mask", node))
    guard beginMask | 1 == 1, endMask | 1 == 1,
      ["ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].allSatisfy({ mask($0, node) == 0 })
    else { return nil }
    var bounds: [Int?] = []
    for index in 1...3 {
      guard let value = source(index).flatMap({ constant($0) }), value.dims == Shape([1]),
        let integers = try? value.integers()
      else {
        return nil
      }
      bounds.append(integers[0])
    }
    guard let input = source(0).flatMap({ partialShape($0, depth: depth + 1) }),
      let dims = input.dims, let stride = bounds[2], stride != 0
    else { return nil }
    func clamped(_ bound: Int?, _ open: Int) -> Int {
      guard let bound else { return open }
      let from = bound < 0 ? bound + dims.count : bound
      return stride > 0 ? min(max(from, 0), dims.count) : min(max(from, -1), dims.count - 1)
    }
    let begin = clamped(beginMask == 1 ? nil : bounds[0], stride > 0 ? 0 : dims.count - 1)
    let end = clamped(endMask == 1 ? nil : bounds[1], stride > 0 ? dims.count : -1)
    return PartialShape(Swift.stride(from: begin, to: end, by: stride).map { dims[$0] })
  }
}
