import CoreOps

/// Runs a plan with TF-1 control flow: Switch kills one branch, Merge passes on what lives, and
/// loops run in frames that give each iteration values of its own. Follows TensorFlow's executor,
/// node for node.
struct FrameExecutor {
  /// The values of one iteration of one frame.
  private final class Iteration {
    let number: Int
    var inputs: [Tensor?]
    /// Inputs that have not come yet, per node.
    var waiting: [Int32]
    var deadInputs: [Int32]
    var controlsDead: [Bool]
    var done: [Bool]
    var next: Iteration?
    /// Nodes that are queued, and loops that run inside.
    var outstanding = 0
    /// When it began, in observed runs.
    var start: UInt64 = 0

    init(_ number: Int, _ frame: FrameLayout.Frame) {
      self.number = number
      inputs = [Tensor?](repeating: nil, count: frame.inputCount)
      waiting = [Int32](repeating: -1, count: frame.nodeCount)
      deadInputs = [Int32](repeating: 0, count: frame.nodeCount)
      controlsDead = [Bool](repeating: false, count: frame.nodeCount)
      done = [Bool](repeating: false, count: frame.nodeCount)
    }
  }

  /// One running loop.
  private final class Frame {
    let layout: Int
    let parent: (frame: Frame, iteration: Iteration)?
    let depth: Int
    /// The earliest iteration that may still get something; later ones are linked to it.
    var first: Iteration
    /// Values that every iteration gets.
    var invariants: [(node: Int, value: Tensor?)] = []
    var enters = 0
    var liveExits: Set<Int> = []
    var isDone = false
    /// When it began, in observed runs.
    var start: UInt64 = 0

    init(
      _ layout: Int, _ first: Iteration, parent: (frame: Frame, iteration: Iteration)?, depth: Int
    ) {
      self.layout = layout
      self.first = first
      self.parent = parent
      self.depth = depth
    }
  }

  private struct Ready {
    let node: Int
    let frame: Frame
    let iteration: Iteration
    let isDead: Bool
  }

  private struct FrameKey: Hashable {
    let parent: ObjectIdentifier
    let iteration: Int
    let layout: Int
  }

  private let plan: ExecutionPlan
  private let layout: FrameLayout
  private let execution: ExecutionContext
  /// An op that waits for another to change a resource.
  private struct Waiting {
    let ready: Ready
    let inputs: [Tensor]
    let ticket = WaitTicket()
    /// Why it waited at the last attempt.
    var reason: WouldWait?
  }

  private var waiting: [Waiting] = []
  /// Sleeps until one of them can go on; made when one has to wait.
  private var waiter: Waiter?
  private var queue: [Ready] = []
  private var head = 0
  private var frames: [FrameKey: Frame] = [:]
  private var fetched: [Tensor?]
  private var caches: [LastSpecialisation?]
  private let observer: (any RunObserver)?
  /// What the node under way gave, in observed runs.
  private var given: [ValueSpec] = []

  init(plan: ExecutionPlan, execution: ExecutionContext) throws {
    self.plan = plan
    self.execution = execution
    observer = execution.observer
    layout = try plan.frameLayout()
    fetched = [Tensor?](repeating: nil, count: plan.fetches.count)
    caches = .init(repeating: nil, count: plan.nodes.count)
  }

  mutating func run(_ feeds: [Tensor]) throws -> [Tensor] {
    let first = Iteration(0, layout.frames[0])
    let root = Frame(0, first, parent: nil, depth: 0)
    for index in layout.sources {
      first.outstanding += 1
      queue.append(Ready(node: index, frame: root, iteration: first, isDead: false))
    }
    for (feed, tensor) in zip(layout.feedConsumers, feeds) {
      for edge in feed { arrive(edge, tensor, isDead: false, root, first) }
    }
    for (position, value) in plan.fetches.enumerated() {
      if let feed = plan.feeds.firstIndex(of: value) { fetched[position] = feeds[feed] }
    }
    var steps = 0
    repeat {
      while head < queue.count {
        let ready = queue[head]
        head += 1
        if head > 1024, head * 2 > queue.count {
          queue.removeFirst(head)
          head = 0
        }
        steps += 1
        if steps & 15 == 0 { try execution.cancellation.check() }
        if let observer { try observe(ready, observer) } else { try execute(ready) }
        ready.iteration.outstanding -= 1
        trim(ready.frame)
      }
    } while try resumeWaiting() || finishDeepestFrame()
    return try fetched.enumerated().map { position, tensor in
      guard let tensor else {
        throw TFError.invalidArgument("Retval[\(position)] does not have value")
      }
      return try tensor.dereferenced().settled()
    }
  }

  // MARK: - One node

  private mutating func observe(_ ready: Ready, _ observer: any RunObserver) throws {
    let info = layout.nodes[ready.node]
    let kernel = plan.nodes[ready.node].kernel
    let inputs = ready.iteration.inputs[info.inputBase..<info.inputBase + info.dataInputs]
      .map { $0.map { ValueSpec($0) } }
    given = []
    let start = RunEvent.now
    try execute(ready)
    // What is dead only passes that on.
    if ready.isDead { return }
    let frame = layout.frames[info.frame]
    observer.record(
      RunEvent(
        .step, nodes: StepOrigin.nodes(kernel), op: kernel.op.name, start: start,
        inputs: inputs.compactMap { $0 }, outputs: given,
        frame: info.frame == 0 ? nil : (frame.name, ready.iteration.number)))
  }

  private mutating func execute(_ ready: Ready) throws {
    let info = layout.nodes[ready.node]
    let node = plan.nodes[ready.node]
    let inputs = info.inputBase..<info.inputBase + info.dataInputs
    if !ready.isDead, plan.handsOnReferences { try readReferences(node.kernel, ready, inputs) }
    switch info.kind {
    case .noOp:
      deliver(ready, [], isDead: ready.isDead)
    case .merge:
      guard !ready.isDead, let live = inputs.first(where: { ready.iteration.inputs[$0] != nil })
      else {
        deliver(ready, [nil, nil], isDead: true)
        break
      }
      let index = try Tensor(scalar: Int32(live - inputs.lowerBound))
      deliver(ready, [ready.iteration.inputs[live], index], isDead: false)
    case .switch:
      guard !ready.isDead, let data = ready.iteration.inputs[inputs.lowerBound],
        let predicate = ready.iteration.inputs[inputs.lowerBound + 1]
      else {
        deliver(ready, [nil, nil], isDead: true)
        break
      }
      guard predicate.dtype == .bool, predicate.dims.rank == 0 else {
        throw TFError.invalidArgument(
          "The second input must be a scalar, but it has shape \(predicate.dims)"
        )
        .at(node: node.kernel.node, op: node.kernel.op.name)
      }
      let yes = predicate.elements(Bool.self)[0]
      deliver(ready, yes ? [nil, data] : [data, nil], isDead: false)
    case .loopCond:
      deliver(
        ready, [ready.isDead ? nil : ready.iteration.inputs[inputs.lowerBound]],
        isDead: ready.isDead)
    case .enter(let child, let isConstant):
      enter(
        ready, child, isConstant, ready.isDead ? nil : ready.iteration.inputs[inputs.lowerBound])
    case .exit:
      guard !ready.isDead else { break }
      ready.frame.liveExits.insert(ready.node)
      if let parent = ready.frame.parent {
        let value = ready.iteration.inputs[inputs.lowerBound]
        send(ready.node, [value], isDead: false, parent.frame, parent.iteration)
      }
    case .nextIteration:
      guard !ready.isDead else { break }
      let next = iteration(after: ready.iteration, of: ready.frame)
      send(
        ready.node, [ready.iteration.inputs[inputs.lowerBound]], isDead: false, ready.frame, next)
    case .kernel:
      guard !ready.isDead else {
        deliver(
          ready, [Tensor?](repeating: nil, count: node.kernel.outputTypes.count), isDead: true)
        break
      }
      var values: [Tensor] = []
      do {
        for (offset, position) in inputs.enumerated() {
          guard let tensor = ready.iteration.inputs[position] else {
            throw TFError.internal("input \(offset) has no value")
          }
          values.append(tensor)
        }
        for position in inputs { ready.iteration.inputs[position] = nil }
        if node.kernel.op.mayWait {
          ready.iteration.outstanding += 1
          var own = Waiting(ready: ready, inputs: values)
          if try !attempt(&own) { waiting.append(own) }
          return
        }
        let outputs = try node.kernel.run(values, execution, keeping: &caches[ready.node])
        deliver(ready, outputs.map { $0 }, isDead: false)
      } catch let error as TFError {
        throw error.at(node: node.kernel.node, op: node.kernel.op.name)
      }
    }
  }

  // MARK: - Waiting

  /// - Returns: false when the op still has to wait.
  private mutating func attempt(_ own: inout Waiting) throws -> Bool {
    let kernel = plan.nodes[own.ready.node].kernel
    do {
      let outputs = try kernel.attempt(own.inputs, execution, own.ticket)
      deliver(own.ready, outputs.map { $0 }, isDead: false)
    } catch let reason as WouldWait {
      own.reason = reason
      return false
    }
    own.ready.iteration.outstanding -= 1
    trim(own.ready.frame)
    return true
  }

  /// When nothing else can be done: waits until one of the ops that wait goes on.
  ///
  /// - Returns: false when none waits.
  private mutating func resumeWaiting() throws -> Bool {
    while !waiting.isEmpty {
      let waiter = self.waiter ?? Waiter(execution.resources.activity)
      self.waiter = waiter
      let wakes = waiter.wakes
      let before = waiting
      waiting = []
      for var own in before {
        own.ticket.call.wakes(waiter)
        if try !attempt(&own) { waiting.append(own) }
      }
      if waiting.count < before.count { return true }
      guard let first = waiting.first, let own = first.reason else { return true }
      let deadline = waiting.compactMap { $0.reason?.deadline }.filter { $0 != 0 }.min()
      let reason = WouldWait(own.operation, until: deadline ?? 0)
      let kernel = plan.nodes[first.ready.node].kernel
      do {
        try waiter.wait(after: wakes, execution.cancellation, reason)
      } catch let error as TFError {
        throw error.at(node: kernel.node, op: kernel.op.name)
      }
    }
    return false
  }

  /// Puts the values of variables in place of references to them, but for inputs that take the
  /// variable itself.
  private func readReferences(_ kernel: PreparedKernel, _ ready: Ready, _ inputs: Range<Int>) throws
  {
    for (offset, position) in inputs.enumerated() where !kernel.refInputs[offset] {
      do {
        ready.iteration.inputs[position] = try ready.iteration.inputs[position]?.dereferenced()
      } catch let error as TFError {
        throw error.at(node: kernel.node, op: kernel.op.name)
      }
    }
  }

  private mutating func deliver(_ ready: Ready, _ outputs: [Tensor?], isDead: Bool) {
    send(ready.node, outputs, isDead: isDead, ready.frame, ready.iteration)
  }

  /// Hands outputs to their consumers in an iteration. An output that is nil is dead.
  private mutating func send(
    _ node: Int, _ outputs: [Tensor?], isDead: Bool, _ frame: Frame, _ iteration: Iteration
  ) {
    let info = layout.nodes[node]
    if observer != nil { given = outputs.compactMap { $0.map { ValueSpec($0) } } }
    for (offset, value) in outputs.enumerated() {
      for edge in info.consumers[offset] {
        arrive(edge, value, isDead: value == nil, frame, iteration)
      }
    }
    for edge in info.consumers[info.consumers.count - 1] {
      arrive(edge, nil, isDead: isDead, frame, iteration)
    }
    if let fetches = layout.fetched[node], frame.depth == 0 {
      for (output, position) in fetches where output < outputs.count {
        if let value = outputs[output] { fetched[position] = value }
      }
    }
  }

  private mutating func arrive(
    _ edge: FrameLayout.Edge, _ value: Tensor?, isDead: Bool, _ frame: Frame, _ iteration: Iteration
  ) {
    let info = layout.nodes[edge.node]
    let position = info.position
    guard !iteration.done[position] else { return }
    if iteration.waiting[position] < 0 {
      iteration.waiting[position] = Int32(info.dataInputs + info.controlInputs)
      if case .merge = info.kind, iteration.number == 0, info.enterInputs > 0 {
        // The back edge does not come in the first iteration, the entering edge in no other.
        iteration.deadInputs[position] = Int32(info.backInputs)
        iteration.waiting[position] -= Int32(info.backInputs)
      } else if case .merge = info.kind, iteration.number > 0, info.backInputs > 0 {
        iteration.deadInputs[position] = Int32(info.enterInputs)
        iteration.waiting[position] -= Int32(info.enterInputs)
      }
    }
    iteration.waiting[position] -= 1
    if let input = edge.input {
      if isDead {
        iteration.deadInputs[position] += 1
      } else {
        iteration.inputs[info.inputBase + input] = value
      }
    } else if isDead {
      iteration.controlsDead[position] = true
    }
    var isReady = iteration.waiting[position] == 0
    var nodeDead = iteration.controlsDead[position]
    if case .merge = info.kind {
      let allDead = Int(iteration.deadInputs[position]) == info.dataInputs
      nodeDead = nodeDead || allDead
      // A live input is enough, once the control edges have come.
      let live = edge.input != nil && !isDead
      if live || !isReady {
        let inputs = info.inputBase..<info.inputBase + info.dataInputs
        let arrived =
          inputs.count { iteration.inputs[$0] != nil } + Int(iteration.deadInputs[position])
        let dataWaiting = info.dataInputs - arrived
        let controlsWaiting = Int(iteration.waiting[position]) - dataWaiting
        isReady = controlsWaiting == 0 && inputs.contains { iteration.inputs[$0] != nil }
      }
    } else {
      nodeDead = nodeDead || iteration.deadInputs[position] > 0
    }
    if isReady {
      iteration.done[position] = true
      iteration.outstanding += 1
      queue.append(Ready(node: edge.node, frame: frame, iteration: iteration, isDead: nodeDead))
    }
  }

  // MARK: - Frames

  private mutating func enter(_ ready: Ready, _ child: Int, _ isConstant: Bool, _ value: Tensor?) {
    let key = FrameKey(
      parent: ObjectIdentifier(ready.frame), iteration: ready.iteration.number, layout: child)
    let frame: Frame
    if let existing = frames[key] {
      frame = existing
    } else {
      frame = Frame(
        child, Iteration(0, layout.frames[child]), parent: (ready.frame, ready.iteration),
        depth: ready.frame.depth + 1)
      ready.iteration.outstanding += 1
      frames[key] = frame
      if observer != nil {
        frame.start = RunEvent.now
        frame.first.start = frame.start
      }
    }
    frame.enters += 1
    guard isConstant else {
      send(ready.node, [value], isDead: value == nil, frame, frame.first)
      return
    }
    frame.invariants.append((ready.node, value))
    var iteration: Iteration? = frame.first
    while let current = iteration {
      send(ready.node, [value], isDead: value == nil, frame, current)
      iteration = current.next
    }
  }

  private mutating func iteration(after iteration: Iteration, of frame: Frame) -> Iteration {
    if let existing = iteration.next { return existing }
    let made = Iteration(iteration.number + 1, layout.frames[frame.layout])
    iteration.next = made
    if observer != nil { made.start = RunEvent.now }
    for (node, value) in frame.invariants {
      send(node, [value], isDead: value == nil, frame, made)
    }
    return made
  }

  /// Lets go of iterations to which nothing can come any more.
  private func trim(_ frame: Frame) {
    guard frame.depth > 0, frame.enters == layout.frames[frame.layout].enters else { return }
    while frame.first.outstanding == 0, let next = frame.first.next {
      recordEnd(of: frame.first, in: frame)
      frame.first = next
    }
  }

  private func recordEnd(of iteration: Iteration, in frame: Frame) {
    guard let observer else { return }
    let name = layout.frames[frame.layout].name
    observer.record(
      RunEvent(
        .iteration, nodes: ["\(name) \(iteration.number)"], op: "iteration", start: iteration.start,
        frame: (name, iteration.number)))
  }

  /// Ends a loop that has come to rest: exits that gave nothing are dead. False when there is none
  /// left.
  private mutating func finishDeepestFrame() -> Bool {
    guard
      let (key, frame) = frames.filter({ !$0.value.isDone }).max(by: {
        $0.value.depth < $1.value.depth
      })
    else { return false }
    frame.isDone = true
    frames[key] = nil
    if let observer {
      var iteration: Iteration? = frame.first
      while let current = iteration {
        recordEnd(of: current, in: frame)
        iteration = current.next
      }
      let name = layout.frames[frame.layout].name
      observer.record(
        RunEvent(
          .frame, nodes: [name], op: "frame", start: frame.start, frame: (name, frame.first.number))
      )
    }
    if let parent = frame.parent {
      parent.iteration.outstanding -= 1
      for exit in layout.frames[frame.layout].exits where !frame.liveExits.contains(exit) {
        send(exit, [nil], isDead: true, parent.frame, parent.iteration)
      }
    }
    return true
  }
}
