import CKernels
import CoreOps

/// Makes the program of a plan for given feed shapes, by running it on what is known ahead: shapes, and the values that do
/// not depend on the feeds' contents.
struct LinearPlanner {
  typealias Program = LinearProgram

  /// What is known of a value before the run.
  enum Knowledge {
    case value(Tensor)
    /// In memory whose address the program fixes.
    case shape(Shape)
    case nothing
  }

  /// Where a value's elements are; aliases share one root.
  enum Root {
    case constant(Tensor)
    case feed(Int)
    case computed(Int)
    case slot(Int)
  }

  /// A value in memory that the program manages.
  struct Computed {
    let dtype: DType
    let dims: Shape
    let step: Int
    var lastUse: Int
    /// Handed to someone who may keep it, so it can't lie in the arena.
    var escapes = false
    var positions: [Int] = []
  }

  enum PlannedStep {
    case fixed(run: RunSpec, origin: StepOrigin, inputs: [Int], outputs: [Int])
    case dynamic(DynamicPart)
  }

  struct DynamicPart {
    let kernel: PreparedKernel
    let loop: LoopStep?
    let inputs: [Int]
    let outputs: [Output]
    /// Its position in the plan.
    let node: Int
    /// The values that the rest of the plan needs when an assumption about an output turns out to be wrong.
    var kept: [Int] = []

    struct Output {
      let value: Int
      let slot: Int
      let expected: Shape?
      let isAssumed: Bool
    }
  }

  /// Values that are computed ahead are kept for as long as the program; larger ones are computed when run.
  private static let largestFoldedBytes = 1 << 22

  let plan: ExecutionPlan
  let feedShapes: [Shape]
  var known: [Knowledge]
  var roots: [Root?]
  /// The shape in which a value is seen, where it differs from its root's.
  var views: [Shape?]
  var computed: [Computed] = []
  var steps: [PlannedStep] = []
  var slotCount = 0

  private let constants: [Int: Tensor]
  let depth: Int
  /// Of the run for which the program is made: planning is part of its time.
  let cancellation: Cancellation
  let learning: ShapeLearning?
  /// Shapes that values had in earlier runs.
  let assumptions: [Int: Shape]?
  /// The last node that reads each value; what is fetched is read after all nodes.
  let lastReaders: [Int]

  private init(
    _ plan: ExecutionPlan, _ feedShapes: [Shape], _ constants: [Int: Tensor], _ depth: Int,
    _ learning: ShapeLearning, _ cancellation: Cancellation
  ) {
    self.plan = plan
    self.learning = plan.handsOnReferences ? nil : learning
    assumptions = plan.handsOnReferences ? [:] : learning.assumptions
    lastReaders = assumptions?.isEmpty == false ? Self.lastReaders(plan) : []
    self.cancellation = cancellation
    self.depth = depth
    self.feedShapes = feedShapes
    self.constants = constants
    known = [Knowledge](repeating: .nothing, count: plan.valueTypes.count)
    roots = [Root?](repeating: nil, count: plan.valueTypes.count)
    views = [Shape?](repeating: nil, count: plan.valueTypes.count)
  }

  /// The program for given shapes.
  ///
  /// - Parameters:
  ///   - constants: feeds that are the same at every run.
  ///   - learning: what was seen of the shapes that no rule infers.
  /// - Throws: the errors that shape rules and kernels find in the shapes; they name the node.
  static func program(
    _ plan: ExecutionPlan, _ shapes: [Shape], constants: [Int: Tensor] = [:], depth: Int = 0,
    learning: ShapeLearning, _ cancellation: Cancellation
  ) throws -> LinearProgram {
    var planner = LinearPlanner(plan, shapes, constants, depth, learning, cancellation)
    do {
      return try planner.program()
    } catch {
      // With shapes that were only assumed, an error may be about nothing that a run would meet.
      try cancellation.check()
      guard planner.assumptions?.isEmpty == false else { throw error }
      learning.giveUp()
      planner = LinearPlanner(plan, shapes, constants, depth, learning, cancellation)
      return try planner.program()
    }
  }

  private mutating func program() throws -> LinearProgram {
    for (index, value) in plan.feeds.enumerated() {
      if let constant = constants[index] {
        setConstant(value, constant)
        continue
      }
      roots[value] = .feed(index)
      if plan.valueTypes[value].isNumeric { known[value] = .shape(feedShapes[index]) }
    }
    for (position, node) in plan.nodes.enumerated() {
      try cancellation.check()
      do {
        try place(node, position)
      } catch let error as TFError {
        throw error.at(node: node.kernel.node, op: node.kernel.op.name)
      }
    }
    for value in plan.fetches { escape(value, at: steps.count) }
    for (index, step) in steps.enumerated() {
      if case .dynamic(let part) = step { for value in part.kept { extend(value, to: index) } }
    }
    fuseElementwise()
    return try layOut()
  }

  private mutating func place(_ node: ExecutionPlan.PlannedNode, _ position: Int) throws {
    let kernel = node.kernel
    var shapes: [Shape] = []
    var values: [Tensor?] = []
    var allKnown = true
    var shapesKnown = true
    for input in node.inputs {
      switch known[input] {
      case .value(let tensor):
        values.append(tensor)
        shapes.append(tensor.dims)
      case .shape(let shape):
        values.append(nil)
        shapes.append(shape)
        allKnown = false
      case .nothing:
        values.append(nil)
        shapes.append(Shape())
        allKnown = false
        shapesKnown = false
      }
    }
    switch kernel.body {
    case .executor: return
    case .raw(let specialise):
      guard shapesKnown else { break }
      do {
        let specialisation = try kernel.specialise(
          specialise, shapes: shapes, values: values, valuesStay: true)
        if allKnown, !kernel.op.isStateful, isSmall(specialisation, kernel) {
          // The values are there: run it now, once.
          let outputs = try kernel.run(specialisation, values.compactMap { $0 })
          for (value, output) in zip(node.outputs, outputs) { setConstant(value, output) }
          return
        }
        place(node, specialisation)
        return
      } catch is NeedsValue {}
    case .dynamic:
      if allKnown, !kernel.op.isStateful, kernel.op.name != "Placeholder", !callsFunctions(kernel),
        !kernel.outputTypes.contains(.variant), !kernel.outputTypes.contains(.resource)
      {
        let outputs = try kernel.run(
          values.compactMap { $0 },
          ExecutionContext(resources: ResourceContainer(), cancellation: cancellation))
        for (value, output) in zip(node.outputs, outputs) { setConstant(value, output) }
        return
      }
    }
    try placeDynamic(node, position, values)
  }

  private func callsFunctions(_ kernel: PreparedKernel) -> Bool {
    kernel.attrs.contains { entry in
      switch entry.value {
      case .function: true
      case .list(let list):
        list.contains {
          if case .function = $0 { true } else { false }
        }
      default: false
      }
    }
  }

  private func isSmall(_ specialisation: PreparedKernel.Specialisation, _ kernel: PreparedKernel) -> Bool {
    var bytes = 0
    for (shape, dtype) in zip(specialisation.outputs, kernel.outputTypes) {
      bytes += shape.elementCount * dtype.byteSize
    }
    return bytes <= Self.largestFoldedBytes
  }

  mutating func setConstant(_ value: Int, _ tensor: Tensor) {
    roots[value] = .constant(tensor)
    known[value] = .value(tensor)
  }

  private mutating func place(
    _ node: ExecutionPlan.PlannedNode, _ specialisation: PreparedKernel.Specialisation
  ) {
    switch specialisation.result {
    case .constant(let outputs):
      for (value, output) in zip(node.outputs, outputs) { setConstant(value, output) }
    case .alias(let index):
      let input = node.inputs[index]
      let output = node.firstOutput
      let dims = specialisation.outputs[0]
      if case .value(let tensor) = known[input] {
        setConstant(
          output, Tensor(dtype: plan.valueTypes[output], dims: dims, payload: tensor.payload))
      } else {
        roots[output] = roots[input]
        known[output] = .shape(dims)
        views[output] = dims
      }
    case .run(let spec):
      let step = steps.count
      for input in node.inputs { use(input, at: step) }
      var outputs: [Int] = []
      for (value, shape) in zip(node.outputs, specialisation.outputs) {
        outputs.append(computed.count)
        roots[value] = .computed(computed.count)
        known[value] = .shape(shape)
        computed.append(
          Computed(dtype: plan.valueTypes[value], dims: shape, step: step, lastUse: step))
      }
      steps.append(
        .fixed(
          run: spec, origin: StepOrigin(node.kernel), inputs: node.inputs,
          outputs: outputs))
    }
  }

  private mutating func placeDynamic(
    _ node: ExecutionPlan.PlannedNode, _ position: Int, _ values: [Tensor?]
  ) throws {
    let kernel = node.kernel
    let partial = node.inputs.map { input -> PartialShape in
      switch known[input] {
      case .value(let tensor): PartialShape(tensor.dims)
      case .shape(let shape): PartialShape(shape)
      case .nothing: .unknown
      }
    }
    // A rule that fails here fails again when the step runs, with all values at hand.
    let inferred = try? kernel.op.shapeRule(
      ShapeContext(
        op: kernel.op, attrs: kernel.attrs, inputTypes: kernel.inputTypes, shapes: partial,
        values: KnownValues(values)))
    let loop = try loopStep(kernel, values)
    let loopShapes = try loop?.outputShapes(partial.map(\.known), cancellation)
    let isRef = kernel.op.signature.outputs.contains { $0.isRef }
    let step = steps.count
    for input in node.inputs { escape(input, at: step) }
    var outputs: [DynamicPart.Output] = []
    for (index, value) in node.outputs.enumerated() {
      let isPlain = plan.valueTypes[value].isNumeric && !isRef
      let inferred = loopShapes?[index] ?? inferred.flatMap { index < $0.count ? $0[index].known : nil }
      let assumed = inferred == nil ? assumptions?[value] : nil
      let expected = isPlain ? inferred ?? assumed : nil
      roots[value] = .slot(slotCount)
      if let expected { known[value] = .shape(expected) }
      outputs.append(
        DynamicPart.Output(
          value: value, slot: slotCount, expected: expected, isAssumed: isPlain && assumed != nil))
      slotCount += 1
    }
    var part = DynamicPart(kernel: kernel, loop: loop, inputs: node.inputs, outputs: outputs, node: position)
    if outputs.contains(where: \.isAssumed) {
      part.kept = roots.indices.filter { roots[$0] != nil && lastReaders[$0] > position }
    }
    steps.append(.dynamic(part))
  }

  private static func lastReaders(_ plan: ExecutionPlan) -> [Int] {
    var last = [Int](repeating: -1, count: plan.valueTypes.count)
    for (position, node) in plan.nodes.enumerated() {
      for input in node.inputs { last[input] = position }
    }
    for fetch in plan.fetches { last[fetch] = plan.nodes.count }
    return last
  }

  /// The values that a step reads, or has to find where they are.
  func reads(_ step: PlannedStep) -> [Int] {
    switch step {
    case .fixed(_, _, let inputs, _): inputs
    case .dynamic(let part): part.inputs + part.kept
    }
  }

  /// The plans of a loop's condition and body, if the node is a loop and they can be made; the kernel says what is wrong
  /// otherwise.
  private func loopStep(_ kernel: PreparedKernel, _ values: [Tensor?]) throws -> LoopStep? {
    // A function that loops over itself is left to the kernel, which counts how deep calls go.
    guard depth < LoopStep.depthLimit, jk_stack_left() > ExecutionContext.leastStack,
      kernel.op.name == "While" || kernel.op.name == "StatelessWhile",
      case .function(let condition, let conditionAttrs)? = kernel.attrs["cond"],
      case .function(let body, let bodyAttrs)? = kernel.attrs["body"],
      let conditionPlan = try ifPossible({ try plan.functions.plan(condition, conditionAttrs, cancellation) }),
      let bodyPlan = try ifPossible({ try plan.functions.plan(body, bodyAttrs, cancellation) })
    else { return nil }
    return LoopStep(
      condition: conditionPlan, body: bodyPlan, inputs: values,
      takesScalarsOnly: kernel.attrs["_lower_using_switch_merge"] == .bool(true), depth: depth)
  }

  /// What `body` gives; nil for an error that the kernel will find again, but not when time or memory is over.
  private func ifPossible<R>(_ body: () throws -> R) throws -> R? {
    do { return try body() } catch {
      try cancellation.check()
      return nil
    }
  }

  mutating func use(_ value: Int, at step: Int) {
    if case .computed(let index)? = roots[value] { computed[index].lastUse = step }
  }

  private mutating func extend(_ value: Int, to step: Int) {
    if case .computed(let index)? = roots[value] { computed[index].lastUse = max(computed[index].lastUse, step) }
  }

  mutating func escape(_ value: Int, at step: Int) {
    if case .computed(let index)? = roots[value] {
      computed[index].lastUse = step
      computed[index].escapes = true
    }
  }
}
