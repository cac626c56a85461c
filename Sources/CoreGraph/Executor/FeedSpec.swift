package import CoreOps

/// What a run is fed in one place: the tensor that a value stands for.
package struct FeedSpec: Sendable {
  private enum Place: Sendable {
    case output(Endpoint, Graph)
    /// One whose graph need not stay.
    case named(String)
    /// A value of a plan, which has no name.
    case value(Int)
  }

  private var place: Place
  package let dtype: DType
  package let shape: PartialShape

  /// What errors call it.
  package var name: String {
    switch place {
    case .output(let endpoint, let graph): "\(graph.node(endpoint.node).name):\(endpoint.index)"
    case .named(let name): name
    case .value(let number): "value \(number)"
    }
  }

  /// The same without its graph.
  var detached: FeedSpec {
    var spec = self
    spec.place = .named(name)
    return spec
  }

  /// What is fed in place of a value of a plan.
  init(value: Int, dtype: DType) {
    place = .value(value)
    self.dtype = dtype
    shape = .unknown
  }

  /// What is fed in place of an output of the graph.
  package init(_ endpoint: Endpoint, of graph: Graph) {
    place = .output(endpoint, graph)
    (dtype, shape) = graph.withState { state in
      let types = state.nodes[endpoint.node].outputTypes
      let shapes = state.facts(endpoint.node).shapes
      return (
        // An unknown op gives nothing that a plan takes.
        types.indices.contains(endpoint.index) ? types[endpoint.index] : .float32,
        shapes.indices.contains(endpoint.index) ? shapes[endpoint.index] : .unknown
      )
    }
  }

  /// Checks what a plan relies on: one value for each feed, of its dtype.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the values are more or fewer, or one has another dtype.
  static func check(_ values: [Tensor], _ feeds: [FeedSpec]) throws {
    guard values.count == feeds.count else {
      throw TFError.invalidArgument("\(feeds.count) feeds expected, got \(values.count)")
    }
    for index in feeds.indices where values[index].dtype != feeds[index].dtype {
      throw feeds[index].mismatch(values[index].dtype)
    }
  }

  /// - Throws: `INVALID_ARGUMENT` when a value of that shape does not fit. A plan runs with other
  ///   shapes too: a function's arguments only say what shapes are likely.
  package func checkShape(_ dims: Shape) throws {
    if fits(dims) { return }
    let expected = shape.dims ?? []
    throw TFError.invalidArgument(
      """
      Cannot feed value of shape \(tuple(dims.dims.map(String.init))) for Tensor \(name), which \
      has shape \(tuple(expected.map { $0.map(\.description) ?? "?" }))
      """
    )
  }

  private func fits(_ dims: Shape) -> Bool {
    guard let expected = shape.dims else { return true }
    guard expected.count == dims.rank else { return false }
    for axis in 0..<dims.rank {
      if let size = expected[axis], size != dims[axis] { return false }
    }
    return true
  }

  /// An error about a value of another dtype.
  package func mismatch(_ given: DType) -> TFError {
    .invalidArgument("Tensor \(name) is \(dtype), but the fed value is \(given)")
  }

  /// As Python prints a tuple.
  private func tuple(_ sizes: [String]) -> String {
    "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
  }
}
