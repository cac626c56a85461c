import CoreOps

/// What is fixed about running a plan with TF-1 control flow: each node's frame, how many inputs it
/// waits for, and who takes its outputs.
struct FrameLayout: Sendable {
  enum Kind: Sendable {
    case kernel, noOp, `switch`, merge, loopCond, exit, nextIteration
    /// The child frame's number, and whether every iteration gets the value.
    case enter(frame: Int, isConstant: Bool)
  }

  struct Edge: Sendable {
    let node: Int
    /// The data input; nil for a control edge.
    let input: Int?
  }

  struct NodeInfo: Sendable {
    var kind: Kind
    var frame = 0
    /// Where its inputs and counters are in an iteration's state.
    var inputBase = 0
    var position = 0
    var dataInputs = 0
    var controlInputs = 0
    /// Of a Merge: inputs that come only in the first iteration, and only in later ones.
    var enterInputs = 0
    var backInputs = 0
    /// Per output, and last the control edges.
    var consumers: [[Edge]] = []
  }

  struct Frame: Sendable {
    let name: String
    let parent: Int
    var nodeCount = 0
    var inputCount = 0
    var exits: [Int] = []
    /// How many Enter nodes lead into it.
    var enters = 0
  }

  private(set) var nodes: [NodeInfo] = []
  private(set) var frames = [Frame(name: "", parent: 0)]
  /// Per feed, who takes its value.
  private(set) var feedConsumers: [[Edge]]
  /// Nodes that wait for nothing.
  private(set) var sources: [Int] = []
  /// The fetches that each node gives: output index and position among the fetches.
  private(set) var fetched: [Int: [(output: Int, fetch: Int)]] = [:]

  /// - Throws: `INVALID_ARGUMENT` when a node has inputs from frames that do not fit together.
  init(_ plan: ExecutionPlan) throws {
    var producer: [Int: (node: Int, output: Int)] = [:]
    for (index, node) in plan.nodes.enumerated() {
      for (offset, value) in node.outputs.enumerated() { producer[value] = (index, offset) }
    }
    let feeds = Dictionary(uniqueKeysWithValues: plan.feeds.enumerated().map { ($1, $0) })
    feedConsumers = [[Edge]](repeating: [], count: plan.feeds.count)
    nodes = try plan.nodes.map { node in
      var info = NodeInfo(kind: try Self.kind(node.kernel))
      info.dataInputs = node.inputs.count
      info.controlInputs = node.controls.count
      info.consumers = [[Edge]](repeating: [], count: node.kernel.outputTypes.count + 1)
      return info
    }
    let frameOfOutputs = try assignFrames(plan, producer)
    for (index, node) in plan.nodes.enumerated() {
      for (input, value) in node.inputs.enumerated() {
        if let feed = feeds[value] {
          feedConsumers[feed].append(Edge(node: index, input: input))
          nodes[index].enterInputs += isMerge(index) ? 1 : 0
        } else if let source = producer[value] {
          // Back edges come from nodes that had no frame yet when their consumer got one.
          guard frameOfOutputs[source.node] == nodes[index].frame else {
            throw framesDiffer(node.kernel, frameOfOutputs[source.node], nodes[index].frame)
          }
          nodes[source.node].consumers[source.output].append(Edge(node: index, input: input))
          if isMerge(index) {
            if case .nextIteration = nodes[source.node].kind {
              nodes[index].backInputs += 1
            } else {
              nodes[index].enterInputs += 1
            }
          }
        } else {
          throw TFError.internal("an input of \(node.kernel.node) is not planned")
        }
      }
      for control in node.controls {
        nodes[control].consumers[nodes[control].consumers.count - 1].append(
          Edge(node: index, input: nil))
      }
      if node.inputs.isEmpty, node.controls.isEmpty { sources.append(index) }
    }
    for (position, value) in plan.fetches.enumerated() {
      if let source = producer[value] {
        fetched[source.node, default: []].append((source.output, position))
      }
    }
  }

  private func isMerge(_ index: Int) -> Bool {
    if case .merge = nodes[index].kind { return true }
    return false
  }

  private static func kind(_ kernel: PreparedKernel) throws -> Kind {
    guard case .executor(let primitive) = kernel.body else { return .kernel }
    switch primitive {
    case .switch: return .switch
    case .merge: return .merge
    case .loopCond: return .loopCond
    case .exit: return .exit
    case .nextIteration: return .nextIteration
    case .noOp, .feed, .fetch: return .noOp
    case .enter:
      guard case .bool(let isConstant) = kernel.attrs["is_constant"] ?? .bool(false) else {
        throw TFError.invalidArgument("attr 'is_constant' is not a bool").at(
          node: kernel.node, op: kernel.op.name)
      }
      return .enter(frame: -1, isConstant: isConstant)
    }
  }

  private mutating func assignFrames(
    _ plan: ExecutionPlan, _ producer: [Int: (node: Int, output: Int)]
  ) throws -> [Int] {
    var childFrames: [String: Int] = [:]
    /// The frame in which a node's outputs are.
    var outer = [Int](repeating: 0, count: nodes.count)
    for (index, node) in plan.nodes.enumerated() {
      var frame: Int?
      // Back edges come from nodes not yet seen, and fed inputs are in the outermost frame.
      let sources = node.inputs.compactMap { producer[$0]?.node } + node.controls
      for source in sources where source < index {
        let from = outer[source]
        if let frame, frame != from {
          // Constants without inputs belong to whatever frame uses them only through control edges.
          throw framesDiffer(node.kernel, frame, from)
        }
        frame = from
      }
      if frame != nil, frame != 0, node.inputs.contains(where: { producer[$0] == nil }) {
        throw TFError.invalidArgument(
          "a fed value enters frame '\(frames[frame!].name)' without an Enter node"
        )
        .at(node: node.kernel.node, op: node.kernel.op.name)
      }
      let own = frame ?? 0
      nodes[index].frame = own
      outer[index] = own
      switch nodes[index].kind {
      case .enter(_, let isConstant):
        guard case .bytes(let bytes)? = node.kernel.attrs["frame_name"] else {
          throw TFError.invalidArgument("attr 'frame_name' is missing").at(
            node: node.kernel.node, op: node.kernel.op.name)
        }
        let name = String(decoding: bytes, as: UTF8.self)
        let key = "\(own)/\(name)"
        let child: Int
        if let existing = childFrames[key] {
          child = existing
        } else {
          child = frames.count
          frames.append(Frame(name: name, parent: own))
          childFrames[key] = child
        }
        nodes[index].kind = .enter(frame: child, isConstant: isConstant)
        frames[child].enters += 1
        outer[index] = child
      case .exit:
        guard own != 0 else {
          throw TFError.invalidArgument("Exit is not in a frame").at(
            node: node.kernel.node, op: node.kernel.op.name)
        }
        frames[own].exits.append(index)
        outer[index] = frames[own].parent
      case .nextIteration:
        guard own != 0 else {
          throw TFError.invalidArgument("NextIteration is not in a frame").at(
            node: node.kernel.node, op: node.kernel.op.name)
        }
      default: break
      }
      nodes[index].position = frames[own].nodeCount
      nodes[index].inputBase = frames[own].inputCount
      frames[own].nodeCount += 1
      frames[own].inputCount += nodes[index].dataInputs
    }
    return outer
  }

  private func framesDiffer(_ kernel: PreparedKernel, _ a: Int, _ b: Int) -> TFError {
    TFError.invalidArgument(
      "has inputs from different frames: '\(frames[a].name)' and '\(frames[b].name)'"
    )
    .at(node: kernel.node, op: kernel.op.name)
  }
}
