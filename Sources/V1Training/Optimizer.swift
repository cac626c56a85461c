public import CoreGraph
public import CoreOps
import OpsState
public import V1Graph
public import Variables

/// TF-1 functions as the code of this module calls them.
enum API: V1API {}

extension V1Train {
  /// Adds operations that train variables. Follows `tf.compat.v1.train.Optimizer`.
  ///
  /// A subclass overrides `applyDense` and `resourceApplyDense`, the same for slices where it takes
  /// them, and `createSlots` and `prepare` for what it needs.
  open class Optimizer {
    /// How much of the gradients has to be there before one is used.
    public enum Gate: Sendable { case none, op, graph }
    public typealias GradientAndVariable = (gradient: GradientValue?, variable: Variable)

    /// The scope of the operations and the name of slots.
    public let name: String
    /// Whether updates of one variable exclude each other.
    public let useLocking: Bool
    private var slots: [String: [VariableKey: Variable]] = [:]
    private var others: [OtherKey: Variable] = [:]

    /// A variable as a slot's owner: by name, so that one that was imported is found too.
    private struct VariableKey: Hashable {
      let graph: ObjectIdentifier?
      let name: String
      init(_ variable: Variable) {
        graph = variable.graph.map { ObjectIdentifier($0) }
        name = variable.nodeName
      }
    }

    private struct OtherKey: Hashable {
      let name: String
      let graph: ObjectIdentifier?
    }

    public init(useLocking: Bool = false, name: String) throws {
      guard !name.isEmpty else {
        throw TFError.invalidArgument("Must specify the optimizer name")
      }
      self.useLocking = useLocking
      self.name = name
    }

    // MARK: - For programs

    /// Adds what computes the gradients of `loss` and changes variables by them.
    ///
    /// - Parameters:
    ///   - loss: the value to make small.
    ///   - globalStep: is incremented after the variables have changed.
    ///   - varList: what to train; nil for the trainable variables of the graph.
    ///   - gateGradients: how much of the gradients has to be there before one is used.
    ///   - aggregationMethod: how gradients of several ops for one tensor are summed.
    ///   - colocateGradientsWithOps: whether they are placed where the nodes are that they are for.
    ///   - name: of the operation, the optimizer's by default.
    ///   - gradLoss: the gradient of something with respect to `loss`.
    /// - Throws: `INVALID_ARGUMENT` where no variable has a gradient; `FAILED_PRECONDITION` where
    ///   calls run at once.
    @discardableResult
    public func minimize(
      _ loss: some TensorOperand, globalStep: Variable? = nil, varList: [Variable]? = nil,
      gateGradients: Gate = .op, aggregationMethod: AggregationMethod = .addN,
      colocateGradientsWithOps: Bool = false, name: String? = nil, gradLoss: Tensor? = nil
    ) throws -> Operation {
      let pairs = try computeGradients(
        loss, varList: varList, gateGradients: gateGradients, aggregationMethod: aggregationMethod,
        colocateGradientsWithOps: colocateGradientsWithOps, gradLoss: gradLoss)
      guard pairs.contains(where: { $0.gradient != nil }) else {
        let names = pairs.map { "\"\($0.variable)\"" }.joined(separator: ", ")
        throw TFError.invalidArgument(
          """
          No gradients provided for any variable, check your graph for ops that do not support \
          gradients, between variables [\(names)] and loss \(try loss.asTensor(preferring: nil)).
          """)
      }
      return try applyGradients(pairs, globalStep: globalStep, name: name)
    }

    /// Adds what computes the gradients of `loss`.
    ///
    /// - Parameters: as for `minimize`.
    /// - Returns: each variable with its gradient, which is nil where the loss does not depend on
    ///   it.
    /// - Throws: `INVALID_ARGUMENT` for no variables, or values that are not floating;
    ///   `FAILED_PRECONDITION` where calls run at once.
    public func computeGradients(
      _ loss: some TensorOperand, varList: [Variable]? = nil, gateGradients: Gate = .op,
      aggregationMethod: AggregationMethod = .addN, colocateGradientsWithOps: Bool = false,
      gradLoss: Tensor? = nil
    ) throws -> [GradientAndVariable] {
      guard !Environment.current.isExecutingEagerly else {
        throw TFError.failedPrecondition(
          """
          `loss` passed to Optimizer.compute_gradients should be a function when eager execution \
          is enabled.
          """)
      }
      let loss = try loss.asTensor(preferring: nil)
      try check(loss.dtype, try loss.name)
      if let gradLoss {
        try check(gradLoss.dtype, gradLoss.isSymbolic ? gradLoss.name : "grad_loss")
      }
      let variables = try varList ?? API.trainableVariables()
      guard !variables.isEmpty else { throw TFError.invalidArgument("No variables to optimize.") }
      var gradients = try API.gradientValues(
        [loss], variables, gradYs: gradLoss.map { [.dense($0)] },
        colocateGradientsWithOps: colocateGradientsWithOps, aggregationMethod: aggregationMethod)
      if gateGradients == .graph { gradients = try Self.gated(gradients) }
      for (gradient, variable) in zip(gradients, variables) where gradient != nil {
        try check(variable.dtype, variable.name)
      }
      return zip(gradients, variables).map { ($0, $1) }
    }

    /// Adds what changes variables by gradients.
    ///
    /// - Parameters:
    ///   - gradsAndVars: as `computeGradients` gives them, and maybe changed.
    ///   - globalStep: is incremented after the variables have changed.
    ///   - name: of the operation, the optimizer's by default.
    /// - Throws: `INVALID_ARGUMENT` for no variables, or none with a gradient.
    @discardableResult
    public func applyGradients(
      _ gradsAndVars: [GradientAndVariable], globalStep: Variable? = nil, name: String? = nil
    ) throws -> Operation {
      guard !gradsAndVars.isEmpty else { throw TFError.invalidArgument("No variables provided.") }
      let pairs = gradsAndVars.compactMap { pair in pair.gradient.map { ($0, pair.variable) } }
      guard !pairs.isEmpty else {
        let names = gradsAndVars.map { "\"\($0.variable)\"" }.joined(separator: ", ")
        throw TFError.invalidArgument("No gradients provided for any variable: [\(names)].")
      }
      guard let graph = Environment.current.graph else {
        throw TFError.failedPrecondition(
          "An optimizer of tf.compat.v1.train adds to a graph, and none is open")
      }
      try Environment.current.outsideFunctions().run { try createSlots(pairs.map(\.1)) }
      return try Environment.current.scoped(name ?? self.name).run {
        let scope = Environment.current.nameScope
        try prepare()
        let updates = try pairs.map { gradient, variable in
          try Environment.current.scoped("update_" + variable.nodeName)
            .colocated(withElement: variable).run { try update(variable, by: gradient) }
        }
        let all = try added(updates, globalStep, scope)
        let key = "train_op"
        if !graph.collection(key).contains(where: { ($0 as? Operation) == all }) {
          graph.addToCollection(key, all)
        }
        return all
      }
    }

    /// The same of tensors.
    @discardableResult
    public func applyGradients(
      _ gradsAndVars: [(Tensor?, Variable)], globalStep: Variable? = nil, name: String? = nil
    ) throws -> Operation {
      try applyGradients(
        gradsAndVars.map { (gradient: $0.0.map { .dense($0) }, variable: $0.1) },
        globalStep: globalStep, name: name)
    }

    /// What the optimizer keeps for a variable; nil where it keeps nothing of that name. Follows
    /// `tf.compat.v1.train.Optimizer.get_slot`.
    public func getSlot(_ variable: Variable, _ name: String) -> Variable? {
      slots[name]?[VariableKey(variable)]
    }

    /// The names of what it keeps for variables.
    public func getSlotNames() -> [String] { slots.keys.sorted() }

    /// The variables of the current graph in which it keeps its state, by name.
    public func variables() -> [Variable] {
      let graph = Environment.current.graph
      return (Array(others.values) + slots.values.flatMap(\.values))
        .filter { $0.graph === graph }.sorted { $0.name < $1.name }
    }

    // MARK: - For subclasses

    /// Makes what the optimizer keeps for variables.
    open func createSlots(_ variables: [Variable]) throws {}

    /// Makes the tensors that all updates use.
    open func prepare() throws {}

    /// Adds the update of a variable by reference.
    open func applyDense(_ gradient: Tensor, _ variable: Variable) throws -> any GraphElement {
      try applyKernel(variable, gradient, nil)
    }

    /// Adds the update of a resource variable.
    open func resourceApplyDense(_ gradient: Tensor, _ variable: Variable) throws
      -> any GraphElement
    {
      try applyKernel(variable, gradient, nil)
    }

    /// Adds the update of rows, each of which occurs once, of a variable by reference.
    open func applySparse(_ gradient: IndexedSlices, _ variable: Variable) throws
      -> any GraphElement
    {
      try applyKernel(variable, gradient.values, gradient.indices)
    }

    /// Adds the update of rows, each of which occurs once, of a resource variable.
    open func resourceApplySparse(_ gradient: Tensor, _ variable: Variable, _ indices: Tensor)
      throws -> any GraphElement
    {
      try applyKernel(variable, gradient, indices)
    }

    /// The same of rows that may occur several times, of which the sum counts.
    open func applySparseDuplicateIndices(_ gradient: IndexedSlices, _ variable: Variable) throws
      -> any GraphElement
    {
      let (values, indices) = try Self.deduplicated(gradient.values, gradient.indices)
      return try applySparse(
        IndexedSlices(values: values, indices: indices, denseShape: gradient.denseShape), variable)
    }

    /// The same of rows that may occur several times, of which the sum counts.
    open func resourceApplySparseDuplicateIndices(
      _ gradient: Tensor, _ variable: Variable, _ indices: Tensor
    ) throws -> any GraphElement {
      let (values, indices) = try Self.deduplicated(gradient, indices)
      return try resourceApplySparse(values, variable, indices)
    }

    /// Adds what is done after all updates, and the operation that stands for them.
    ///
    /// - Parameter nameScope: the operation's name.
    open func finish(_ updates: [any GraphElement], _ nameScope: String) throws -> Operation? {
      try GraphGroups.group(updates, name: nameScope)
    }

    /// The op and values that update a variable, of the optimizers that TensorFlow has ops of.
    package func step(_ variable: Variable) throws -> OptimizerKernelStep? { nil }

    /// What is kept for a variable under `slotName`, made by `initializer` if it is not there.
    ///
    /// - Parameter opName: of the slot's variable, after the name of `variable`.
    @discardableResult
    public func getOrMakeSlot(
      _ variable: Variable, initializer: any Initializer, dtype: DType? = nil, _ slotName: String,
      _ opName: String
    ) throws -> Variable {
      let key = VariableKey(variable)
      if let slot = slots[slotName]?[key] { return slot }
      let slot = try SlotCreator.slot(variable, initializer, dtype ?? variable.dtype, opName)
      slots[slotName, default: [:]][key] = slot
      return slot
    }

    /// The same that begins as zeros.
    @discardableResult
    public func zerosSlot(_ variable: Variable, _ slotName: String, _ opName: String) throws
      -> Variable
    {
      try getOrMakeSlot(
        variable, initializer: Zeros(dtype: variable.dtype), slotName, opName)
    }

    /// A variable of the optimizer's own, one for each graph, which is placed beside another.
    @discardableResult
    public func createNonSlotVariable(
      _ initialValue: Tensor, _ name: String, colocateWith other: Variable
    ) throws -> Variable {
      let key = OtherKey(name: name, graph: other.graph.map { ObjectIdentifier($0) })
      if let variable = others[key] { return variable }
      let variable = try Environment.current.colocated(withElement: other).run {
        try Variable(initialValue, trainable: false, name: name, useResource: other.isResource)
      }
      others[key] = variable
      return variable
    }

    /// A variable of the optimizer's own in the graph of `other`.
    public func getNonSlotVariable(_ name: String, graph: Graph?) -> Variable? {
      others[OtherKey(name: name, graph: graph.map { ObjectIdentifier($0) })]
    }
  }
}

extension V1Train.Optimizer {
  private func check(_ dtype: DType, _ name: String) throws {
    guard [.half, .bfloat16, .float32, .float64].contains(dtype) else {
      throw TFError.invalidArgument(
        """
        Invalid type \(dtype) for \(name), expected: [tf.float32, tf.float64, tf.float16, \
        tf.bfloat16].
        """)
    }
  }

  /// The gradients, each of which waits for all.
  private static func gated(_ gradients: [GradientValue?]) throws -> [GradientValue?] {
    let values = gradients.map { gradient -> Tensor? in
      switch gradient {
      case nil: nil
      case .dense(let tensor)?: tensor
      case .slices(let slices)?: slices.values
      }
    }
    return try zip(gradients, API.tuple(values)).map { gradient, value in
      guard let value, let gradient else { return nil }
      guard case .slices(let slices) = gradient else { return .dense(value) }
      return .slices(
        IndexedSlices(values: value, indices: slices.indices, denseShape: slices.denseShape))
    }
  }

  private func update(_ variable: Variable, by gradient: GradientValue) throws
    -> any GraphElement
  {
    switch gradient {
    case .dense(let tensor):
      let update =
        try variable.isResource
        ? resourceApplyDense(tensor, variable) : applyDense(tensor, variable)
      guard let constraint = variable.constraint else { return update }
      return try Environment.current.waiting(for: [update]).run {
        try variable.assign(constraint(variable.asTensor(preferring: nil)))
      }
    case .slices(let slices):
      guard variable.constraint == nil else {
        throw TFError.failedPrecondition("Cannot use a constraint function on a sparse variable.")
      }
      return try variable.isResource
        ? resourceApplySparseDuplicateIndices(slices.values, variable, slices.indices)
        : applySparseDuplicateIndices(slices, variable)
    }
  }

  /// The operation that stands for all updates, and counts the step.
  private func added(_ updates: [any GraphElement], _ globalStep: Variable?, _ scope: String)
    throws -> Operation
  {
    func inGraph(_ operation: Operation?) throws -> Operation {
      guard let operation else {
        throw TFError.internal("Optimizer \(name) added no operation to the graph")
      }
      return operation
    }
    guard let globalStep else { return try inGraph(finish(updates, scope)) }
    let finished = try inGraph(finish(updates, "update"))
    return try Environment.current.waiting(for: [finished])
      .colocated(withElement: globalStep).run {
        // Nothing reads the new count, and an op on a resource has no output that would.
        guard globalStep.isResource else {
          return try globalStep.assignAdd(Tensor(1, dtype: globalStep.dtype), name: scope).op
        }
        let one = try Tensor(1, dtype: globalStep.dtype).asConstant()
        return try inGraph(
          GraphGroups.operation(
            VariableOps.family.assignAdd, [globalStep.handle, one],
            ["dtype": .type(globalStep.dtype)], name: scope))
      }
  }

  private static func deduplicated(_ values: Tensor, _ indices: Tensor) throws
    -> (values: Tensor, indices: Tensor)
  {
    let (unique, positions) = try API.unique(indices)
    let count = try API.shape(unique)[0]
    return (try API.unsortedSegmentSum(values, positions, count), unique)
  }

  private func applyKernel(_ variable: Variable, _ gradient: Tensor, _ indices: Tensor?) throws
    -> any GraphElement
  {
    guard let step = try step(variable) else {
      throw TFError.unimplemented(
        """
        \(name): the optimizer has no \(indices == nil ? "dense" : "sparse") update of \
        \(variable.isResource ? "resource" : "reference") variables
        """)
    }
    return try step.apply(variable, gradient, indices, useLocking)
  }
}
