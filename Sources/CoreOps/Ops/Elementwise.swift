package import CKernels

/// The loop of an element-wise op, for fixed dtypes: what running alone and running fused have in common.
package struct ElementwiseLoop: Sendable {
  package let loop: jk_loop
  package let params: LoopParams?
  package let inputTypes: [DType]
  package let outputType: DType
  /// Rough cost per element, in additions of a float.
  package let cost: Int
  /// Turns a loop's status that is not 0 into an error.
  package let failure: @Sendable (Int32) -> TFError

  package init(
    _ loop: @escaping jk_loop, inputs: [DType], output: DType, cost: Int = 1,
    params: LoopParams? = nil,
    failure: @escaping @Sendable (Int32) -> TFError = { .internal("loop status \($0)") }
  ) {
    self.loop = loop
    self.params = params
    inputTypes = inputs
    outputType = output
    self.cost = cost
    self.failure = failure
  }

  /// The kernel for input shapes that broadcast to `output`.
  package func specialised(_ shapes: [Shape], output: Shape) throws -> Specialised {
    let layout = try BroadcastLayout(
      shapes, output, sizes: inputTypes.map(\.byteSize), outputSize: outputType.byteSize,
      grain: max(1024, 65_536 / cost))
    var overwrites: [Int] = []
    for (index, shape) in shapes.enumerated()
    where shape == output && inputTypes[index].byteSize == outputType.byteSize {
      overwrites.append(index)
    }
    let (loop, failure) = (loop, failure)
    // The parameters and the layout live as long as the closure that uses them.
    let params = params
    return .run(
      RunSpec(
        run: { pointers in
          let status = withUnsafePointer(to: layout.value) { shape in
            jk_elementwise(loop, shape, pointers, params?.pointer)
          }
          if status != 0 { throw failure(status) }
        }, overwrites: overwrites, elementwise: self))
  }
}

/// Constants that a C loop reads, such as the slope of a leaky ReLU.
package final class LoopParams: @unchecked Sendable {
  package let pointer: UnsafeRawPointer
  package init<T: BitwiseCopyable>(_ value: T) {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
    memory.initialize(to: value)
    pointer = UnsafeRawPointer(memory)
  }
  deinit { UnsafeMutableRawPointer(mutating: pointer).deallocate() }
}

/// How the inputs of an element-wise op are walked.
package struct BroadcastLayout: Sendable {
  package let value: jk_broadcast

  /// - Throws: `UNIMPLEMENTED` when more than 8 dimensions stay after merging.
  package init(_ shapes: [Shape], _ output: Shape, sizes: [Int], outputSize: Int, grain: Int) throws {
    var layout = jk_broadcast()
    layout.inputs = Int32(shapes.count)
    layout.count = Int64(output.elementCount)
    layout.out_size = Int64(outputSize)
    layout.grain = Int64(grain)
    // Merge neighbours along which every input either moves or stays; skip dimensions of size 1.
    var dims: [Int] = []
    var moves: [[Bool]] = []
    for axis in 0..<output.rank where output[axis] != 1 {
      let moving = shapes.map { shape in
        let own = axis - (output.rank - shape.rank)
        return own >= 0 && shape[own] != 1
      }
      if let last = moves.last, last == moving {
        dims[dims.count - 1] *= output[axis]
      } else {
        dims.append(output[axis])
        moves.append(moving)
      }
    }
    if dims.isEmpty {
      dims = [1]
      moves = [[Bool](repeating: false, count: shapes.count)]
    }
    guard dims.count <= 8 else {
      throw TFError.unimplemented("Broadcast between \(shapes) is not supported yet.")
    }
    layout.rank = Int32(dims.count)
    for (axis, dim) in dims.enumerated() { withUnsafeMutableBytes(of: &layout.dims) { $0.storeBytes(of: Int64(dim), toByteOffset: axis * 8, as: Int64.self) } }
    for input in shapes.indices {
      var stride = 1
      for axis in dims.indices.reversed() {
        let step = moves[axis][input] ? stride : 0
        withUnsafeMutableBytes(of: &layout.strides) {
          $0.storeBytes(of: Int64(step), toByteOffset: (input * 8 + axis) * 8, as: Int64.self)
        }
        if moves[axis][input] { stride *= dims[axis] }
      }
      withUnsafeMutableBytes(of: &layout.in_size) {
        $0.storeBytes(of: Int64(sizes[input]), toByteOffset: input * 8, as: Int64.self)
      }
    }
    value = layout
  }
}

/// Gives the loop for a dtype number, or nil.
package typealias LoopTable = @convention(c) (Int32) -> jk_loop?

/// An element-wise op of one input; calling it applies it.
public struct UnaryOp: Sendable, OpDefining {
  package let opDef: OpDef

  /// - Parameters:
  ///   - types: the dtypes that TensorFlow's signature allows.
  ///   - kernel: the dtypes that its CPU kernels take; nil for all of `types`.
  ///   - loops: the C loop for each dtype.
  ///   - cost: what an element costs, in additions.
  ///   - input, output: the arguments' names in the signature.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, input: String = "x", output: String = "y", result: DType? = nil,
    gradient: Gradient
  ) {
    let kernelTypes = kernel ?? types
    opDef = OpDef(
      name,
      "\(input): T -> \(output): \(result?.signatureName ?? "T")\nT: {\(types.dtypes.map(\.signatureName).joined(separator: ", "))}",
      shape: { [$0.shapes[0]] },
      kernel: .raw(["T": kernelTypes]) { context in
        let type = try context.type("T")
        let loop = try ElementwiseLoop(
          findLoop(loops, type, name), inputs: [type], output: result ?? type, cost: cost)
        return { try loop.specialised($0.inputs, output: $0.outputs[0]) }
      }, gradient: gradient)
  }

  /// The gradient from that of the output, the input and the output.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, input: String = "x", output: String = "y",
    gradient: @escaping @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor) throws -> Tensor
  ) {
    self.init(
      name, types, kernel: kernel, loops, cost: cost, input: input, output: output,
      gradient: .rule { [try gradient($0.gradient(), $0.inputs[0], $0.outputs[0])] })
  }

  /// - Parameters:
  ///   - x: of any shape.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a dtype that the op does not take.
  public func callAsFunction(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try opDef([x.asTensor()], name: name)
  }
}

/// An element-wise op of two inputs that broadcast; calling it applies it.
public struct BinaryOp: Sendable, OpDefining {
  package let opDef: OpDef

  /// - Parameters:
  ///   - result: the output's dtype where it is not the inputs'.
  ///   - failure: what a loop's status that is not 0 means.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, inputs: (String, String) = ("x", "y"), output: String = "z",
    result: DType? = nil, extra: String = "", shape: @escaping ShapeRule = ShapeRules.broadcast,
    failure: @escaping @Sendable (Int32) -> TFError = { .internal("loop status \($0)") },
    gradient: Gradient
  ) {
    opDef = OpDef(
      name,
      "\(inputs.0): T, \(inputs.1): T -> \(output): \(result?.signatureName ?? "T")\nT: {\(types.dtypes.map(\.signatureName).joined(separator: ", "))}\(extra)",
      shape: shape,
      kernel: .raw(["T": kernel ?? types]) { context in
        let type = try context.type("T")
        let loop = try ElementwiseLoop(
          findLoop(loops, type, name), inputs: [type, type], output: result ?? type, cost: cost,
          failure: failure)
        return { try loop.specialised($0.inputs, output: $0.outputs[0]) }
      }, gradient: gradient)
  }

  /// The gradients for both inputs before they are summed to the inputs' shapes, from that of the output, the inputs
  /// and the output.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1,
    failure: @escaping @Sendable (Int32) -> TFError = { .internal("loop status \($0)") },
    gradient: @escaping @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor, _ z: Tensor) throws
      -> (Tensor?, Tensor?)
  ) {
    self.init(
      name, types, kernel: kernel, loops, cost: cost, failure: failure,
      gradient: .rule { context in
        let (x, y) = (context.inputs[0], context.inputs[1])
        let (dx, dy) = try gradient(context.gradient(), x, y, context.outputs[0])
        return [
          try dx.map { try reduceToShape($0, of: x, other: y) },
          try dy.map { try reduceToShape($0, of: y, other: x) },
        ]
      })
  }

  /// - Parameters:
  ///   - x, y: shapes that broadcast; a plain Swift value takes the other's dtype.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not broadcast, or dtypes that differ or that the op does not take.
  public func callAsFunction(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    return try opDef([x.asTensor(preferring: dtype), y.asTensor(preferring: dtype)], name: name)
  }
}

/// The loop for `dtype`.
package func findLoop(_ loops: LoopTable, _ dtype: DType, _ op: String) throws -> jk_loop {
  guard let loop = loops(Int32(dtype.rawValue)) else {
    throw TFError.internal("\(op) has no loop for \(dtype)")
  }
  return loop
}
