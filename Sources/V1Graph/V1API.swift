public import CoreGraph
public import CoreOps
import Variables

/// What `tf` has in TF-1 style.
public protocol V1API: SharedAPI {}

extension V1API {
  public typealias Graph = CoreGraph.Graph
  public typealias Session = V1Graph.Session
  public typealias Operation = CoreGraph.Operation
  public typealias GraphDef = CoreGraph.GraphDef

  /// A tensor that is given its value in each run. Follows `tf.compat.v1.placeholder`.
  ///
  /// - Parameters:
  ///   - dtype: of what is fed.
  ///   - shape: what each fed value must fit: nil or -1 for a dimension of any size, nil as a whole
  ///     for any shape; also the `shape` of another tensor.
  ///   - name: the node's name.
  /// - Throws: `FAILED_PRECONDITION` where calls run at once, `INVALID_ARGUMENT` for a dimension
  ///   below -1.
  public static func placeholder(_ dtype: DType, shape: PartialShape?, name: String? = nil) throws
    -> Tensor
  {
    guard !Environment.current.isExecutingEagerly else {
      throw TFError.failedPrecondition("tf.placeholder() is not compatible with eager execution.")
    }
    let dims = try shape?.dims.map { dims in
      try dims.map { dim -> Dimension? in
        guard let dim, dim != -1 else { return nil }
        try require(dim >= 0, "Dimension \(dim) must be >= 0, or nil or -1 for any size")
        return dim
      }
    }
    return try BasicOps.family.placeholder(
      [], ["dtype": .type(dtype), "shape": .shape(PartialShape(dims ?? nil))], name: name)
  }

  /// The same of a shape in an array.
  public static func placeholder(_ dtype: DType, shape: [Int?]? = nil, name: String? = nil) throws
    -> Tensor
  {
    try placeholder(dtype, shape: PartialShape(shape), name: name)
  }

  /// The same by position.
  public static func placeholder(_ dtype: DType, _ shape: [Int?], name: String? = nil) throws
    -> Tensor
  {
    try placeholder(dtype, shape: PartialShape(shape), name: name)
  }

  /// The same by label.
  public static func placeholder(dtype: DType, shape: [Int?]? = nil, name: String? = nil) throws
    -> Tensor
  {
    try placeholder(dtype, shape: PartialShape(shape), name: name)
  }

  public typealias UnconnectedGradients = CoreGraph.UnconnectedGradients
  public typealias AggregationMethod = CoreGraph.AggregationMethod

  /// The gradients of the sum of `ys` with respect to `xs`. Follows `tf.gradients`.
  ///
  /// - Parameters:
  ///   - gradYs: one per `ys`, the gradient of something with respect to it; nil stands for ones.
  ///   - name: the name scope of the nodes that are added.
  ///   - colocateGradientsWithOps: whether they are placed where the nodes are that they are for.
  ///   - aggregationMethod: how gradients of several ops for one tensor are summed.
  ///   - stopGradients: tensors that are taken as constants.
  ///   - unconnectedGradients: whether one of the `xs` that no `ys` depends on has no gradient, or
  ///     zeros.
  /// - Returns: nil where no `ys` depends on one of the `xs`.
  /// - Throws: `FAILED_PRECONDITION` where calls run at once; `UNIMPLEMENTED` that names the
  ///   node on the way that has no gradient.
  public static func gradients(
    _ ys: [any TensorOperand], _ xs: [any TensorOperand], gradYs: [Tensor?]? = nil,
    name: String = "gradients", colocateGradientsWithOps: Bool = false,
    aggregationMethod: AggregationMethod = .addN, stopGradients: [any TensorOperand] = [],
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [Tensor?] {
    try gradientValues(
      ys, xs, gradYs: gradYs?.map { $0.map { .dense($0) } }, name: name,
      colocateGradientsWithOps: colocateGradientsWithOps, aggregationMethod: aggregationMethod,
      stopGradients: stopGradients, unconnectedGradients: unconnectedGradients
    ).map { try $0?.tensor() }
  }

  /// The same of one tensor.
  public static func gradients(
    _ ys: some TensorOperand, _ xs: [any TensorOperand], gradYs: Tensor? = nil,
    name: String = "gradients", colocateGradientsWithOps: Bool = false,
    aggregationMethod: AggregationMethod = .addN, stopGradients: [any TensorOperand] = [],
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [Tensor?] {
    try gradients(
      [ys], xs, gradYs: gradYs.map { [$0] }, name: name,
      colocateGradientsWithOps: colocateGradientsWithOps, aggregationMethod: aggregationMethod,
      stopGradients: stopGradients, unconnectedGradients: unconnectedGradients)
  }

  /// The same of one tensor, slices where gradients are slices.
  public static func gradientValues(_ ys: some TensorOperand, _ xs: [any TensorOperand]) throws
    -> [GradientValue?]
  {
    try gradientValues([ys], xs)
  }

  /// The same, slices where gradients are slices.
  public static func gradientValues(
    _ ys: [any TensorOperand], _ xs: [any TensorOperand], gradYs: [GradientValue?]? = nil,
    name: String = "gradients", colocateGradientsWithOps: Bool = false,
    aggregationMethod: AggregationMethod = .addN, stopGradients: [any TensorOperand] = [],
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [GradientValue?] {
    guard let graph = Environment.current.graph else {
      throw TFError.failedPrecondition(
        """
        tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead.
        """
      )
    }
    // A variable is known by itself, and not by what one of its reads gave.
    func source(_ x: any TensorOperand) throws -> Tensor {
      try (x as? Variable).map { $0.gradientSource } ?? x.asTensor(preferring: nil)
    }
    var options = GradientOptions()
    options.gradYs = gradYs
    options.name = name
    options.colocateGradientsWithOps = colocateGradientsWithOps
    options.aggregationMethod = aggregationMethod
    options.stopGradients = try stopGradients.map(source)
    options.unconnectedGradients = unconnectedGradients
    return try graph.gradients(
      ys.map { try $0.asTensor(preferring: nil) }, xs.map(source), options)
  }

  /// The graph that calls add to, or would if they did not run at once. Follows
  /// `tf.compat.v1.get_default_graph`.
  public static func getDefaultGraph() -> Graph { Environment.current.defaultGraph }

  /// Has later calls begin a new default graph. Follows `tf.compat.v1.reset_default_graph`.
  ///
  /// - Throws: `FAILED_PRECONDITION` inside a graph that was opened.
  public static func resetDefaultGraph() throws {
    let environment = Environment.current
    guard !environment.isInsideGraph else {
      throw TFError.failedPrecondition(
        """
        Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, \
        exit the nesting and create a new graph.
        """)
    }
    environment.state.currentGraph.reset()
  }

  /// Sets the seed of the default graph's random ops, or that of eager ones. Follows
  /// `tf.compat.v1.set_random_seed`.
  public static func setRandomSeed(_ seed: Int?) { Environment.current.setSeed(seed) }
}

extension V1API {
  /// Runs `body`; what it adds is placed where the node of `element` is. Follows
  /// `tf.compat.v1.colocate_with`.
  ///
  /// - Parameters:
  ///   - element: an operation, a tensor or a variable; nil for no place at all, which needs
  ///     `ignoreExisting`.
  ///   - ignoreExisting: whether what is said around the call does not count.
  /// - Throws: `INVALID_ARGUMENT` for an element of another graph, and what `body` throws.
  public static func colocateWith<R>(
    _ element: (any GraphElement)?, ignoreExisting: Bool = false, _ body: () throws -> R
  ) throws -> R {
    try Environment.current.colocated(withElement: element, ignoringExisting: ignoreExisting)
      .run(body)
  }
}
