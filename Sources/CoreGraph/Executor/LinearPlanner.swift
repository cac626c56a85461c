import CKernels
import CoreOps

/// Makes the program of a plan for given feed shapes, by running it on what is known ahead: shapes,
/// and the values that do not depend on the feeds' contents.
struct LinearPlanner {
  typealias Program = LinearProgram

  /// What is known of a value before the run.
  enum Knowledge {
    case value(Tensor)
    /// In memory whose address the program fixes.
    case shape(Shape)
    case nothing
    /// A list in one block of memory.
    case list(PlannedList)
    /// The handle of a tensor array in one block of memory.
    case handle(PlannedList.Origin)

    var value: Tensor? {
      if case .value(let tensor) = self { tensor } else { nil }
    }

    var shape: Shape? {
      switch self {
      case .value(let tensor): tensor.dims
      case .shape(let shape): shape
      case .nothing, .list, .handle: nil
      }
    }

    var variable: ListVariable? {
      switch self {
      case .list(let list): .list(list)
      case .handle(let origin): .handle(origin)
      case .value, .shape, .nothing: nil
      }
    }
  }

  /// Where a value's elements are; aliases share one root.
  enum Root {
    case constant(Tensor)
    case feed(Int)
    case computed(Int)
    case slot(Int)

    func isSameMemory(as other: Root) -> Bool {
      switch (self, other) {
      case (.feed(let a), .feed(let b)), (.computed(let a), .computed(let b)),
        (.slot(let a), .slot(let b)):
        a == b
      default: false
      }
    }
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
    /// What runs in place of the kernel.
    let call: (any PlannedCall)?
    let inputs: [Int]
    let outputs: [Output]
    /// Its position in the plan.
    let node: Int
    /// The values that the rest of the plan needs when an assumption about an output turns out to
    /// be wrong.
    var kept: [Int] = []

    struct Output {
      let value: Int
      let slot: Int
      let expected: Shape?
      let isAssumed: Bool
    }
  }

  /// Values that are computed ahead are kept for as long as the program; larger ones are computed
  /// when run.
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
  /// The functions of the branches around, none of which is planned inside of itself.
  private let path: Set<String>
  private let planning: Planning
  var cancellation: Cancellation { planning.cancellation }
  let learning: ShapeLearning?
  /// Shapes that values had in earlier runs.
  let assumptions: [Int: Shape]?
  /// Whether a variable is taken to have the shape that it was declared with.
  private var reliesOnDeclarations = false
  /// The last node that reads each value; what is fetched is read after all nodes.
  let lastReaders: [Int]
  /// The feeds of a loop's condition or body that are lists in one block of memory.
  let variables: [Int: ListVariable]
  /// Whether it plans a loop's body, which may change the lists among its variables in place.
  let isBody: Bool
  /// Whether few runs are expected of the program.
  let isBrief: Bool
  /// The lists that can't be in one block of memory.
  let sparse: Set<PlannedList.Origin>
  /// How often each tensor array in one block of memory was changed so far.
  var versions: [PlannedList.Origin: Int] = [:]

  private init(
    _ plan: ExecutionPlan, _ feedShapes: [Shape], _ constants: [Int: Tensor], _ depth: Int,
    _ path: Set<String>,
    _ learning: ShapeLearning, _ planning: Planning, _ variables: [Int: ListVariable],
    isBody: Bool, isBrief: Bool, sparse: Set<PlannedList.Origin>
  ) {
    self.plan = plan
    self.isBrief = isBrief
    self.learning = plan.handsOnReferences ? nil : learning
    assumptions = plan.handsOnReferences ? [:] : learning.assumptions
    lastReaders = Self.lastReaders(plan)
    self.planning = planning
    self.depth = depth
    self.path = path
    self.feedShapes = feedShapes
    self.constants = constants
    self.variables = variables
    self.isBody = isBody
    self.sparse = sparse
    known = [Knowledge](repeating: .nothing, count: plan.valueTypes.count)
    roots = [Root?](repeating: nil, count: plan.valueTypes.count)
    views = [Shape?](repeating: nil, count: plan.valueTypes.count)
  }

  /// The program for given shapes.
  ///
  /// - Parameters:
  ///   - constants: feeds that are the same at every run.
  ///   - path: the functions of the branches around it.
  ///   - variables: feeds that are lists in one block of memory.
  ///   - isBody: whether it is the body of a loop that has these variables.
  ///   - isBrief: whether few runs are expected of the program, so that it should take little to
  ///     make.
  ///   - learning: what was seen of the shapes that no rule infers.
  ///   - planning: what it is part of.
  /// - Throws: the errors that shape rules and kernels find in the shapes; they name the node.
  ///   `NotDense` when variables can't be in one block of memory.
  static func program(
    _ plan: ExecutionPlan, _ shapes: [Shape], constants: [Int: Tensor] = [:], depth: Int = 0,
    path: Set<String> = [],
    variables: [Int: ListVariable] = [:], isBody: Bool = false, isBrief: Bool = false,
    learning: ShapeLearning, _ planning: Planning
  ) throws -> LinearProgram {
    var sparse: Set<PlannedList.Origin> = []
    while true {
      planning.count(plan.nodes.count)
      var planner = LinearPlanner(
        plan, shapes, constants, depth, path, learning, planning, variables, isBody: isBody,
        isBrief: isBrief, sparse: sparse)
      do {
        let program = try planner.program()
        // Weights may have been laid out in part only.
        if planning.cancellation.endedKernel { try planning.cancellation.check() }
        return program
      } catch let refused as NotDense {
        // Those of loops around this one are planned again from there.
        guard refused.origins.allSatisfy({ $0.depth == depth && !sparse.contains($0) }) else {
          throw refused
        }
        sparse.formUnion(refused.origins)
      } catch {
        // With shapes that were only assumed, an error may be about nothing that a run would meet.
        guard planner.assumptions?.isEmpty == false || planner.reliesOnDeclarations else {
          throw error
        }
        learning.giveUp()
      }
      try planning.cancellation.check()
    }
  }

  private mutating func program() throws -> LinearProgram {
    for (index, value) in plan.feeds.enumerated() {
      if let constant = constants[index] {
        setConstant(value, constant)
        continue
      }
      roots[value] = .feed(index)
      switch variables[index] {
      case .list(let planned)?:
        known[value] = .list(planned)
        versions[planned.origin] = planned.version
      case .handle(let origin)?: known[value] = .handle(origin)
      case nil: if plan.valueTypes[value].isNumeric { known[value] = .shape(feedShapes[index]) }
      }
    }
    for (position, node) in plan.nodes.enumerated() {
      try cancellation.check()
      do {
        try place(node, position)
      } catch let error as TFError {
        throw error.at(node: node.kernel.node, op: node.kernel.op.name)
      }
    }
    try checkFetchedLists()
    for value in plan.fetches { escape(value, at: steps.count) }
    for (index, step) in steps.enumerated() {
      if case .dynamic(let part) = step { for value in part.kept { extend(value, to: index) } }
    }
    fuseElementwise()
    groupRows()
    return try layOut()
  }

  private mutating func place(_ node: ExecutionPlan.PlannedNode, _ position: Int) throws {
    if try placeList(node, position) { return }
    let kernel = node.kernel
    if !LoopStep.isLoop(kernel) { try refuseLists(node) }
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
      case .nothing, .list, .handle:
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
          specialise, shapes: shapes, values: values, valuesStay: true, isBrief: isBrief)
        if allKnown, !kernel.op.isStateful, isSmall(specialisation, kernel) {
          // The values are there: run it now, once.
          let outputs = try specialisation.run(values.compactMap { $0 })
          for (value, output) in zip(node.outputs, outputs) { setConstant(value, output) }
          return
        }
        place(node, specialisation)
        return
      } catch is NeedsValue {}
    case .dynamic:
      if allKnown, !kernel.op.isStateful, !Self.perRun.contains(kernel.op.name),
        !kernel.attrs.callsFunctions,
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

  /// Ops that are not stateful, but differ from run to run.
  private static let perRun: Set<String> = ["GetDeadline", "Placeholder"]

  private func isSmall(_ specialisation: PreparedKernel.Specialisation, _ kernel: PreparedKernel)
    -> Bool
  {
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
    let lists = try listVariables(node)
    let partial = node.inputs.map { input -> PartialShape in
      switch known[input] {
      case .value(let tensor): PartialShape(tensor.dims)
      case .shape(let shape): PartialShape(shape)
      case .list(let planned): PartialShape(planned.list.memoryShape)
      case .handle: .scalar
      case .nothing: .unknown
      }
    }
    // A rule that fails here fails again when the step runs, with all values at hand.
    let inferred = try? kernel.op.inferShapes(
      ShapeContext(
        op: kernel.op, attrs: kernel.attrs, inputTypes: kernel.inputTypes, shapes: partial,
        values: KnownValues(values)))
    let loop = try loopStep(kernel, values, partial.map(\.known), lists)
    let loopShapes = try loop?.outputShapes(partial.map(\.known), planning)
    let branches = try loop == nil ? branchStep(kernel, values) : nil
    let callShapes = try branches?.outputShapes(partial.map(\.known), planning)
    if !lists.isEmpty, loopShapes == nil {
      throw NotDense(origins: Set(lists.values.map(\.origin)))
    }
    let isRef = kernel.op.signature.outputs.contains { $0.isRef }
    let step = steps.count
    for input in node.inputs { escape(input, at: step) }
    var outputs: [DynamicPart.Output] = []
    for (index, value) in node.outputs.enumerated() {
      let isPlain = plan.valueTypes[value].isNumeric && !isRef
      let inferred =
        loopShapes?[index] ?? callShapes?[index]
        ?? inferred.flatMap { index < $0.count ? believable($0[index], value) : nil }
      let assumed = inferred == nil ? assumption(value) : nil
      var expected = isPlain ? inferred ?? assumed : nil
      roots[value] = .slot(slotCount)
      switch loop?.variable(index, after: lists[index], &versions) {
      case .list(let planned)?:
        known[value] = .list(planned)
        expected = planned.list.memoryShape
      case .handle(let origin)?:
        known[value] = .handle(origin)
        expected = nil
      case nil: if let expected { known[value] = .shape(expected) }
      }
      outputs.append(
        DynamicPart.Output(
          value: value, slot: slotCount, expected: expected, isAssumed: isPlain && assumed != nil))
      slotCount += 1
    }
    var part = DynamicPart(
      kernel: kernel, call: loop ?? branches, inputs: node.inputs, outputs: outputs, node: position)
    if outputs.contains(where: \.isAssumed) {
      part.kept = roots.indices.filter { roots[$0] != nil && lastReaders[$0] > position }
      // The plan for the rest knows nothing of lists in one block of memory.
      let lists = part.kept.compactMap { known[$0].variable?.origin }
      if !lists.isEmpty { throw NotDense(origins: Set(lists)) }
    }
    steps.append(.dynamic(part))
  }

  /// The shape to rely on where no rule infers one: what earlier runs showed, or what the variable
  /// was declared with.
  private mutating func assumption(_ value: Int) -> Shape? {
    if let shown = assumptions?[value] { return shown }
    guard let learning, let declared = plan.declaredShapes[value], learning.mayRely(on: value),
      (try? MemoryLimit.requireRoom(declared, plan.valueTypes[value])) != nil
    else { return nil }
    reliesOnDeclarations = true
    return declared
  }

  /// An inferred shape when all of it is known. What a function declares without limit is not
  /// planned for: the value says its shape when the step has run.
  private func believable(_ shape: PartialShape, _ value: Int) -> Shape? {
    guard let shape = shape.known,
      (try? MemoryLimit.requireRoom(shape, plan.valueTypes[value])) != nil
    else { return nil }
    return shape
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

  /// The plans of a loop's condition and body, if the node is a loop and they can be made; the
  /// kernel says what is wrong otherwise.
  private func loopStep(
    _ kernel: PreparedKernel, _ values: [Tensor?], _ shapes: [Shape?], _ lists: [Int: ListVariable]
  ) throws -> LoopStep? {
    // A function that loops over itself is left to the kernel, which counts how deep calls go.
    guard depth < LoopStep.depthLimit, jk_stack_left() > ExecutionContext.leastStack,
      LoopStep.isLoop(kernel),
      case .function(let condition, let conditionAttrs)? = kernel.attrs["cond"],
      case .function(let body, let bodyAttrs)? = kernel.attrs["body"],
      let conditionPlan = try ifPossible({
        try plan.functions.plan(condition, conditionAttrs, cancellation)
      }),
      let bodyPlan = try ifPossible({ try plan.functions.plan(body, bodyAttrs, cancellation) })
    else { return nil }
    let loop = LoopStep(
      condition: conditionPlan, body: bodyPlan, inputs: values,
      takesScalarsOnly: FunctionCalls.wantsScalar(kernel.attrs), depth: depth,
      path: path,
      lists: lists)
    return try loop.withElements(shapes, planning)
  }

  /// The plans of the branches of an If or a Case, if they can be made; the kernel says what is
  /// wrong otherwise.
  private func branchStep(_ kernel: PreparedKernel, _ values: [Tensor?]) throws -> BranchStep? {
    guard depth < LoopStep.depthLimit, jk_stack_left() > ExecutionContext.leastStack,
      let functions = BranchStep.functions(kernel),
      !functions.contains(where: { path.contains($0.name) })
    else { return nil }
    var branches: [(name: String, plan: ExecutionPlan)] = []
    for (name, attrs) in functions {
      guard let branch = try ifPossible({ try plan.functions.plan(name, attrs, cancellation) })
      else { return nil }
      branches.append((name, branch))
    }
    return BranchStep(kernel, branches, inputs: values, depth: depth, path: path)
  }

  /// What `body` gives; nil for an error that the kernel will find again, but not when time or
  /// memory is over.
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
    if case .computed(let index)? = roots[value] {
      computed[index].lastUse = max(computed[index].lastUse, step)
    }
  }

  mutating func escape(_ value: Int, at step: Int) {
    if case .computed(let index)? = roots[value] {
      computed[index].lastUse = step
      computed[index].escapes = true
    }
  }
}
