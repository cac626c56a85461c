import CKernels
package import CoreOps

/// How to compute some fetches from some feeds: kernels prepared, in order. Immutable, and shared
/// by concurrent runs.
package final class ExecutionPlan: Sendable {
  struct PlannedNode: Sendable {
    let kernel: PreparedKernel
    /// Value numbers.
    let inputs: [Int]
    let firstOutput: Int
    /// Positions in `nodes` that must have run.
    let controls: [Int]
    var outputs: Range<Int> { firstOutput..<firstOutput + kernel.outputTypes.count }
  }

  let nodes: [PlannedNode]
  /// The dtype of each value.
  let valueTypes: [DType]
  /// Value numbers of the feeds, in order.
  let feeds: [Int]
  let fetches: [Int]
  /// The shapes with which the variables were declared that values are read of. They may have got
  /// others since.
  let declaredShapes: [Int: Shape]
  private let feedSpecs: [FeedSpec]
  /// A table keeps its own functions' plans, which therefore do not keep it; all other plans do.
  private let keptFunctions: FunctionTable?
  private unowned let table: FunctionTable
  var functions: FunctionTable { table }
  /// Calls the functions of the plan's library.
  package var functionRunner: any FunctionRunner { functions }
  /// Whether it runs node by node in the executor for frames: there are elements of TF-1 control
  /// flow left, or several nodes that may wait, or it is to.
  let hasFrames: Bool
  private struct Specialised {
    let program: LinearProgram
    let learning: ShapeLearning
  }
  private let programs = ShapeCache<Specialised>(limit: 16)
  private let slots = StateSlots()
  private let frames = Lock<FrameLayout?>(nil)
  /// Plans for the nodes after some node.
  private let rests = Lock<[Int: ExecutionPlan]>([:])
  /// Whether a node gives a reference to a variable, as those of TF-1 do.
  let handsOnReferences: Bool

  /// - Throws: `NOT_FOUND` that names a node whose op Janus does not have; what preparing a kernel
  ///   throws.
  package convenience init(_ subgraph: Subgraph, functions: FunctionTable, stepwise: Bool = false)
    throws
  {
    try self.init(subgraph, functions: functions, keepsFunctions: true, stepwise: stepwise)
  }

  /// - Parameter keepsFunctions: false for a plan that its table keeps.
  init(
    _ subgraph: Subgraph, functions: FunctionTable, keepsFunctions: Bool, stepwise: Bool
  ) throws {
    let graphNodes = subgraph.graph.nodes
    let feedNodes = Set(subgraph.feeds.map(\.node))
    var valueTypes: [DType] = []
    var values: [Int] = []
    values.reserveCapacity(graphNodes.count)
    for node in graphNodes {
      values.append(valueTypes.count)
      valueTypes.append(contentsOf: node.outputTypes)
    }
    var nodes: [PlannedNode] = []
    var positions = [Int](repeating: -1, count: graphNodes.count)
    var hasFrames = false
    var declaredShapes: [Int: Shape] = [:]
    for node in graphNodes where !feedNodes.contains(node.id) {
      guard let op = node.op else { throw node.isNotRegistered }
      let kernel = try PreparedKernel(
        op: op, node: node.name, attrs: node.attrs,
        inputTypes: node.inputs.map { graphNodes[$0.node].outputTypes[$0.index] })
      if case .executor(let primitive) = kernel.body {
        switch primitive {
        case .switch, .merge, .enter, .exit, .nextIteration, .loopCond: hasFrames = true
        case .feed, .fetch, .noOp: break
        }
      }
      if node.opName == "ReadVariableOp",
        let shape = subgraph.graph.shape(of: Endpoint(node.id)).known
      {
        declaredShapes[values[node.id]] = shape
      }
      positions[node.id] = nodes.count
      nodes.append(
        PlannedNode(
          kernel: kernel, inputs: node.inputs.map { values[$0.node] + $0.index },
          firstOutput: values[node.id],
          controls: node.controlInputs.compactMap { positions[$0] >= 0 ? positions[$0] : nil }))
    }
    self.nodes = nodes
    self.valueTypes = valueTypes
    self.declaredShapes = declaredShapes
    self.hasFrames = hasFrames || stepwise || Self.mayWaitForEachOther(nodes)
    handsOnReferences = nodes.contains { $0.kernel.op.signature.outputs.contains { $0.isRef } }
    keptFunctions = keepsFunctions ? functions : nil
    table = functions
    feeds = subgraph.feeds.map { values[$0.node] + $0.index }
    fetches = subgraph.fetches.map { values[$0.node] + $0.index }
    feedSpecs = subgraph.feeds.map { FeedSpec($0, of: subgraph.graph).detached }
  }

  /// Whether a step may wait for another of the plan, so that they are to run as they get ready, in
  /// no fixed order: two that wait, or one that waits and one that has the same handle.
  private static func mayWaitForEachOther(_ nodes: [PlannedNode]) -> Bool {
    let waiting = nodes.indices.filter { nodes[$0].kernel.op.mayWait }
    guard let only = waiting.first else { return false }
    if waiting.count > 1 { return true }
    guard let handle = nodes[only].inputs.first else { return false }
    return nodes.indices.contains { $0 != only && nodes[$0].inputs.first == handle }
  }

  /// The part of a plan after one of its nodes.
  private init(_ plan: ExecutionPlan, after node: Int, from values: [Int]) {
    nodes = plan.nodes[(node + 1)...].map {
      PlannedNode(kernel: $0.kernel, inputs: $0.inputs, firstOutput: $0.firstOutput, controls: [])
    }
    valueTypes = plan.valueTypes
    declaredShapes = plan.declaredShapes
    hasFrames = false
    handsOnReferences = plan.handsOnReferences
    keptFunctions = plan.keptFunctions
    table = plan.table
    feeds = values
    fetches = plan.fetches
    feedSpecs = values.map { FeedSpec(value: $0, dtype: plan.valueTypes[$0]) }
  }

  /// The plan for the nodes after `node`, fed with the values that they need.
  func rest(after node: Int, from values: [Int]) -> ExecutionPlan {
    rests.withLock { rests in
      if let made = rests[node], made.feeds == values { return made }
      let made = ExecutionPlan(self, after: node, from: values)
      rests[node] = made
      return made
    }
  }

  /// Runs the plan.
  ///
  /// - Parameter feeds: in the order the plan was made for.
  package func run(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let floatState = jk_float_enter()
    defer { jk_float_leave(floatState) }
    try FeedSpec.check(feeds, feedSpecs)
    // Passes may have added functions that the caller's table lacks.
    let execution =
      execution.functions === functions
      ? execution
      : execution.with(functions: functions)
    if hasFrames { return try runInFrames(feeds, execution) }
    return try execution.cancellation.whileCurrent { try runProgram(feeds, execution) }
  }

  private func runProgram(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let place = StateSlots.own
    if let state = slots.take(place) {
      if state.fits(feeds) {
        let outputs = try state.run(feeds, execution)
        if let other = slots.put(place, state) { other.giveBack() }
        return outputs
      }
      state.giveBack()
    }
    let state = try program(for: feeds, execution).checkOut()
    // A state that failed half-way still holds values: it is not used again.
    let outputs = try state.run(feeds, execution)
    // Large memory goes where any thread finds it, or each would have its own.
    if state.isSmall {
      if let other = slots.put(place, state) { other.giveBack() }
    } else {
      state.giveBack()
    }
    return outputs
  }

  /// Runs the plan in the executor for TF-1 control flow, which runs any plan.
  package func runInFrames(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let floatState = jk_float_enter()
    defer { jk_float_leave(floatState) }
    return try execution.cancellation.whileCurrent {
      var executor = try FrameExecutor(plan: self, execution: execution)
      return try executor.run(feeds)
    }
  }

  func frameLayout() throws -> FrameLayout {
    if let layout = frames.withLock({ $0 }) { return layout }
    let layout = try FrameLayout(self)
    frames.withLock { $0 = layout }
    return layout
  }

  /// The program for the shapes of `feeds`, made now if they are new.
  func program(for feeds: [Tensor], _ execution: ExecutionContext = .plain) throws -> LinearProgram
  {
    let shapes = feeds.map(\.dims)
    return try programs.value(for: shapes) {
      !$0.program.isSuperseded
    } make: { old, isBrief in
      let learning = old?.learning ?? ShapeLearning()
      let program = try observing(execution.observer, .planning, "specialise for the fed shapes") {
        try LinearPlanner.program(
          self, shapes, isBrief: isBrief, learning: learning, Planning(execution.cancellation))
      }
      return Specialised(program: program, learning: learning)
    }.program
  }
}
