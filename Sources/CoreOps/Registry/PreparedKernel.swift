/// A kernel with its attributes and dtypes decoded: what a plan keeps per node.
package struct PreparedKernel: Sendable {
  package enum Body: Sendable {
    case raw(Specialise)
    case dynamic(DynamicRun)
    case executor(ExecutorPrimitive)
  }

  package let op: OpDef
  package let node: String
  package let attrs: Attrs
  package let inputTypes: [DType]
  package let outputTypes: [DType]
  package let body: Body
  /// Which inputs take a variable itself and not its value.
  package let refInputs: [Bool]

  /// - Parameter attrs: may lack what the inputs' dtypes imply.
  /// - Throws: `INVALID_ARGUMENT` when attributes and dtypes do not fit the signature or no kernel
  ///   takes them.
  package init(op: OpDef, node: String, attrs given: Attrs, inputTypes: [DType]) throws {
    try CPULevel.check()
    BLAS.useOneThread()
    do {
      let signature = op.signature
      attrs = try signature.resolve(inputTypes: inputTypes, given)
      outputTypes = try signature.outputTypes(attrs)
      let context = KernelContext(
        op: op, node: node, attrs: attrs, inputTypes: inputTypes, outputTypes: outputTypes)
      try op.kernel.checkTypes(context)
      if let objects = op.kernel.objects, try !context.type(objects.attribute).isNumeric {
        body = .dynamic(try objects.run(context))
      } else {
        body = try Self.body(op.kernel, context)
      }
      let attrs = self.attrs
      let refInputs = try signature.inputs.flatMap { argument in
        try signature.types(of: argument, attrs).map { _ in argument.isRef }
      }
      // Most kernels have none, and share the list.
      self.refInputs =
        refInputs.count < Self.noReferences.count && !refInputs.contains(true)
        ? Self.noReferences[refInputs.count] : refInputs
      if case .dynamic = body { accepted = AcceptedShapes() } else { accepted = nil }
    } catch let error as TFError {
      throw error.at(node: node.isEmpty ? nil : node, op: op.name)
    }
    self.op = op
    self.node = node
    self.inputTypes = inputTypes
  }

  private static func body(_ kernel: Kernel, _ context: KernelContext) throws -> Body {
    switch kernel.form {
    case .raw(let prepare): .raw(try prepare(context))
    case .dynamic(let prepare): .dynamic(try prepare(context))
    case .executor(let primitive): .executor(primitive)
    case .choice(let choose): try body(choose(context), context)
    }
  }

  /// What was fixed for some input shapes.
  package final class Specialisation: Sendable {
    package let outputs: [Shape]
    package let result: Specialised
    /// The inputs whose values it depends on, as a bit set.
    package let usedValues: UInt64
    fileprivate let outputTypes: [DType]
    // What each call reads of `result`, so that it copies no more.
    fileprivate let run: Run?
    fileprivate let scratchBytes: Int

    init(outputs: [Shape], _ outputTypes: [DType], result: Specialised, usedValues: UInt64) {
      self.outputs = outputs
      self.outputTypes = outputTypes
      self.result = result
      self.usedValues = usedValues
      if case .run(let spec) = result {
        (run, scratchBytes) = (spec.run, spec.scratchBytes)
      } else {
        (run, scratchBytes) = (nil, 0)
      }
    }
  }

  /// - Parameters:
  ///   - valuesStay: whether known values are the same at every run.
  ///   - isBrief: whether few runs are expected.
  /// - Throws: `NeedsValue` when shapes or kernel depend on a value that is not known; the rules'
  ///   own errors.
  package func specialise(
    _ specialise: Specialise, shapes: [Shape], values: [Tensor?], valuesStay: Bool,
    isBrief: Bool = false
  ) throws -> Specialisation {
    let known = KnownValues(values)
    let inferred = try op.inferShapes(
      ShapeContext(
        op: op, attrs: attrs, inputTypes: inputTypes, shapes: shapes.map { PartialShape($0) },
        values: known))
    let outputs = try inferred.enumerated().map { index, shape in
      guard let shape = shape.known else { throw NeedsValue(input: 0) }
      try MemoryLimit.requireRoom(shape, outputTypes[index])
      return shape
    }
    let result = try specialise(
      SpecialiseContext(
        inputs: shapes, outputs: outputs, values: known, valuesStay: valuesStay, isBrief: isBrief))
    return Specialisation(
      outputs: outputs, outputTypes, result: result, usedValues: known.used)
  }

  /// The shapes that the shape rule found to be right last.
  private let accepted: AcceptedShapes?
  private static let noReferences = (0..<8).map { [Bool](repeating: false, count: $0) }

  /// Refuses what the shape rule refuses, so that a dynamic kernel only has to check values. The
  /// rule sees no values here, and so is asked once for several runs with the same shapes.
  private func checkShapes(_ inputs: [Tensor]) throws {
    if inputs.isEmpty || accepted?.contains(inputs) == true { return }
    let count = inputs.count
    // A reference variable may have another shape than when the node was made.
    let shapes = inputs.indices.map {
      refInputs[$0] ? PartialShape.unknown : PartialShape(inputs[$0].dims)
    }
    _ = try op.inferShapes(
      ShapeContext(
        op: op, attrs: attrs, inputTypes: inputTypes, shapes: shapes,
        values: KnownValues([Tensor?](repeating: nil, count: count))))
    accepted?.set(inputs)
  }

  /// Runs once on values.
  package func run(_ inputs: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    do {
      switch body {
      case .raw(let specialise):
        let specialisation = try self.specialise(
          specialise, shapes: inputs.map(\.dims), values: inputs, valuesStay: false)
        return try specialisation.run(inputs)
      case .dynamic(let run):
        try checkShapes(inputs)
        if op.mayWait { return try runWaiting(inputs, execution) }
        let outputs = try run(DynamicContext(inputs: inputs, node: node, execution: execution))
        try Cancellation.checkKernel()
        return outputs
      case .executor(.noOp): return []
      case .executor:
        throw TFError.invalidArgument("\(op.name) only has a meaning inside a graph")
      }
    } catch let error as TFError {
      throw error.at(node: node.isEmpty ? nil : node, op: op.name)
    } catch is NeedsValue {
      throw TFError.internal("the shape rule does not infer the output shape").at(
        node: node, op: op.name)
    }
  }

  /// Runs an op that may wait once, or waits until it can.
  private func runWaiting(_ inputs: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let ticket = WaitTicket()
    do { return try attempt(inputs, execution, ticket) } catch is WouldWait {}
    let waiter = Waiter(execution.resources.activity)
    ticket.call.wakes(waiter)
    while true {
      let wakes = waiter.wakes
      do { return try attempt(inputs, execution, ticket) } catch let reason as WouldWait {
        try waiter.wait(after: wakes, execution.cancellation, reason)
      }
    }
  }

  /// Runs an op that may wait, if it can go on now.
  ///
  /// - Parameter ticket: the same at each attempt.
  /// - Throws: `WouldWait` when it cannot.
  package func attempt(_ inputs: [Tensor], _ execution: ExecutionContext, _ ticket: WaitTicket)
    throws -> [Tensor]
  {
    guard case .dynamic(let run) = body else { return try self.run(inputs, execution) }
    do {
      return try run(
        DynamicContext(inputs: inputs, node: node, execution: execution, ticket: ticket))
    } catch let error as TFError {
      throw error.at(node: node.isEmpty ? nil : node, op: op.name)
    }
  }
}

extension PreparedKernel.Specialisation {
  /// Runs on values of the shapes, and with the used values, that it is for.
  package func run(_ inputs: [Tensor]) throws -> [Tensor] {
    guard let run else { return handOn(inputs) }
    if outputTypes.count == 1 {
      let output = try room(0)
      try call(run, inputs) { $0.initialize(to: output.pointer) }
      return [output]
    }
    let outputs = try outputTypes.indices.map { try room($0) }
    try call(run, inputs) { target in
      for (index, output) in outputs.enumerated() {
        (target + index).initialize(to: output.pointer)
      }
    }
    return outputs
  }

  /// The outputs where nothing is to be computed.
  private func handOn(_ inputs: [Tensor]) -> [Tensor] {
    switch result {
    case .constant(let outputs): outputs.map { $0.withNewIdentity() }
    case .alias(let index):
      [Tensor(dtype: outputTypes[0], dims: outputs[0], payload: inputs[index].payload)]
    case .run: preconditionFailure("a kernel that runs has its call")
    }
  }

  /// Memory for one of the outputs.
  private func room(_ index: Int) throws -> Tensor {
    let dtype = outputTypes[index]
    let dims = outputs[index]
    return Tensor(
      dtype: dtype, dims: dims, buffer: try Buffer(byteCount: dims.elementCount &* dtype.byteSize))
  }

  /// Calls a kernel on the addresses of `inputs` and those that `outputs` puts after them.
  @inline(__always)
  private func call(_ run: Run, _ inputs: [Tensor], outputs: (Pointers) -> Void) throws {
    let scratch = scratchBytes > 0 ? try Buffer(byteCount: scratchBytes) : nil
    try withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer.self, capacity: inputs.count &+ outputTypes.count &+ 1
    ) { pointers in
      let base = pointers.baseAddress!
      for index in inputs.indices { (base + index).initialize(to: inputs[index].pointer) }
      outputs(base + inputs.count)
      if let scratch { (base + inputs.count + outputTypes.count).initialize(to: scratch.pointer) }
      try run(base)
    }
    withExtendedLifetime((inputs, scratch)) {}
    try Cancellation.checkKernel()
  }
}

/// A kernel's specialisation for the shapes that came last.
package struct LastSpecialisation: Sendable {
  fileprivate let shapes: [Shape]
  fileprivate let specialisation: PreparedKernel.Specialisation
}

extension PreparedKernel {
  /// Runs once on values whose shapes may be those that came last.
  package func run(
    _ inputs: [Tensor], _ execution: ExecutionContext, keeping last: inout LastSpecialisation?
  ) throws -> [Tensor] {
    guard case .raw(let specialise) = body else { return try run(inputs, execution) }
    if let last, last.shapes.count == inputs.count,
      inputs.indices.allSatisfy({ last.shapes[$0] == inputs[$0].dims })
    {
      return try last.specialisation.run(inputs)
    }
    do {
      let shapes = inputs.map(\.dims)
      let made = try self.specialise(
        specialise, shapes: shapes, values: inputs, valuesStay: false)
      // One that depends on values is good for these only.
      if made.usedValues == 0 { last = LastSpecialisation(shapes: shapes, specialisation: made) }
      return try made.run(inputs)
    } catch is NeedsValue {
      throw TFError.internal("the shape rule does not infer the output shape")
    }
  }
}

extension PreparedKernel: AttrAccess {
  package var signature: Signature { op.signature }
}

/// The input shapes of the last run of a kernel, shared by concurrent runs. A run that finds it
/// locked does not wait for it.
private final class AcceptedShapes: Sendable {
  private let shapes = Lock<[Shape]?>(nil)

  func contains(_ inputs: [Tensor]) -> Bool {
    shapes.withLockIfAvailable { shapes in
      guard let shapes, shapes.count == inputs.count else { return false }
      for index in inputs.indices where shapes[index] != inputs[index].dims { return false }
      return true
    } ?? false
  }

  func set(_ inputs: [Tensor]) {
    let dims = inputs.map(\.dims)
    _ = shapes.withLockIfAvailable { $0 = dims }
  }
}
