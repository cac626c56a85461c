import CKernels
import CoreOps

/// Makes the program of a plan for given feed shapes, by running it on what is known ahead: shapes, and the values that do
/// not depend on the feeds' contents.
struct LinearPlanner {
  private typealias Program = LinearProgram

  /// What is known of a value before the run.
  private enum Knowledge {
    case value(Tensor)
    /// In memory whose address the program fixes.
    case shape(Shape)
    case nothing
  }

  /// Where a value's elements are; aliases share one root.
  private enum Root {
    case constant(Tensor)
    case feed(Int)
    case computed(Int)
    case slot(Int)
  }

  /// A value in memory that the program manages.
  private struct Computed {
    let dtype: DType
    let dims: Shape
    let step: Int
    var lastUse: Int
    /// Handed to someone who may keep it, so it can't lie in the arena.
    var escapes = false
    var positions: [Int] = []
  }

  private enum PlannedStep {
    case fixed(run: RunSpec, origin: StepOrigin, inputs: [Int], outputs: [Int])
    case dynamic(DynamicPart)
  }

  private struct DynamicPart {
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

  private let plan: ExecutionPlan
  private let feedShapes: [Shape]
  private var known: [Knowledge]
  private var roots: [Root?]
  /// The shape in which a value is seen, where it differs from its root's.
  private var views: [Shape?]
  private var computed: [Computed] = []
  private var steps: [PlannedStep] = []
  private var slotCount = 0

  private let constants: [Int: Tensor]
  private let depth: Int
  /// Of the run for which the program is made: planning is part of its time.
  private let cancellation: Cancellation
  private let learning: ShapeLearning?
  /// Shapes that values had in earlier runs.
  private let assumptions: [Int: Shape]?
  /// The last node that reads each value; what is fetched is read after all nodes.
  private let lastReaders: [Int]

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

  private mutating func setConstant(_ value: Int, _ tensor: Tensor) {
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
  private func reads(_ step: PlannedStep) -> [Int] {
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

  private mutating func use(_ value: Int, at step: Int) {
    if case .computed(let index)? = roots[value] { computed[index].lastUse = step }
  }

  private mutating func extend(_ value: Int, to step: Int) {
    if case .computed(let index)? = roots[value] { computed[index].lastUse = max(computed[index].lastUse, step) }
  }

  private mutating func escape(_ value: Int, at step: Int) {
    if case .computed(let index)? = roots[value] {
      computed[index].lastUse = step
      computed[index].escapes = true
    }
  }

  // MARK: - Fusion

  /// Puts runs of element-wise steps over as many elements into one step each.
  private mutating func fuseElementwise() {
    var users = [[Int]](repeating: [], count: computed.count)
    for (index, step) in steps.enumerated() {
      for input in reads(step) {
        if case .computed(let value)? = roots[input] { users[value].append(index) }
      }
    }
    var fused: [PlannedStep] = []
    var index = 0
    while index < steps.count {
      var end = index
      if let count = elementwiseCount(steps[index]), count >= FusedLoop.minimumCount {
        while end < steps.count, end - index < FusedLoop.maximumSteps, elementwiseCount(steps[end]) == count {
          end += 1
        }
      }
      // A group may come to have too many inputs; half of it then may not.
      var group: PlannedStep?
      while end - index >= 2 {
        group = fusedStep(index..<end, users)
        if group != nil { break }
        end = index + (end - index) / 2
      }
      if let group {
        fused.append(group)
        index = end
      } else {
        fused.append(steps[index])
        index += 1
      }
    }
    guard fused.count < steps.count else { return }
    steps = fused
    for (index, step) in steps.enumerated() {
      if case .fixed(_, _, _, let outputs) = step {
        for output in outputs { computed[output].lastUse = index }
      }
      for input in reads(step) { use(input, at: index) }
    }
    for value in plan.fetches { use(value, at: steps.count) }
  }

  /// The number of elements, if every input has as many or one.
  private func elementwiseCount(_ step: PlannedStep) -> Int? {
    guard case .fixed(let spec, _, let inputs, let outputs) = step, spec.elementwise != nil,
      outputs.count == 1
    else { return nil }
    let count = computed[outputs[0]].dims.elementCount
    for input in inputs {
      guard let own = elementCount(input), own == count || own == 1 else { return nil }
    }
    return count
  }

  private func elementCount(_ value: Int) -> Int? {
    switch known[value] {
    case .value(let tensor): tensor.dtype.isNumeric ? tensor.dims.elementCount : nil
    case .shape(let shape): shape.elementCount
    case .nothing: nil
    }
  }

  private func fusedStep(_ range: Range<Int>, _ users: [[Int]]) -> PlannedStep? {
    var inputs: [Int] = []
    var operandOfRoot: [Int: Int] = [:]
    var members: [(loop: ElementwiseLoop, inputs: [Int], output: Int)] = []
    for index in range {
      guard case .fixed(let spec, _, let own, let outputs) = steps[index], let loop = spec.elementwise
      else { return nil }
      members.append((loop, own, outputs[0]))
    }
    let made = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.output, $0) })
    // Inputs from outside first, as their number is part of the numbering.
    for member in members {
      for input in member.inputs where !isMade(input, made) && !inputs.contains(input) {
        inputs.append(input)
      }
    }
    guard inputs.count <= FusedLoop.maximumInputs else { return nil }
    for (position, input) in inputs.enumerated() { operandOfRoot[input] = position }
    let loopSteps = members.map { member in
      FusedLoop.Step(
        loop: member.loop,
        operands: member.inputs.map { input in
          if case .computed(let value)? = roots[input], let step = made[value] {
            return inputs.count + step
          }
          return operandOfRoot[input]!
        })
    }
    let written = members.indices.filter { position in
      let output = members[position].output
      return computed[output].escapes || users[output].contains { !range.contains($0) }
    }
    guard !written.isEmpty else { return nil }
    let count = computed[members[0].output].dims.elementCount
    let loop = FusedLoop(
      inputs: inputs.map {
        FusedLoop.Input(byteSize: plan.valueTypes[$0].byteSize, isScalar: elementCount($0) == 1 && count != 1)
      }, steps: loopSteps, outputs: written, count: count)
    // The last step writes where it reads, block by block; an earlier one would write what later ones read.
    var overwrites: [Int] = []
    if written == [members.count - 1] {
      overwrites = inputs.indices.filter {
        elementCount(inputs[$0]) == count
          && plan.valueTypes[inputs[$0]].byteSize == members[written[0]].loop.outputType.byteSize
      }
    }
    let origin = StepOrigin(
      range.compactMap { if case .fixed(_, let origin, _, _) = steps[$0] { origin } else { nil } })
    return .fixed(
      run: RunSpec(run: { try loop.run($0) }, overwrites: overwrites), origin: origin, inputs: inputs,
      outputs: written.map { members[$0].output })
  }

  private func isMade(_ input: Int, _ made: [Int: Int]) -> Bool {
    guard case .computed(let value)? = roots[input] else { return false }
    return made[value] != nil
  }

  // MARK: - Addresses

  private mutating func layOut() throws -> LinearProgram {
    var layout = Program.Layout()
    layout.feedShapes = feedShapes
    layout.feedPositions = [[Int]](repeating: [], count: feedShapes.count)
    layout.slotCount = slotCount
    var heapIndex = [Int](repeating: -1, count: computed.count)
    var offsets = [Int](repeating: -1, count: computed.count)
    var slotPositions = [[Int]](repeating: [], count: slotCount)
    var arena = ArenaPlanner()
    let ends = Dictionary(grouping: computed.indices, by: { computed[$0].lastUse })
    let slotEnds = lastUsesOfSlots()
    var heapValues: [(dtype: DType, dims: Shape, positions: [Int])] = []
    var dynamicParts: [(part: DynamicPart, releases: [Int])] = []

    for (index, step) in steps.enumerated() {
      switch step {
      case .fixed(let spec, var origin, let inputs, let outputs):
        let base = layout.tableSize
        for (offset, input) in inputs.enumerated() {
          let position = base + offset
          switch roots[input] {
          case .constant(let tensor)?:
            if case .buffer = tensor.payload { layout.constants.append((position, tensor)) }
          case .feed(let feed)?: layout.feedPositions[feed].append(position)
          case .computed(let value)?: computed[value].positions.append(position)
          case .slot(let slot)?: slotPositions[slot].append(position)
          case nil: throw TFError.internal("input \(offset) of \(origin.nodes.last ?? "") is not planned")
          }
          origin.inputs.append(valueSpec(input))
        }
        for (offset, output) in outputs.enumerated() {
          let value = computed[output]
          origin.outputs.append(ValueSpec(value.dtype, PartialShape(value.dims)))
          computed[output].positions.append(base + inputs.count + offset)
          if value.escapes {
            heapIndex[output] = heapValues.count
            layout.segments.append(.allocate(heapValues.count))
            heapValues.append((value.dtype, value.dims, []))
          } else {
            let bytes = value.dims.elementCount * value.dtype.byteSize
            if offset == 0, let victim = overwritten(spec, inputs, bytes, index, offsets) {
              offsets[output] = offsets[victim]
              arena.hand(from: victim, to: output)
            } else {
              offsets[output] = arena.take(bytes, for: output)
            }
          }
        }
        layout.tableSize += inputs.count + outputs.count
        if spec.scratchBytes > 0 {
          let offset = arena.take(spec.scratchBytes, for: -1)
          layout.arenaPositions.append((layout.tableSize, offset))
          layout.tableSize += 1
          arena.free(-1)
        }
        if case .fixed(let range)? = layout.segments.last {
          layout.segments[layout.segments.count - 1] = .fixed(range.lowerBound..<range.upperBound + 1)
        } else {
          layout.segments.append(.fixed(layout.fixed.count..<layout.fixed.count + 1))
        }
        layout.fixed.append(Program.StaticStep(run: spec.run, base: base))
        layout.origins.append(origin)
      case .dynamic(let part):
        layout.segments.append(.dynamic(dynamicParts.count))
        // What may be needed after the step stays, even if the step is the last that reads it.
        let kept = Set(part.kept.compactMap { value -> Int? in
          if case .slot(let slot)? = roots[value] { slot } else { nil }
        })
        dynamicParts.append((part, (slotEnds[index] ?? []).filter { !kept.contains($0) }))
      }
      for value in ends[index] ?? [] {
        if offsets[value] >= 0 {
          arena.free(value)
        } else if heapIndex[value] >= 0 {
          layout.segments.append(.release(heapIndex[value]))
        }
      }
    }

    for (index, value) in computed.enumerated() {
      if heapIndex[index] >= 0 {
        heapValues[heapIndex[index]].positions = value.positions
      } else {
        for position in value.positions { layout.arenaPositions.append((position, offsets[index])) }
      }
    }
    layout.heap = heapValues.map {
      Program.HeapValue(dtype: $0.dtype, dims: $0.dims, positions: $0.positions)
    }
    for (index, (part, releases)) in dynamicParts.enumerated() {
      let kept = try part.kept.map { (value: $0, operand: try operand($0, heapIndex, offsets)) }
      layout.dynamic.append(
        Program.DynamicStep(
          kernel: part.kernel, loop: part.loop, operands: try part.inputs.map { try operand($0, heapIndex, offsets) },
          outputs: part.outputs.map {
            Program.DynamicStep.Output(
              value: $0.value, slot: $0.slot, expected: $0.expected, isAssumed: $0.isAssumed,
              positions: slotPositions[$0.slot])
          }, cache: index, releases: releases, node: part.node, kept: kept))
    }
    layout.fetches = try plan.fetches.map { try operand($0, heapIndex, offsets) }
    layout.arenaBytes = arena.size
    return try LinearProgram(layout, plan, assumptions == nil ? learning : nil, refuting: learning)
  }

  private func valueSpec(_ value: Int) -> ValueSpec {
    switch known[value] {
    case .value(let tensor): ValueSpec(tensor)
    case .shape(let shape): ValueSpec(plan.valueTypes[value], PartialShape(shape))
    case .nothing: ValueSpec(plan.valueTypes[value], .unknown)
    }
  }

  /// An input whose memory the step's first output may take over.
  private func overwritten(
    _ spec: RunSpec, _ inputs: [Int], _ bytes: Int, _ step: Int, _ offsets: [Int]
  ) -> Int? {
    for index in spec.overwrites {
      guard case .computed(let value)? = roots[inputs[index]], offsets[value] >= 0,
        computed[value].lastUse == step,
        computed[value].dims.elementCount * computed[value].dtype.byteSize == bytes
      else { continue }
      // Another input that is the same memory may be read after the output is written.
      let shared = inputs.indices.contains { other in
        guard other != index, case .computed(let same)? = roots[inputs[other]] else { return false }
        return same == value
      }
      if !shared { return value }
    }
    return nil
  }

  /// The slots that no step after a given dynamic step reads, by that step.
  private func lastUsesOfSlots() -> [Int: [Int]] {
    var last: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for input in reads(step) {
        if case .slot(let slot)? = roots[input] { last[slot] = index }
      }
    }
    for fetch in plan.fetches {
      if case .slot(let slot)? = roots[fetch] { last[slot] = nil }
    }
    var result: [Int: [Int]] = [:]
    for (slot, index) in last {
      if case .dynamic = steps[index] { result[index, default: []].append(slot) }
    }
    return result
  }

  private func operand(_ value: Int, _ heapIndex: [Int], _ offsets: [Int]) throws -> LinearProgram.Operand {
    let dims = views[value]
    let dtype = plan.valueTypes[value]
    switch roots[value] {
    case .constant(let tensor)?: return Program.Operand(source: .constant(tensor), dtype: dtype, dims: nil)
    case .feed(let index)?: return Program.Operand(source: .feed(index), dtype: dtype, dims: dims)
    case .computed(let index)? where heapIndex[index] >= 0:
      return Program.Operand(source: .heap(heapIndex[index]), dtype: dtype, dims: dims)
    case .computed(let index)?:
      return Program.Operand(
        source: .arena(offset: offsets[index]), dtype: dtype, dims: dims ?? computed[index].dims)
    case .slot(let slot)?: return Program.Operand(source: .slot(slot), dtype: dtype, dims: dims)
    case nil: throw TFError.internal("a value is not planned")
    }
  }
}

/// Gives out places in one block of memory so that values that live at different times share bytes.
struct ArenaPlanner {
  private(set) var size = 0
  private var free: [Range<Int>] = []
  private var taken: [Int: Range<Int>] = [:]

  /// A place for `bytes`, the best fitting free one or a new one at the end.
  mutating func take(_ bytes: Int, for owner: Int) -> Int {
    let need = max(64, (bytes + 63) & ~63)
    var best: Int?
    for (index, range) in free.enumerated() where range.count >= need {
      if best == nil || range.count < free[best!].count { best = index }
    }
    if let best {
      let range = free[best]
      if range.count == need {
        free.remove(at: best)
      } else {
        free[best] = range.lowerBound + need..<range.upperBound
      }
      taken[owner] = range.lowerBound..<range.lowerBound + need
      return range.lowerBound
    }
    // Grow from a free range at the end, if there is one.
    var start = size
    if let last = free.firstIndex(where: { $0.upperBound == size }) {
      start = free[last].lowerBound
      free.remove(at: last)
    }
    size = start + need
    taken[owner] = start..<size
    return start
  }

  mutating func hand(from old: Int, to new: Int) {
    taken[new] = taken.removeValue(forKey: old)
  }

  /// Frees the owner's place; nothing happens when it was handed on.
  mutating func free(_ owner: Int) {
    guard var range = taken.removeValue(forKey: owner) else { return }
    var index = 0
    while index < free.count {
      if free[index].upperBound == range.lowerBound {
        range = free[index].lowerBound..<range.upperBound
        free.remove(at: index)
      } else if free[index].lowerBound == range.upperBound {
        range = range.lowerBound..<free[index].upperBound
        free.remove(at: index)
      } else {
        index += 1
      }
    }
    free.append(range)
  }
}
