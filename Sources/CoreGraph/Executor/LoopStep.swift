import CoreOps

/// A functional loop with the plans of its condition and body at hand.
///
/// Where both are fixed programs and the variables keep their shapes, an iteration is two sequences
/// of calls between two sets of buffers that take turns; otherwise each iteration runs both plans
/// on whatever came out of the last.
final class LoopStep: PlannedCall {
  private let condition: ExecutionPlan
  private let body: ExecutionPlan
  /// Inputs that are the same at every run and in every iteration.
  private let constants: [Int: Tensor]
  /// Inputs that the body hands on as they are.
  private let invariant: [Bool]
  /// The inputs that are lists in one block of memory, as they are before the loop.
  private let given: [Int: ListVariable]
  /// The same as the body sees them: what it changes is the loop's own.
  private let lists: [Int: ListVariable]
  private let programs = ShapeCache<Programs>(limit: 8)

  private struct Programs: Sendable {
    let planned: (condition: Planning.Planned, body: Planning.Planned)
    let isFixed: Bool
    var condition: LinearProgram { planned.condition.program }
    var body: LinearProgram { planned.body.program }
    var isSuperseded: Bool { condition.isSuperseded || body.isSuperseded }
  }

  /// How many loops are around this one in the plan.
  private let depth: Int
  /// The functions of the branches around it.
  private let path: Set<String>
  static let depthLimit = 512
  private let takesScalarsOnly: Bool

  static func isLoop(_ kernel: PreparedKernel) -> Bool {
    kernel.op.name == "While" || kernel.op.name == "StatelessWhile"
  }

  /// - Parameter inputs: the inputs' values where they are the same at every run.
  /// - Parameter takesScalarsOnly: whether a condition that is no scalar is refused, as where
  ///   TensorFlow lowers the loop.
  /// - Parameter lists: the inputs that are lists in one block of memory; with them the loop has to
  ///   have fixed programs.
  init(
    condition: ExecutionPlan, body: ExecutionPlan, inputs: [Tensor?], takesScalarsOnly: Bool,
    depth: Int, path: Set<String>,
    lists: [Int: ListVariable]
  ) {
    self.takesScalarsOnly = takesScalarsOnly
    self.condition = condition
    self.body = body
    self.depth = depth
    self.path = path
    invariant = body.fetches.indices.map { index in
      index < body.feeds.count && body.fetches[index] == body.feeds[index]
    }
    var constants: [Int: Tensor] = [:]
    for (index, input) in inputs.enumerated() where index < invariant.count && invariant[index] {
      if let input { constants[index] = input }
    }
    self.constants = constants
    given = lists
    let invariant = invariant
    self.lists = Dictionary(
      uniqueKeysWithValues: lists.map { index, variable in
        guard case .list(var planned) = variable, index < invariant.count, !invariant[index] else {
          return (index, variable)
        }
        planned.list.ownsMemory = true
        return (index, .list(planned))
      })
  }

  private init(_ loop: LoopStep, lists: [Int: ListVariable]) {
    condition = loop.condition
    body = loop.body
    constants = loop.constants
    invariant = loop.invariant
    given = loop.given
    self.lists = lists
    depth = loop.depth
    path = loop.path
    takesScalarsOnly = loop.takesScalarsOnly
  }

  // MARK: - Lists

  /// The same loop, knowing the elements that its body puts into lists that have none before.
  ///
  /// - Throws: `NotDense` when they can't be known ahead.
  func withElements(_ inputs: [Shape?], _ planning: Planning) throws -> LoopStep {
    guard !lists.isEmpty else { return self }
    guard !condition.hasFrames, !body.hasFrames, body.fetches.count == inputs.count,
      inputs.allSatisfy({ $0 != nil })
    else { throw refusal }
    var known = lists
    // One plan of the body tells of all.
    var fetched: [Int: DenseList]?
    for (index, variable) in lists {
      guard case .list(var planned) = variable, planned.list.element == nil, !invariant[index]
      else { continue }
      let told = try fetched ?? fetchedLists(inputs.compactMap { $0 }, planning)
      fetched = told
      planned.list.element = told[index]?.element
      guard planned.list.byteCount != nil else { throw refusal }
      known[index] = .list(planned)
    }
    return LoopStep(self, lists: known)
  }

  private func fetchedLists(_ shapes: [Shape], _ planning: Planning) throws -> [Int: DenseList] {
    do {
      return try planning.program(
        body, shapes, constants: constants, depth: depth + 1, path: path, variables: lists,
        isBody: true, old: nil
      ).program.layout.fetchedLists
    } catch let error where error is TFError || error is Planning.Postponed {
      try planning.cancellation.check()
      throw refusal
    }
  }

  private var refusal: NotDense { NotDense(origins: Set(given.values.map(\.origin))) }

  /// What a variable that was a list before the loop is after it.
  func variable(
    _ index: Int, after before: ListVariable?, _ versions: inout [PlannedList.Origin: Int]
  ) -> ListVariable? {
    guard case .list(let planned)? = lists[index], !invariant[index] else { return before }
    return .list(planned.next(&versions))
  }

  /// The memory of a list that the loop changes: a copy of what was given.
  private func memory(_ index: Int, _ input: Tensor) throws -> Tensor? {
    guard !invariant[index], case .list(let planned)? = lists[index],
      case .list(let before)? = given[index]
    else {
      return nil
    }
    let list = planned.list
    let memory = try Tensor.uninitialized(.uint8, list.memoryShape)
    let run =
      before.list.element == nil ? list.clear() : before.list.ownsMemory ? list.copy() : list.take()
    var pointers = before.list.element == nil ? [memory.pointer] : [input.pointer, memory.pointer]
    try pointers.withUnsafeMutableBufferPointer { try run($0.baseAddress!) }
    return memory
  }

  /// The variables' shapes after the loop, where they are the same as before it.
  func outputShapes(_ inputs: [Shape?], _ planning: Planning) throws -> [Shape?] {
    let unknown = [Shape?](repeating: nil, count: inputs.count)
    guard !condition.hasFrames, !body.hasFrames, inputs.allSatisfy({ $0 != nil }) else {
      return unknown
    }
    do {
      if try programs(for: inputs.compactMap { $0 }, planning).isFixed { return inputs }
      if !lists.isEmpty { throw refusal }
      return unknown
    } catch is NotDense {
      throw refusal
    } catch {
      if !lists.isEmpty { throw refusal }
      // What is wrong with the loop is found again when it runs.
      try planning.cancellation.check()
      return unknown
    }
  }

  func run(_ inputs: [Tensor], _ outer: ExecutionContext) throws -> [Tensor] {
    guard inputs.count == body.feeds.count, body.fetches.count == inputs.count,
      condition.feeds.count == inputs.count
    else {
      throw TFError.invalidArgument(
        """
        the loop has \(inputs.count) variables, its body takes \(body.feeds.count) and gives \
        \(body.fetches.count), its condition takes \(condition.feeds.count)
        """
      )
    }
    let execution = try outer.nested().with(functions: body.functions)
    var state = inputs
    var iterations = Iterations(execution.observer)
    if condition.hasFrames || body.hasFrames {
      while try goesOn(condition.run(state, execution)) {
        try execution.cancellation.check()
        state = try body.run(state, execution)
        iterations.next()
      }
      return state
    }
    var programs = try programs(for: state.map(\.dims), Planning(execution.cancellation))
    if programs.isFixed { return try runFixed(state, programs, execution) }
    while try goesOn(programs.condition.run(state, execution)) {
      try execution.cancellation.check()
      let next = try programs.body.run(state, execution)
      for index in next.indices where next[index].dtype != state[index].dtype {
        throw TFError.invalidArgument(
          """
          variable \(index) of the loop is \(state[index].dtype), its body gives \
          \(next[index].dtype)
          """
        )
      }
      state = next
      if programs.isSuperseded || !programs.body.fits(state) {
        programs = try self.programs(for: state.map(\.dims), Planning(execution.cancellation))
      }
      iterations.next()
    }
    return state
  }

  /// Tells an observer of each iteration, the condition before it included.
  private struct Iterations {
    private let observer: (any RunObserver)?
    private var start: UInt64
    private var number = 0

    init(_ observer: (any RunObserver)?) {
      self.observer = observer
      start = observer == nil ? 0 : RunEvent.now
    }

    @inline(__always)
    mutating func next() {
      guard let observer else { return }
      observer.record(
        RunEvent(.iteration, nodes: ["iteration \(number)"], op: "iteration", start: start))
      number += 1
      start = RunEvent.now
    }
  }

  private func goesOn(_ results: [Tensor]) throws -> Bool {
    try FunctionCalls.goesOn(results, scalar: takesScalarsOnly)
  }

  private func programs(for shapes: [Shape], _ planning: @autoclosure () -> Planning) throws
    -> Programs
  {
    try programs.value(for: shapes) {
      !$0.isSuperseded
    } make: { old, _ in
      let planning = planning()
      let condition = try planning.program(
        self.condition, shapes, constants: constants, depth: depth + 1, path: path,
        variables: lists, old: old?.planned.condition.learning)
      let body = try planning.program(
        self.body, shapes, constants: constants, depth: depth + 1, path: path, variables: lists,
        isBody: true, old: old?.planned.body.learning)
      return Programs(
        planned: (condition, body), isFixed: isFixed(condition.program, body.program, shapes))
    }
  }

  private func isFixed(_ condition: LinearProgram, _ body: LinearProgram, _ shapes: [Shape]) -> Bool
  {
    guard condition.layout.dynamic.isEmpty, body.layout.dynamic.isEmpty,
      condition.layout.fetches.count == 1, body.layout.fetches.count == shapes.count,
      self.condition.valueTypes[self.condition.fetches[0]] == .bool
    else { return false }
    for (index, fetch) in body.layout.fetches.enumerated() {
      let dtype = self.body.valueTypes[self.body.feeds[index]]
      guard lists[index] != nil || fetch.dtype == dtype else { return false }
      if invariant[index] { continue }
      if lists[index] != nil {
        // Changed in place.
        guard case .feed(index) = fetch.source else { return false }
        continue
      }
      guard dtype.isNumeric else { return false }
      let dims: Shape
      switch fetch.source {
      case .heap(let value): dims = fetch.dims ?? body.layout.heap[value].dims
      case .constant(let tensor): dims = tensor.dims
      case .feed(let feed):
        dims = fetch.dims ?? shapes[feed]
        guard self.body.valueTypes[self.body.feeds[feed]].isNumeric else { return false }
      case .slot, .arena: return false
      }
      guard dims == shapes[index] else { return false }
    }
    switch condition.layout.fetches[0].source {
    case .heap(let value): return condition.layout.heap[value].dims.rank == 0
    case .feed(let feed): return shapes[feed].rank == 0
    case .constant, .slot, .arena: return false
    }
  }

  // MARK: - Fixed loops

  /// One of the two halves between which an iteration goes to and fro.
  private struct Half {
    let condition: LinearProgram.RunState
    let body: LinearProgram.RunState
    let truth: UnsafeMutableRawPointer
    /// Values that the body does not compute but that have to be in the other half's buffers.
    let copies: [Copy]

    struct Copy {
      let from: UnsafeMutableRawPointer
      let to: UnsafeMutableRawPointer
      let bytes: Int
    }
  }

  private func runFixed(
    _ inputs: [Tensor], _ programs: Programs, _ execution: ExecutionContext
  ) throws -> [Tensor] {
    let (condition, body) = (programs.condition, programs.body)
    // Two values of each variable; those that do not change have one.
    var buffers: [[Tensor]] = [[], []]
    for (index, input) in inputs.enumerated() {
      if invariant[index] {
        buffers[0].append(input)
        buffers[1].append(input)
      } else if let memory = try memory(index, input) {
        buffers[0].append(memory)
        buffers[1].append(memory)
      } else {
        for half in 0..<2 {
          buffers[half].append(try Tensor.uninitialized(input.dtype, input.dims))
        }
        buffers[0][index].bytes.copyMemory(from: UnsafeRawBufferPointer(input.bytes))
      }
    }
    let halves = try (0..<2).map { try half($0, buffers, condition, body) }
    let current = try withExtendedLifetime((condition, body, halves)) {
      try halves[0].copies.withUnsafeBufferPointer { first in
        try halves[1].copies.withUnsafeBufferPointer { second in
          try iterate(
            (turn(halves[0], condition, body, first), turn(halves[1], condition, body, second)),
            execution)
        }
      }
    }
    for half in halves {
      half.condition.forgetHeap()
      half.body.forgetHeap()
      condition.giveBack(half.condition)
      body.giveBack(half.body)
    }
    return buffers[current]
  }

  /// What an iteration takes from a half.
  private struct Turn {
    let condition: LinearProgram.FixedRun
    let body: LinearProgram.FixedRun
    let truth: UnsafeMutableRawPointer
    let copies: UnsafeBufferPointer<Half.Copy>
  }

  private func turn(
    _ half: Half, _ condition: LinearProgram, _ body: LinearProgram,
    _ copies: UnsafeBufferPointer<Half.Copy>
  ) -> Turn {
    Turn(
      condition: condition.fixedRun(half.condition), body: body.fixedRun(half.body),
      truth: half.truth, copies: copies)
  }

  /// - Returns: the half that has the variables when the condition does not hold any more.
  private func iterate(_ turns: (Turn, Turn), _ execution: ExecutionContext) throws -> Int {
    let (cancellation, observer) = (execution.cancellation, execution.observer)
    var current = 0
    var iterations = 0
    var observed = Iterations(observer)
    while true {
      let turn = current == 0 ? turns.0 : turns.1
      try turn.condition(cancellation, observer)
      guard turn.truth.load(as: Bool.self) else { return current }
      try turn.body(cancellation, observer)
      for copy in turn.copies { copy.to.copyMemory(from: copy.from, byteCount: copy.bytes) }
      current ^= 1
      iterations &+= 1
      if iterations & 63 == 0 { try cancellation.check() }
      observed.next()
    }
  }

  private func half(
    _ index: Int, _ buffers: [[Tensor]], _ condition: LinearProgram, _ body: LinearProgram
  ) throws -> Half {
    let own = buffers[index]
    let other = buffers[index ^ 1]
    let conditionState = try condition.checkOut()
    let bodyState = try body.checkOut()
    condition.feed(own, conditionState)
    body.feed(own, bodyState)
    var truth: UnsafeMutableRawPointer
    switch condition.layout.fetches[0].source {
    case .feed(let feed): truth = own[feed].pointer
    default: truth = conditionState.arena
    }
    for (value, heap) in condition.layout.heap.enumerated() {
      let tensor = try Tensor.uninitialized(heap.dtype, heap.dims)
      condition.setHeap(value, tensor, conditionState)
      if case .heap(value) = condition.layout.fetches[0].source { truth = tensor.pointer }
    }
    // What the body computes goes straight to the other half's buffers, the first time it is
    // fetched.
    var copies: [Half.Copy] = []
    var homes: [Int: UnsafeMutableRawPointer] = [:]
    for (variable, fetch) in body.layout.fetches.enumerated()
    where !invariant[variable] && lists[variable] == nil {
      let target = other[variable]
      let bytes = target.bytes.count
      switch fetch.source {
      case .heap(let value):
        if let home = homes[value] {
          copies.append(Half.Copy(from: home, to: target.pointer, bytes: bytes))
        } else {
          homes[value] = target.pointer
          body.setHeap(value, target, bodyState)
        }
      case .feed(let feed):
        copies.append(Half.Copy(from: own[feed].pointer, to: target.pointer, bytes: bytes))
      case .constant(let tensor):
        copies.append(Half.Copy(from: tensor.pointer, to: target.pointer, bytes: bytes))
      case .slot, .arena: throw TFError.internal("a fixed loop has a dynamic value")
      }
    }
    for (value, heap) in body.layout.heap.enumerated() where homes[value] == nil {
      body.setHeap(value, try Tensor.uninitialized(heap.dtype, heap.dims), bodyState)
    }
    return Half(condition: conditionState, body: bodyState, truth: truth, copies: copies)
  }
}
