import CoreOps
import Glibc
import Synchronization

/// A plan made concrete for the shapes of its feeds: steps in order, most of them a call with
/// addresses fixed ahead.
final class LinearProgram: Sendable {
  /// Where a step or the caller finds a whole tensor.
  enum Source: Sendable {
    case constant(Tensor)
    case feed(Int)
    /// A buffer of its own, made in each run.
    case heap(Int)
    /// What a dynamic step gave.
    case slot(Int)
    /// In the memory of the run, where it stays for some steps only.
    case arena(offset: Int)
  }

  /// A source under the dtype and the shape in which it is used; nil for the shape it has.
  struct Operand: Sendable {
    let source: Source
    let dtype: DType
    let dims: Shape?
  }

  /// A call of a specialised kernel.
  struct StaticStep: Sendable {
    let run: Run
    /// Where its addresses begin in the table.
    let base: Int
    /// The call of a C loop, if it is one: running it then counts no references.
    let call: DirectLoop.Call?
    /// What keeps the call's arguments.
    private let direct: DirectLoop?
    /// What a status of the call that is not 0 means.
    let failure: (@Sendable (Int32) -> TFError)?

    init(_ spec: RunSpec, base: Int) {
      run = spec.run
      self.base = base
      direct = spec.direct
      call = spec.direct?.call
      failure = spec.elementwise?.failure
    }
  }

  struct DynamicStep: Sendable {
    let kernel: PreparedKernel
    /// What runs in place of the kernel.
    let call: (any PlannedCall)?
    let operands: [Operand]
    let outputs: [Output]
    /// Where its own cached specialisation is kept in a run's state.
    let cache: Int
    let releases: [Int]
    /// Its position in the plan.
    let node: Int
    /// What the rest of the plan needs when an assumed shape is wrong.
    let kept: [(value: Int, operand: Operand)]

    struct Output: Sendable {
      let value: Int
      let slot: Int
      /// The shape that steps after it rely on.
      let expected: Shape?
      /// Whether earlier runs alone speak for that shape.
      let isAssumed: Bool
      /// Where in the table its address goes.
      let positions: [Int]
    }
  }

  enum Segment: Sendable {
    case fixed(Range<Int>)
    case dynamic(Int)
    /// Makes the buffer of a heap value.
    case allocate(Int)
    /// Drops a heap value that no one needs any more.
    case release(Int)
  }

  struct HeapValue: Sendable {
    let dtype: DType
    let dims: Shape
    let positions: [Int]
  }

  struct Layout: Sendable {
    var feedShapes: [Shape] = []
    var segments: [Segment] = []
    var fixed: [StaticStep] = []
    /// The nodes behind the fixed steps, for errors and traces.
    var origins: [StepOrigin] = []
    /// What is known of each value, and of those that the program computes, for traces.
    var valueSpecs: [ValueSpec] = []
    var computedSpecs: [ValueSpec] = []
    var dynamic: [DynamicStep] = []
    var tableSize = 0
    var arenaBytes = 0
    var arenaPositions: [(position: Int, offset: Int)] = []
    var constants: [(position: Int, tensor: Tensor)] = []
    var feedPositions: [[Int]] = []
    var heap: [HeapValue] = []
    var slotCount = 0
    var fetches: [Operand] = []
    /// The fetches that are lists in one block of memory.
    var fetchedLists: [Int: DenseList] = [:]
  }

  /// Without the fixed steps.
  let layout: Layout
  /// The fixed steps, where reading one takes no part in an array.
  private let steps: Steps
  private let states = Lock<[RunState]>([])

  /// Memory that the layout itself is counted with.
  private let byteCount: Int

  /// Has the plan for the nodes that are left when an assumption is wrong. It keeps its programs,
  /// so they must not keep it; whoever runs one holds the plan.
  private unowned let plan: ExecutionPlan
  /// To be told of shapes that no rule infers; nil for a program that relies on what was told.
  private let learning: ShapeLearning?
  private let refuting: ShapeLearning?
  private let superseded = Atomic(false)
  /// Whether it was made for few runs, and how many it has had.
  let isBrief: Bool
  private let runs = Atomic(0)
  /// Runs after which a program that was made for few is made again for many.
  private static let manyRuns = 64

  /// Whether there is reason to make a new program for the same shapes.
  var isSuperseded: Bool { superseded.load(ordering: .relaxed) }

  /// - Throws: `RESOURCE_EXHAUSTED` when there is no memory for it.
  init(
    _ layout: Layout, _ plan: ExecutionPlan, _ learning: ShapeLearning?, refuting: ShapeLearning?,
    isBrief: Bool
  ) throws {
    self.isBrief = isBrief
    self.plan = plan
    self.refuting = refuting
    let isOpen = layout.dynamic.contains { step in
      step.outputs.contains { $0.expected == nil && plan.valueTypes[$0.value].isNumeric }
    }
    self.learning = isOpen ? learning : nil
    byteCount = (layout.fixed.count &+ layout.dynamic.count) &* 512 &+ layout.tableSize &* 24
    try MemoryLimit.take(byteCount)
    steps = Steps(layout.fixed)
    var layout = layout
    layout.fixed = []
    self.layout = layout
  }

  deinit { MemoryLimit.giveBack(byteCount) }

  /// Constant after it is made.
  private final class Steps: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<StaticStep>
    let count: Int

    init(_ steps: [StaticStep]) {
      count = steps.count
      pointer = .allocate(capacity: max(count, 1))
      for (index, step) in steps.enumerated() { (pointer + index).initialize(to: step) }
    }

    deinit {
      pointer.deinitialize(count: count)
      pointer.deallocate()
    }
  }

  func fits(_ feeds: [Tensor]) -> Bool {
    for index in feeds.indices where layout.feedShapes[index] != feeds[index].dims { return false }
    return !isSuperseded
  }

  /// The memory of one run at a time, used again by later runs.
  final class RunState: @unchecked Sendable {
    let table: Pointers
    let arena: UnsafeMutableRawPointer
    var heap: [Tensor?]
    var slots: [Tensor?]
    var caches: [LastSpecialisation?]
    /// Shapes of this run that no rule inferred.
    var seen: [(value: Int, shape: Shape)] = []
    private let arenaBytes: Int
    /// Whose steps it is for; nil while it lies with the program.
    private var owner: LinearProgram?

    /// Whether every thread may have one.
    var isSmall: Bool { arenaBytes < 1 << 18 }

    func fits(_ feeds: [Tensor]) -> Bool { owner?.fits(feeds) ?? false }

    /// Runs the program once.
    func run(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
      guard let owner else { throw TFError.internal("the memory of a run is in no one's hands") }
      return try owner.run(feeds, execution, self)
    }

    fileprivate func belong(to program: LinearProgram?) { owner = program }

    /// Lays it with its program.
    func giveBack() { owner?.giveBack(self) }

    init(_ layout: Layout) throws {
      arenaBytes = layout.arenaBytes
      try MemoryLimit.take(arenaBytes)
      guard let memory = aligned_alloc(64, max(64, (arenaBytes + 63) & ~63)) else {
        MemoryLimit.giveBack(arenaBytes)
        throw TFError.resourceExhausted("OOM when allocating \(arenaBytes) bytes for a plan")
      }
      arena = memory
      table = .allocate(capacity: max(layout.tableSize, 1))
      table.initialize(repeating: memory, count: max(layout.tableSize, 1))
      heap = [Tensor?](repeating: nil, count: layout.heap.count)
      slots = [Tensor?](repeating: nil, count: layout.slotCount)
      caches = [LastSpecialisation?](repeating: nil, count: layout.dynamic.count)
      for (position, offset) in layout.arenaPositions { table[position] = memory + offset }
      for (position, tensor) in layout.constants { table[position] = tensor.pointer }
    }

    /// Lets go of the values; the memory stays.
    func forgetHeap() {
      for index in heap.indices { heap[index] = nil }
    }

    deinit {
      table.deallocate()
      free(arena)
      MemoryLimit.giveBack(arenaBytes)
    }
  }

  func checkOut() throws -> RunState {
    let state = try states.withLock { $0.popLast() } ?? RunState(layout)
    state.belong(to: self)
    return state
  }

  func giveBack(_ state: RunState) {
    state.belong(to: nil)
    states.withLock { $0.append(state) }
  }

  func run(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let state = try checkOut()
    // A state that failed half-way still holds values: it is not used again.
    let outputs = try run(feeds, execution, state)
    giveBack(state)
    return outputs
  }

  private func run(_ feeds: [Tensor], _ execution: ExecutionContext, _ state: RunState) throws
    -> [Tensor]
  {
    feed(feeds, state)
    if learning != nil { state.seen.removeAll(keepingCapacity: true) }
    for segment in layout.segments {
      switch segment {
      case .fixed(let range):
        try runFixed(range, state.table, execution.cancellation, execution.observer)
      case .allocate(let index):
        let value = layout.heap[index]
        let tensor = Tensor(
          dtype: value.dtype, dims: value.dims,
          buffer: try Buffer(byteCount: value.dims.elementCount &* value.dtype.byteSize))
        setHeap(index, tensor, state)
      case .release(let index): state.heap[index] = nil
      case .dynamic(let index):
        if try !runDynamic(index, feeds, execution, state) {
          return try runRest(after: layout.dynamic[index], feeds, execution, state)
        }
      }
    }
    if isBrief, runs.add(1, ordering: .relaxed).newValue == Self.manyRuns {
      superseded.store(true, ordering: .relaxed)
    }
    if let learning, learning.record(state.seen) { superseded.store(true, ordering: .relaxed) }
    var outputs: [Tensor] = []
    outputs.reserveCapacity(layout.fetches.count)
    for fetch in layout.fetches {
      outputs.append(try value(fetch, feeds, state).dereferenced().settled())
    }
    forget(state)
    withExtendedLifetime(feeds) {}
    return outputs
  }

  private func forget(_ state: RunState) {
    state.forgetHeap()
    for index in state.slots.indices { state.slots[index] = nil }
  }

  /// Runs the nodes after a step whose outputs do not have the shapes that were assumed, by a plan
  /// of their own.
  private func runRest(
    after step: DynamicStep, _ feeds: [Tensor], _ execution: ExecutionContext, _ state: RunState
  ) throws -> [Tensor] {
    for output in step.outputs where output.isAssumed {
      if state.slots[output.slot]?.dims != output.expected { refuting?.refute(output.value) }
    }
    superseded.store(true, ordering: .relaxed)
    let values = try step.kept.map { try value($0.operand, feeds, state) }
    forget(state)
    return try plan.rest(after: step.node, from: step.kept.map(\.value)).run(values, execution)
  }

  /// Tells the steps where the fed values are.
  func feed(_ feeds: [Tensor], _ state: RunState) {
    for index in feeds.indices {
      let positions = layout.feedPositions[index]
      if !positions.isEmpty {
        let address = feeds[index].pointer
        for position in positions { state.table[position] = address }
      }
    }
  }

  /// Gives a heap value its buffer.
  func setHeap(_ index: Int, _ tensor: Tensor, _ state: RunState) {
    let address = tensor.pointer
    for position in layout.heap[index].positions { state.table[position] = address }
    state.heap[index] = tensor
  }

  @inline(__always)
  private func runFixed(
    _ range: Range<Int>, _ table: Pointers, _ cancellation: Cancellation,
    _ observer: (any RunObserver)?
  ) throws {
    if let observer { return try runObserved(range, table, cancellation, observer) }
    try runPlain(range, table, steps.pointer, cancellation)
  }

  @inline(__always)
  private func runPlain(
    _ range: Range<Int>, _ table: Pointers, _ steps: UnsafeMutablePointer<StaticStep>,
    _ cancellation: Cancellation
  ) throws {
    var index = range.lowerBound
    do {
      while index < range.upperBound {
        let step = steps + index
        if let call = step.pointee.call {
          let status = call(table + step.pointee.base)
          if status != 0 { throw failure(of: index, status) }
        } else {
          try step.pointee.run(table + step.pointee.base)
        }
        if cancellation.endedKernel { try cancellation.check() }
        index &+= 1
        if index & 31 == 0 { try cancellation.check() }
      }
    } catch let error as TFError {
      throw layout.origins[min(index, range.upperBound - 1)].place(error)
    }
  }

  @inline(never)
  private func failure(of step: Int, _ status: Int32) -> TFError {
    steps.pointer[step].failure?(status)
      ?? .internal("a loop without a meaning for its status gave \(status)")
  }

  /// The same, telling of each step.
  private func runObserved(
    _ range: Range<Int>, _ table: Pointers, _ cancellation: Cancellation,
    _ observer: any RunObserver
  ) throws {
    for index in range {
      let origin = layout.origins[index]
      let start = RunEvent.now
      do {
        try steps.pointer[index].run(table + steps.pointer[index].base)
        try cancellation.check()
      } catch let error as TFError {
        throw origin.place(error)
      }
      observer.record(
        RunEvent(
          .step, nodes: origin.nodes, op: origin.op, start: start,
          inputs: origin.inputs.map { layout.valueSpecs[$0] },
          outputs: origin.outputs.map { layout.computedSpecs[$0] }))
    }
  }

  /// What a loop runs of a program that has fixed steps only: its steps, between the addresses of a
  /// run's state.
  ///
  /// It counts no references; the program and the state have to stay.
  struct FixedRun {
    fileprivate unowned(unsafe) let program: LinearProgram
    fileprivate let steps: UnsafeMutablePointer<StaticStep>
    fileprivate let count: Int
    fileprivate let table: Pointers

    @inline(__always)
    func callAsFunction(_ cancellation: Cancellation, _ observer: (any RunObserver)?) throws {
      if observer == nil {
        try program.runPlain(0..<count, table, steps, cancellation)
      } else {
        try program.runFixed(0..<count, table, cancellation, observer)
      }
    }
  }

  func fixedRun(_ state: RunState) -> FixedRun {
    FixedRun(program: self, steps: steps.pointer, count: steps.count, table: state.table)
  }

  private func value(_ operand: Operand, _ feeds: [Tensor], _ state: RunState) throws -> Tensor {
    let tensor: Tensor? =
      switch operand.source {
      case .constant(let tensor): tensor
      case .feed(let index): feeds[index]
      case .heap(let index): state.heap[index]
      case .slot(let index): state.slots[index]
      case .arena(let offset): try copied(operand, from: state.arena + offset)
      }
    guard let tensor else { throw TFError.internal("a value is used before it is made") }
    guard let dims = operand.dims else { return tensor }
    return Tensor(dtype: operand.dtype, dims: dims, payload: tensor.payload)
  }

  private func copied(_ operand: Operand, from source: UnsafeRawPointer) throws -> Tensor {
    let tensor = try Tensor.uninitialized(operand.dtype, operand.dims ?? Shape())
    tensor.pointer.copyMemory(
      from: source, byteCount: tensor.dims.elementCount * operand.dtype.byteSize)
    return tensor
  }

  /// - Returns: false when an output does not have the shape that was assumed.
  private func runDynamic(
    _ index: Int, _ feeds: [Tensor], _ execution: ExecutionContext, _ state: RunState
  ) throws -> Bool {
    let step = layout.dynamic[index]
    let kernel = step.kernel
    try execution.cancellation.check()
    let start = execution.observer == nil ? 0 : RunEvent.now
    do {
      var inputs: [Tensor] = []
      inputs.reserveCapacity(step.operands.count)
      for (position, operand) in step.operands.enumerated() {
        let tensor = try value(operand, feeds, state)
        inputs.append(kernel.refInputs[position] ? tensor : try tensor.dereferenced())
      }
      for slot in step.releases { state.slots[slot] = nil }
      let specs = execution.observer == nil ? [] : inputs.map { ValueSpec($0) }
      let outputs: [Tensor]
      if let call = step.call {
        outputs = try call.run(inputs, execution)
      } else {
        outputs = try kernel.run(inputs, execution, keeping: &state.caches[index])
      }
      guard outputs.count == step.outputs.count else {
        throw TFError.internal(
          "the kernel gave \(outputs.count) outputs, \(step.outputs.count) expected")
      }
      var asAssumed = true
      for (output, tensor) in zip(step.outputs, outputs) {
        state.slots[output.slot] = tensor
        if let expected = output.expected {
          guard tensor.dims == expected else {
            if output.isAssumed {
              asAssumed = false
              continue
            }
            throw TFError.invalidArgument(
              "output has shape \(tensor.dims), inferred was \(expected)")
          }
          if !output.positions.isEmpty {
            let address = tensor.pointer
            for position in output.positions { state.table[position] = address }
          }
        } else if learning != nil, tensor.dtype.isNumeric {
          state.seen.append((output.value, tensor.dims))
        }
      }
      execution.observer?.record(
        RunEvent(
          .step, nodes: StepOrigin.nodes(kernel), op: kernel.op.name, start: start, inputs: specs,
          outputs: outputs.map { ValueSpec($0) }))
      return asAssumed
    } catch let error as TFError {
      throw error.at(node: kernel.node, op: kernel.op.name)
    }
  }
}
