import CoreOps

extension LinearPlanner {
  private static var maximumMembers: Int { 32 }
  /// What passes between the members for one block: half of a small processor's second cache.
  private static var blockBytes: Int { 1 << 17 }
  /// The largest matrix that every block may go through again.
  private static var maximumRereads: Int { 1 << 19 }
  /// What has to pass between the members to make a group worth its while where there is no
  /// product.
  private static var leastPassedBytes: Int { 1 << 18 }

  /// Element-wise steps over fewer elements are not worth being a loop of their own.
  private static var leastElements: Int { 256 }
  /// Steps that may move before a group.
  private static var maximumMoved: Int { 64 }

  /// Puts steps that go through the same rows into one step each: products and what is done with
  /// their rows before and after, and chains of steps that would write large values only to read
  /// them again.
  ///
  /// Between two parallel steps all threads wait, and find what they read next in another
  /// processor's cache or in none: a step of a recurrent network is a handful of such steps of some
  /// microseconds each.
  mutating func groupRows() {
    guard steps.indices.contains(where: { part($0) != nil }) else { return }
    let users = users()
    var grouped: [PlannedStep] = []
    var index = 0
    while index < steps.count {
      if let group = rowGroup(from: index, users) {
        grouped += group.moved.map { steps[$0] }
        grouped.append(group.step)
        index = group.end
      } else {
        grouped.append(steps[index])
        index += 1
      }
    }
    guard grouped.count < steps.count else { return }
    steps = grouped
    countUses()
  }

  private struct Part {
    let form: RowForm
    let index: Int
    let inputs: [Int]
    let outputs: [Int]
    let origin: StepOrigin
  }

  /// The group that begins with a step; steps in between that do not depend on it move before it.
  private func rowGroup(from start: Int, _ users: [[Int]]) -> (
    step: PlannedStep, moved: [Int], end: Int
  )? {
    var parts: [Part] = []
    var moved: [Int] = []
    var waiting: [Int] = []
    var made: Set<Int> = []
    // Lists that a member changes.
    var changed: [Int] = []
    var count = 0
    for index in start..<steps.count {
      guard case .fixed(_, _, let inputs, let outputs) = steps[index],
        !inputs.contains(where: { input in changed.contains { isSameMemory(input, $0) } })
      else { break }
      if parts.count < Self.maximumMembers, let part = part(index),
        parts.isEmpty || part.form.rereads > 0 || part.form.count == count
          || part.inputs.contains(where: { isMade($0, made) }),
        // Threads that are behind must not read in another way what one changes.
        !outputs.isEmpty
          || !parts.contains(where: { other in other.inputs.contains { isSameMemory($0, inputs[0]) }
          }),
        !part.form.shared.contains(where: { isMade(part.inputs[$0], made) }),
        let common = commonCount(count, parts, part.form)
      {
        count = common
        parts.append(part)
        made.formUnion(outputs)
        if outputs.isEmpty { changed.append(inputs[0]) }
        moved += waiting
        waiting = []
      } else if !parts.isEmpty, !outputs.isEmpty, waiting.count < Self.maximumMoved,
        !inputs.contains(where: { isMade($0, made) })
      {
        waiting.append(index)
      } else {
        break
      }
    }
    guard parts.count >= 2, let step = step(parts, count, users) else { return nil }
    return (step, moved, parts[parts.count - 1].index + 1)
  }

  private func part(_ index: Int) -> Part? {
    var step = steps[index]
    // One element-wise step alone is a loop of one.
    if let count = elementwiseCount(step), count >= Self.leastElements {
      step = fusedStep(index..<index + 1, nil) ?? step
    }
    guard case .fixed(let spec, let origin, let inputs, let outputs) = step, spec.scratchBytes == 0,
      let form = spec.rows, form.count > 1, form.rereads <= Self.maximumRereads,
      inputs.count + outputs.count <= RowGroup.maximumPointers
    else { return nil }
    return Part(form: form, index: index, inputs: inputs, outputs: outputs, origin: origin)
  }

  /// The parts that all have when `form` joins; nil when they would have too few.
  private func commonCount(_ count: Int, _ parts: [Part], _ form: RowForm) -> Int? {
    let common = count == 0 ? form.count : min(count, form.count)
    guard common > 1, form.count % common == 0, parts.allSatisfy({ $0.form.count % common == 0 })
    else { return nil }
    return common
  }

  /// The step that does all of it; nil when that is not worth its while.
  private func step(_ parts: [Part], _ count: Int, _ users: [[Int]]) -> PlannedStep? {
    let own = Set(parts.map(\.index))
    let made = Set(parts.flatMap(\.outputs))
    var table: [Int: Int] = [:]
    var inputs: [Int] = []
    for input in parts.flatMap(\.inputs) where !isMade(input, made) && table[input] == nil {
      table[input] = inputs.count
      inputs.append(input)
    }
    // Values that only the members see need no memory of their own.
    var written: [Int] = []
    var places: [Int: RowGroup.Place] = [:]
    var passed: [(value: Int, partBytes: Int)] = []
    for value in parts.flatMap(\.outputs) {
      if computed[value].escapes || users[value].contains(where: { !own.contains($0) }) {
        places[value] = .table(inputs.count + written.count)
        written.append(value)
      } else {
        passed.append(
          (value, computed[value].dims.elementCount * computed[value].dtype.byteSize / count))
      }
    }
    guard !written.isEmpty else { return nil }
    let partBytes = passed.reduce(0) { $0 + $1.partBytes }
    var block = partBytes == 0 ? count : min(count, max(1, Self.blockBytes / partBytes))
    if block >= 8 { block &= ~7 }
    let works = parts.map { $0.form.work * $0.form.count }
    let hasProduct = zip(parts, works).contains {
      $0.form.rereads > 0 && $1 >= RowGroup.leastWork / 2
    }
    // A product of few rows at a time would wait for its matrix.
    guard works.reduce(0, +) >= RowGroup.leastWork,
      hasProduct ? block >= 8 || block == count : partBytes * count >= Self.leastPassedBytes
    else { return nil }
    var scratchBytes = 0
    for (value, partBytes) in passed {
      places[value] = .scratch(offset: scratchBytes, partBytes: partBytes)
      scratchBytes += (partBytes * block + 127) & ~63
    }
    let members = parts.map { part in
      RowGroup.Member(
        form: part.form,
        places: part.inputs.map { input in
          if case .computed(let value)? = roots[input], let place = places[value] { return place }
          return .table(table[input]!)
        } + part.outputs.map { places[$0]! }, origin: part.origin)
    }
    let group = RowGroup(members, count: count, block: block, scratchBytes: scratchBytes)
    return .fixed(
      run: RunSpec(run: { try group.run($0) }), origin: StepOrigin(parts.map(\.origin)),
      inputs: inputs, outputs: written)
  }

  private func isSameMemory(_ a: Int, _ b: Int) -> Bool {
    guard let root = roots[a], let other = roots[b] else { return false }
    return root.isSameMemory(as: other)
  }

  private func isMade(_ input: Int, _ made: Set<Int>) -> Bool {
    guard case .computed(let value)? = roots[input] else { return false }
    return made.contains(value)
  }
}
