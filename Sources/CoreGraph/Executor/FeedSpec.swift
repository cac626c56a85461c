package import CoreOps

/// What a run is fed in one place: the tensor that a value stands for.
package struct FeedSpec: Sendable {
  package let name: String
  package let dtype: DType
  package let shape: PartialShape

  package init(name: String, dtype: DType, shape: PartialShape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// What is fed in place of an output of the graph.
  package init(_ endpoint: Endpoint, of graph: Graph) {
    let node = graph.node(endpoint.node)
    self.init(
      name: "\(node.name):\(endpoint.index)",
      dtype: endpoint.index < node.outputTypes.count ? node.outputTypes[endpoint.index] : .float32,
      shape: graph.shape(of: endpoint))
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
