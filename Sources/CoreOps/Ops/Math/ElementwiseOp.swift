package import CKernels

/// Gives the loop for a dtype number, or nil.
package typealias LoopTable = @convention(c) (Int32) -> jk_loop?

/// What a loop's status that is not 0 means.
package typealias LoopFailure = @Sendable (Int32) -> TFError

/// The loop for `dtype`.
package func findLoop(_ loops: LoopTable, _ dtype: DType, _ op: String) throws -> jk_loop {
  guard let loop = loops(Int32(dtype.rawValue)) else {
    throw TFError.internal("\(op) has no loop for \(dtype)")
  }
  return loop
}

extension DTypeSet {
  /// The set as a signature's list of allowed values.
  package var signatureText: String {
    "{" + dtypes.map(\.signatureName).joined(separator: ", ") + "}"
  }
}

extension Kernel {
  /// Runs a loop over inputs that all have one dtype and broadcast to the output's shape.
  ///
  /// - Parameters:
  ///   - types: the dtypes of attribute `T`; empty when the signature fixes the dtypes.
  ///   - params: what the loop reads, from the attributes.
  package static func elementwise(
    _ types: DTypeSet, _ loops: @escaping LoopTable, cost: Int = 1,
    failure: @escaping LoopFailure = { .internal("loop status \($0)") },
    params: (@Sendable (KernelContext) throws -> LoopParams)? = nil
  ) -> Kernel {
    .raw(types.isEmpty ? [:] : ["T": types]) { context in
      let loop = try ElementwiseLoop(
        findLoop(loops, context.inputTypes[0], context.op.name), inputs: context.inputTypes,
        output: context.outputTypes[0], cost: cost, params: params?(context), failure: failure)
      return { try loop.specialised($0.inputs, output: $0.outputs[0]) }
    }
  }
}

/// An element-wise op of one input; calling it applies it.
public struct UnaryOp: Sendable {
  package let opDef: OpDef

  /// An op whose signature, kernel or gradient is out of the ordinary.
  package init(_ opDef: OpDef) { self.opDef = opDef }

  /// - Parameters:
  ///   - types: the dtypes that TensorFlow's signature allows.
  ///   - kernel: the dtypes that its CPU kernels take; nil for all of `types`.
  ///   - loops: the C loop for each dtype.
  ///   - cost: what an element costs, in additions.
  ///   - input, output: the arguments' names in the signature.
  ///   - result: the output's dtype where it is not the input's.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, input: String = "x", output: String = "y", result: DType? = nil,
    gradient: Gradient
  ) {
    opDef = OpDef(
      name,
      "\(input): T -> \(output): \(result?.signatureName ?? "T")\nT: \(types.signatureText)",
      shape: ShapeRules.same, kernel: .elementwise(kernel ?? types, loops, cost: cost),
      gradient: gradient)
  }

  /// The gradient from that of the output, the input and the output.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, input: String = "x", output: String = "y", needs: GradientNeeds = .all,
    gradient: @escaping @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor) throws -> Tensor
  ) {
    self.init(
      name, types, kernel: kernel, loops, cost: cost, input: input, output: output,
      gradient: .rule(needs: needs) {
        [try gradient($0.gradient(), $0.inputs[0], $0.outputs[0])]
      })
  }

  /// - Parameters:
  ///   - x: of any shape.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a dtype that the op does not take.
  @_disfavoredOverload
  public func callAsFunction(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try opDef([x.asTensor()], name: name)
  }

  /// The same of a literal: of `[1.0, 2.0]` as float32.
  public func callAsFunction(_ x: TensorLiteral, name: String? = nil) throws -> Tensor {
    try opDef([x.asTensor()], name: name)
  }
}

/// An element-wise op of two inputs that broadcast; calling it applies it.
public struct BinaryOp: Sendable {
  package let opDef: OpDef
  /// An op whose signature, kernel or gradient is out of the ordinary.
  package init(_ opDef: OpDef) { self.opDef = opDef }

  /// - Parameters:
  ///   - types: the dtypes that TensorFlow's signature allows.
  ///   - kernel: the dtypes that its CPU kernels take; nil for all of `types`.
  ///   - loops: the C loop for each dtype.
  ///   - inputs, output: the arguments' names in the signature.
  ///   - result: the output's dtype where it is not the inputs'.
  ///   - extra: the rest of the signature: `\n` and a line for each further attribute.
  ///   - failure: what a loop's status that is not 0 means.
  ///   - node: the name that TensorFlow's function gives its node, where that is not the op's.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, inputs: (String, String) = ("x", "y"), output: String = "z",
    result: DType? = nil, extra: String = "", shape: @escaping ShapeRule = ShapeRules.broadcast,
    failure: @escaping LoopFailure = { .internal("loop status \($0)") },
    node: String? = nil, gradient: Gradient
  ) {
    opDef = OpDef(
      name,
      """
      \(inputs.0): T, \(inputs.1): T -> \(output): \(result?.signatureName ?? "T")\nT: \
      \(types.signatureText)\(extra)
      """,
      shape: shape,
      kernel: .elementwise(kernel ?? types, loops, cost: cost, failure: failure),
      gradient: gradient, node: node)
  }

  /// The gradients for both inputs before they are summed to the inputs' shapes, from that of the
  /// output, the inputs and the output.
  package init(
    _ name: String, _ types: DTypeSet, kernel: DTypeSet? = nil, _ loops: @escaping LoopTable,
    cost: Int = 1, inputs: (String, String) = ("x", "y"), output: String = "z",
    shape: @escaping ShapeRule = ShapeRules.broadcast,
    failure: @escaping LoopFailure = { .internal("loop status \($0)") },
    node: String? = nil, needs: GradientNeeds = .all, gradient: @escaping BroadcastGradient
  ) {
    self.init(
      name, types, kernel: kernel, loops, cost: cost, inputs: inputs, output: output, shape: shape,
      failure: failure, node: node, gradient: .broadcast(needs: needs, gradient))
  }

  /// - Parameters:
  ///   - x, y: shapes that broadcast; a plain Swift value takes the other's dtype.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not broadcast, or dtypes that differ or that
  ///   the op does not take.
  @_disfavoredOverload
  public func callAsFunction(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try opDef(operands(x, y), name: name)
  }

  /// The same of two literals.
  public func callAsFunction(_ x: TensorLiteral, _ y: TensorLiteral, name: String? = nil) throws
    -> Tensor
  {
    try opDef([x.asTensor(), y.asTensor()], name: name)
  }

  /// The same where both are tensors already: nothing is converted.
  @_disfavoredOverload
  public func callAsFunction(_ x: Tensor, _ y: Tensor, name: String? = nil) throws -> Tensor {
    try opDef([x, y], name: name)
  }
}
