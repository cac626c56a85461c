import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Datasets of one component put together op by op in a graph, whose functions go into its library.
struct DatasetGraph {
  let graph = Graph()

  typealias Body = ([Tensor]) throws -> [Tensor]

  /// A dataset in the graph.
  struct Dataset {
    let handle: Tensor
    let dtype: DType
    let shape: PartialShape

    var attrs: Attrs { DatasetGraph.attrs(dtype, shape) }
  }

  static func attrs(_ dtype: DType = .int64, _ shape: PartialShape = .scalar) -> Attrs {
    ["output_types": .types([dtype]), "output_shapes": .shapes([shape])]
  }

  func build<R>(_ body: () throws -> R) rethrows -> R { try graph.asDefault(body) }

  func range(_ count: Int) throws -> Dataset {
    try build {
      let bounds = try [0, count, 1].map { try Tensor(scalar: $0) }
      return Dataset(
        handle: try applyOp("RangeDataset", bounds, Self.attrs())[0], dtype: .int64, shape: .scalar)
    }
  }

  /// A dataset made of others, whose functions are attributes.
  func dataset(
    _ op: String, _ inputs: [Dataset], _ numbers: [Int] = [], captured: [Tensor] = [],
    of dtype: DType? = nil, _ shape: PartialShape? = nil, functions: [String: Body] = [:],
    arguments: [String: [(DType, PartialShape)]] = [:], _ more: Attrs = [:]
  ) throws -> Dataset {
    let (dtype, shape) = (dtype ?? inputs[0].dtype, shape ?? inputs[0].shape)
    return try build {
      var attrs = Self.attrs(dtype, shape)
      for entry in more { attrs[entry.name] = entry.value }
      for (name, body) in functions {
        let given = arguments[name] ?? inputs.prefix(1).map { ($0.dtype, $0.shape) }
        let (function, _) = try FunctionalFlow.function(
          graph, given + captured.map { ($0.dtype, $0.shape) }, body)
        attrs[name] = .function(function, [:])
      }
      let values = try numbers.map { try Tensor(scalar: $0) }
      return Dataset(
        handle: try applyOp(op, inputs.map(\.handle) + captured + values, attrs)[0], dtype: dtype,
        shape: shape)
    }
  }

  func map(_ input: Dataset, of dtype: DType? = nil, _ body: @escaping Body) throws -> Dataset {
    try dataset("MapDataset", [input], of: dtype, functions: ["f": body])
  }

  /// The nodes `name` and `name_start`: the next element, and what starts the iterator.
  func iterator(_ dataset: Dataset, name: String = "next") throws {
    try build {
      var attrs = dataset.attrs
      attrs["shared_name"] = .string("iterator_\(name)")
      attrs["container"] = .string("")
      let handle = try applyOp("IteratorV2", [], attrs)
      _ = try CoreOps.apply(
        OpCase.definition("MakeIterator"), [dataset.handle] + handle, [:], name: "\(name)_start")
      _ = try CoreOps.apply(
        OpCase.definition("IteratorGetNext"), handle, dataset.attrs, name: name)
    }
  }

  /// All elements, up to `most`, as integers.
  func elements(_ dataset: Dataset, most: Int = 100, timeout: Double = 60) throws -> [[Int]] {
    try iterator(dataset)
    let session = Session(graph: graph)
    _ = try session.run(fetches: [], targets: ["next_start"], timeout: timeout)
    return try Self.rest(of: session, most: most, timeout: timeout)
  }

  static func rest(
    of session: Session, _ name: String = "next", most: Int = 100, timeout: Double = 60
  ) throws -> [[Int]] {
    var elements: [[Int]] = []
    while elements.count < most {
      do { elements.append(try session.run(fetches: [name], timeout: timeout)[0].ints) } catch let
        error as TFError where error.code == .outOfRange
      { break }
    }
    return elements
  }
}
