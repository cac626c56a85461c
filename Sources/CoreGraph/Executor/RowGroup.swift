import CKernels
import CoreOps

/// Steps that go through the same parts of their values side by side: each thread runs its parts of all the steps, one step
/// after the other, and waits for the others only in the end.
final class RowGroup: Sendable {
  struct Member: Sendable {
    let form: RowForm
    /// Where its pointers are among the group's: the group's inputs first, then its outputs.
    let pointers: [Int]
  }

  private let members: [Member]
  private let count: Int
  private let grain: Int

  /// - Parameters:
  ///   - count: parts, of which each member's are a multiple.
  init(_ members: [Member], count: Int) {
    self.members = members
    self.count = count
    let work = members.reduce(0) { $0 + $1.form.work * ($1.form.count / count) }
    grain = max(1, Self.leastWork / 2 / max(work, 1))
  }

  /// Measured: splitting fewer multiplications than this costs more than it saves.
  static let leastWork = 300_000

  func run(_ pointers: Pointers) throws {
    var job = Job(group: Unmanaged.passUnretained(self), pointers: pointers, failure: Failure())
    withUnsafeMutablePointer(to: &job) { job in
      jk_parallel_for(
        count, grain,
        { context, begin, end in
          let job = context!.assumingMemoryBound(to: Job.self).pointee
          do {
            try job.group.takeUnretainedValue().run(job.pointers, begin..<end)
          } catch {
            job.failure.error.withLock { $0 = error }
          }
        }, job)
    }
    if let error = job.failure.error.withLock({ $0 }) { throw error }
  }

  private struct Job {
    let group: Unmanaged<RowGroup>
    let pointers: Pointers
    let failure: Failure
  }

  private final class Failure: Sendable {
    let error = Lock<(any Error)?>(nil)
  }

  private func run(_ pointers: Pointers, _ range: Range<Int>) throws {
    try withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer.self, capacity: Self.maximumPointers
    ) { own in
      let base = own.baseAddress!
      for member in members {
        for (index, position) in member.pointers.enumerated() { (base + index).initialize(to: pointers[position]) }
        let scale = member.form.count / count
        try member.form.run(base, range.lowerBound &* scale..<range.upperBound &* scale)
      }
    }
  }

  static let maximumPointers = 64
}

extension LinearPlanner {
  private static var maximumMembers: Int { 16 }
  /// What a group may give, as its values do not share memory: small beside a processor's cache.
  private static var maximumBytes: Int { 1 << 20 }

  /// Puts products and what is done with their rows before and after into one step each.
  ///
  /// Between two parallel steps all threads wait, and find what they read next in another processor's cache; a step of a
  /// recurrent network is a handful of such steps of some microseconds each.
  mutating func groupRows() {
    var grouped: [PlannedStep] = []
    var index = 0
    while index < steps.count {
      if let group = rowGroup(from: index) {
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
    let inputs: [Int]
    let outputs: [Int]
    let origin: StepOrigin
  }

  /// The group that begins with a step; steps in between that do not depend on it move before it.
  private func rowGroup(from start: Int) -> (step: PlannedStep, moved: [Int], end: Int)? {
    var parts: [Part] = []
    var moved: [Int] = []
    var made: Set<Int> = []
    var (count, bytes) = (0, 0)
    var end = start
    var pendingMoves: [Int] = []
    for index in start..<steps.count {
      guard case .fixed(_, _, let inputs, let outputs) = steps[index] else { break }
      let grown = bytes + outputs.reduce(0) { $0 + byteCount($1) }
      if parts.count < Self.maximumMembers, grown <= Self.maximumBytes, let part = part(index),
        !part.form.shared.contains(where: { isMade(part.inputs[$0], made) }),
        let common = commonCount(count, parts, part.form)
      {
        (count, bytes) = (common, grown)
        parts.append(part)
        made.formUnion(outputs)
        moved += pendingMoves
        pendingMoves = []
        end = index + 1
      } else if !parts.isEmpty, !outputs.isEmpty, !inputs.contains(where: { isMade($0, made) }) {
        pendingMoves.append(index)
      } else {
        break
      }
    }
    let works = parts.map { $0.form.work * $0.form.count }
    guard parts.count >= 2, works.reduce(0, +) >= RowGroup.leastWork, works.contains(where: { $0 >= RowGroup.leastWork / 2 })
    else { return nil }
    return (step(parts, count), moved, end)
  }

  private func part(_ index: Int) -> Part? {
    var step = steps[index]
    // One element-wise step alone is a loop of one.
    if elementwiseCount(step) != nil { step = fusedStep(index..<index + 1, nil) ?? step }
    guard case .fixed(let spec, let origin, let inputs, let outputs) = step, spec.scratchBytes == 0,
      let form = spec.rows, form.count > 1, inputs.count + outputs.count <= RowGroup.maximumPointers
    else { return nil }
    return Part(form: form, inputs: inputs, outputs: outputs, origin: origin)
  }

  private func byteCount(_ value: Int) -> Int { computed[value].dims.elementCount * computed[value].dtype.byteSize }

  /// The parts that all have when `form` joins; nil when they would have too few.
  private func commonCount(_ count: Int, _ parts: [Part], _ form: RowForm) -> Int? {
    let common = count == 0 ? form.count : min(count, form.count)
    guard common > 1, form.count % common == 0, parts.allSatisfy({ $0.form.count % common == 0 }) else { return nil }
    return common
  }

  private func step(_ parts: [Part], _ count: Int) -> PlannedStep {
    let outputs = parts.flatMap(\.outputs)
    let made = Dictionary(uniqueKeysWithValues: outputs.enumerated().map { ($1, $0) })
    var inputs: [Int] = []
    for input in parts.flatMap(\.inputs) where !isMade(input, Set(outputs)) && !inputs.contains(input) {
      inputs.append(input)
    }
    let members = parts.map { part in
      RowGroup.Member(
        form: part.form,
        pointers: part.inputs.map { input in
          if case .computed(let value)? = roots[input], let position = made[value] { return inputs.count + position }
          return inputs.firstIndex(of: input)!
        } + part.outputs.map { inputs.count + made[$0]! })
    }
    let group = RowGroup(members, count: count)
    return .fixed(
      run: RunSpec(run: { try group.run($0) }), origin: StepOrigin(parts.map(\.origin)), inputs: inputs, outputs: outputs)
  }

  private func isMade(_ input: Int, _ made: Set<Int>) -> Bool {
    guard case .computed(let value)? = roots[input] else { return false }
    return made.contains(value)
  }
}
