import CoreOps

/// A convolution or product that has a form with what follows it.
struct EpilogueProducer: Sendable {
  let op: String
  /// The op that it becomes.
  let fused: String
  let outputRank: Int
  /// Nodes for which the fused op has no attributes.
  var excludes: @Sendable (Node) -> Bool = { _ in false }
  /// The output channels by the shape of constant weights, of which they are the last ones.
  let channels: @Sendable (Node, Shape) -> Int?

  static let table = [
    EpilogueProducer(op: "Conv2D", fused: "_FusedConv2D", outputRank: 4) { _, weights in
      weights.rank == 4 ? weights[3] : nil
    },
    EpilogueProducer(
      op: "DepthwiseConv2dNative", fused: "_FusedDepthwiseConv2dNative", outputRank: 4,
      excludes: { $0.attrs["padding"] == .string("EXPLICIT") }
    ) { _, weights in
      weights.rank == 4 ? weights[2] * weights[3] : nil
    },
    EpilogueProducer(op: "MatMul", fused: "_FusedMatMul", outputRank: 2) { node, weights in
      weights.rank == 2 && node.attrs["transpose_b"] != .bool(true) ? weights[1] : nil
    },
  ]

  private static let byOp = Dictionary(uniqueKeysWithValues: table.map { ($0.op, $0) })

  /// The row for a node; only single precision has fused forms.
  static func row(for node: Node) -> EpilogueProducer? {
    guard let producer = byOp[node.opName], node.attrs["T"] == .type(.float32),
      !producer.excludes(node)
    else { return nil }
    return producer
  }
}

/// What the nodes of a chain do together.
struct EpilogueChain {
  enum Bias {
    case endpoint(Endpoint)
    case values([Double])
  }

  let producer: EpilogueProducer
  let head: Node
  /// All nodes but the head, in order; the last gives the chain's output.
  var nodes: [Int] = []
  /// Factors for the weights, by output channel.
  var scale: [Double]?
  var bias: Bias?
  var activation: String?
  var slope: Float = 0.2
  /// Constants whose values are part of the fused node's own.
  var absorbed: [Endpoint] = []

  var last: Int { nodes.last ?? head.id }
  var value: Endpoint { Endpoint(last) }

  /// The bias, if it is constant.
  func constantBias(_ count: Int) -> [Double]? {
    switch bias {
    case nil: [Double](repeating: 0, count: count)
    case .values(let values): values
    case .endpoint: nil
    }
  }
}

/// One way for a node to join the chain before it: which producers and ops it is about, and what
/// the chain becomes.
struct EpiloguePattern: Sendable {
  let name: String
  /// The ops of the heads; nil for all.
  var producers: Set<String>?
  /// The ops that join.
  let ops: Set<String>
  /// The chain with the node in it; nil where a condition does not hold.
  let join: @Sendable (EpilogueChain, Node, EpilogueGraph) -> EpilogueChain?

  private static let convolutions: Set = ["Conv2D", "DepthwiseConv2dNative"]

  static let table = [
    EpiloguePattern(name: "bias", ops: ["BiasAdd"], join: bias),
    EpiloguePattern(name: "added constant", ops: ["Add", "AddV2", "Sub"], join: addedConstant),
    EpiloguePattern(name: "constant factor", ops: ["Mul"], join: constantFactor),
    EpiloguePattern(
      name: "batch normalisation", producers: convolutions,
      ops: ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"], join: batchNormalisation),
    EpiloguePattern(
      name: "activation", ops: ["Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid"],
      join: activation),
  ]

  /// The chain with the only node that reads it.
  static func extended(_ chain: EpilogueChain, _ graph: EpilogueGraph) -> EpilogueChain? {
    guard chain.activation == nil else { return nil }
    if let swish = swish(chain, graph) { return swish }
    guard let next = graph.follower(of: chain.last) else { return nil }
    for pattern in table
    where pattern.ops.contains(next.opName)
      && pattern.producers?.contains(chain.head.opName) != false
    {
      guard var joined = pattern.join(chain, next, graph) else { continue }
      joined.nodes.append(next.id)
      return joined
    }
    return nil
  }

  // MARK: - The rows

  /// y + b, along the channels.
  @Sendable private static func bias(
    _ chain: EpilogueChain, _ next: Node, _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    guard next.inputs[0] == chain.value, chain.bias == nil,
      graph.layout(next) == graph.layout(chain.head)
    else { return nil }
    var chain = chain
    if let count = graph.channels(chain), let values = graph.vector(next.inputs[1], count, rank: 1)
    {
      chain.bias = .values(values)
      chain.absorbed.append(next.inputs[1])
    } else {
      chain.bias = .endpoint(next.inputs[1])
    }
    return chain
  }

  /// y + c or y - c, one number per channel or one for all. Two sums are not made one: what the
  /// first rounds away has to stay away.
  @Sendable private static func addedConstant(
    _ chain: EpilogueChain, _ next: Node, _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    let isDifference = next.opName == "Sub"
    guard chain.bias == nil, let (values, other) = channelConstant(chain, next, graph),
      !isDifference || next.inputs[0] == chain.value
    else { return nil }
    var chain = chain
    chain.bias = .values(isDifference ? values.map { -$0 } : values)
    chain.absorbed.append(other)
    return chain
  }

  /// y · c with c > 0, one number per channel or one for all: other factors change the sign of a
  /// sum that is 0, or make 0 of one that is infinite.
  @Sendable private static func constantFactor(
    _ chain: EpilogueChain, _ next: Node, _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    guard let (factors, other) = channelConstant(chain, next, graph),
      factors.allSatisfy({ $0 > 0 })
    else { return nil }
    return rescaled(chain, factors, [other], graph)
  }

  /// (y - mean) · scale / √(variance + ε) + offset.
  @Sendable private static func batchNormalisation(
    _ chain: EpilogueChain, _ next: Node, _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    guard next.attrs["is_training"] == .bool(false), next.inputs[0] == chain.value,
      graph.layout(next) == graph.layout(chain.head), let count = graph.channels(chain),
      graph.isOnlyFirstOutputUsed(next.id),
      let scale = graph.vector(next.inputs[1], count, rank: 1),
      let offset = graph.vector(next.inputs[2], count, rank: 1),
      let mean = graph.vector(next.inputs[3], count, rank: 1),
      let variance = graph.vector(next.inputs[4], count, rank: 1),
      let bias = chain.constantBias(count)
    else { return nil }
    var epsilon: Float = 0.0001
    if case .float(let given)? = next.attrs["epsilon"] { epsilon = given }
    let factors = zip(scale, variance).map { $0 / ($1 + Double(epsilon)).squareRoot() }
    var joined = rescaled(chain, factors, Array(next.inputs[1...4]), graph)
    joined?.bias = .values((0..<count).map { (bias[$0] - mean[$0]) * factors[$0] + offset[$0] })
    return joined
  }

  /// An activation alone is as fast by itself.
  @Sendable private static func activation(
    _ chain: EpilogueChain, _ next: Node, _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    guard chain.bias != nil || chain.scale != nil else { return nil }
    var chain = chain
    chain.activation = next.opName
    if case .float(let alpha)? = next.attrs["alpha"] { chain.slope = alpha }
    return chain
  }

  /// x · sigmoid(x) or x · sigmoid(1 · x), where both come from the chain: two or three nodes at
  /// once.
  private static func swish(_ chain: EpilogueChain, _ graph: EpilogueGraph) -> EpilogueChain? {
    let last = chain.last
    let readers = graph.consumers[last]
    guard chain.bias != nil, convolutions.contains(chain.head.opName), !graph.isSeen(last),
      readers.count == 2, readers.allSatisfy({ $0.output == 0 })
    else { return nil }
    for (first, second) in [(0, 1), (1, 0)] {
      let product = graph.nodes[readers[second].node]
      var gate = graph.nodes[readers[first].node]
      var inner = [gate.id]
      if gate.opName == "Mul", let factor = graph.operand(gate, beside: chain.value),
        graph.isOne(factor), let next = graph.follower(of: gate.id)
      {
        gate = next
        inner.append(next.id)
      }
      guard gate.opName == "Sigmoid", product.opName == "Mul",
        graph.follower(of: gate.id)?.id == product.id,
        Set(product.inputs) == [chain.value, Endpoint(gate.id)]
      else { continue }
      var chain = chain
      chain.nodes += inner + [product.id]
      chain.activation = "_FusedSwish"
      return chain
    }
    return nil
  }

  // MARK: - What the rows share

  /// The constant beside the chain's value, as one number per channel.
  private static func channelConstant(
    _ chain: EpilogueChain, _ node: Node, _ graph: EpilogueGraph
  ) -> (values: [Double], from: Endpoint)? {
    // Where channels are not the last dimension, a vector is not along them.
    guard graph.layout(chain.head) == "NHWC", let count = graph.channels(chain),
      let other = graph.operand(node, beside: chain.value),
      let values = graph.vector(other, count, rank: chain.producer.outputRank)
    else { return nil }
    return (values, other)
  }

  /// The chain with factors in its weights, where single precision has room for them.
  private static func rescaled(
    _ chain: EpilogueChain, _ factors: [Double], _ constants: [Endpoint], _ graph: EpilogueGraph
  ) -> EpilogueChain? {
    guard let weights = graph.constant(chain.head.inputs[1]),
      let bias = chain.constantBias(factors.count)
    else { return nil }
    var chain = chain
    let scale = chain.scale.map { zip($0, factors).map { $0 * $1 } } ?? factors
    guard canFold(scale, into: weights) else { return nil }
    if chain.scale == nil { chain.absorbed.append(chain.head.inputs[1]) }
    chain.scale = scale
    if chain.bias != nil { chain.bias = .values(zip(bias, factors).map { $0 * $1 }) }
    chain.absorbed += constants
    return chain
  }

  /// Whether no weight leaves the range of normal numbers by its factor.
  private static func canFold(_ scale: [Double], into weights: Tensor) -> Bool {
    guard scale.allSatisfy(\.isFinite) else { return false }
    let range = Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude)
    let elements = weights.elements(Float.self)
    return elements.indices.allSatisfy { index in
      let factor = scale[index % scale.count]
      let (weight, product) = (Double(elements[index]), Double(elements[index]) * factor)
      return !weight.isFinite || weight == 0 || factor == 0 || range.contains(abs(product))
    }
  }
}
