import CoreOps

extension LinearPlanner {
  /// Puts runs of element-wise steps over as many elements into one step each.
  mutating func fuseElementwise() {
    guard steps.contains(where: { (elementwiseCount($0) ?? 0) >= FusedLoop.minimumCount }) else {
      return
    }
    let users = users()
    var fused: [PlannedStep] = []
    var index = 0
    while index < steps.count {
      var end = index
      if let count = elementwiseCount(steps[index]), count >= FusedLoop.minimumCount {
        while end < steps.count, end - index < FusedLoop.maximumSteps,
          elementwiseCount(steps[end]) == count
        {
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
    countUses()
  }

  /// The steps that read each computed value.
  func users() -> [[Int]] {
    var users = [[Int]](repeating: [], count: computed.count)
    for (index, step) in steps.enumerated() {
      for input in reads(step) {
        if case .computed(let value)? = roots[input] { users[value].append(index) }
      }
    }
    return users
  }

  /// Finds anew when each value is made and used, after steps were put together.
  mutating func countUses() {
    for (index, step) in steps.enumerated() {
      if case .fixed(_, _, _, let outputs) = step {
        for output in outputs { computed[output].lastUse = index }
      }
      for input in reads(step) { use(input, at: index) }
    }
    for value in plan.fetches { use(value, at: steps.count) }
  }

  /// The number of elements, if every input has as many or one.
  func elementwiseCount(_ step: PlannedStep) -> Int? {
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
    case .nothing, .list, .handle: nil
    }
  }

  /// - Parameter users: the steps that read each computed value; nil where all results are to be
  ///   written.
  func fusedStep(_ range: Range<Int>, _ users: [[Int]]?) -> PlannedStep? {
    var inputs: [Int] = []
    var operandOfRoot: [Int: Int] = [:]
    var members: [(loop: ElementwiseLoop, origin: StepOrigin, inputs: [Int], output: Int)] = []
    for index in range {
      guard case .fixed(let spec, let origin, let own, let outputs) = steps[index],
        let loop = spec.elementwise
      else { return nil }
      members.append((loop, origin, own, outputs[0]))
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
        }, origin: member.origin)
    }
    let written = members.indices.filter { position in
      let output = members[position].output
      guard let users else { return true }
      return computed[output].escapes || users[output].contains { !range.contains($0) }
    }
    guard !written.isEmpty else { return nil }
    let count = computed[members[0].output].dims.elementCount
    let loop = FusedLoop(
      inputs: inputs.map {
        FusedLoop.Input(
          byteSize: plan.valueTypes[$0].byteSize, isScalar: elementCount($0) == 1 && count != 1)
      }, steps: loopSteps, outputs: written, count: count)
    // The last step writes where it reads, block by block; an earlier one would write what later
    // ones read.
    var overwrites: [Int] = []
    if written == [members.count - 1] {
      overwrites = inputs.indices.filter {
        elementCount(inputs[$0]) == count
          && plan.valueTypes[inputs[$0]].byteSize == members[written[0]].loop.outputType.byteSize
      }
    }
    let origin = StepOrigin(members.map(\.origin))
    return .fixed(
      run: RunSpec(run: { try loop.run($0) }, overwrites: overwrites, rows: loop.rows),
      origin: origin, inputs: inputs,
      outputs: written.map { members[$0].output })
  }

  private func isMade(_ input: Int, _ made: [Int: Int]) -> Bool {
    guard case .computed(let value)? = roots[input] else { return false }
    return made[value] != nil
  }
}
