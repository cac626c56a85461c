package import CoreOps

/// Sparse tensors that are kept by number in a map of the session, to pass queues as integers.
package struct SparseMapOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow has no gradient for it")

  package let add: OpDef = OpDef(
    "AddSparseToTensorsMap",
    """
    sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> sparse_handle: int64
    T: type
    container: string = ''
    shared_name: string = ''
    """, stateful: true,
    shape: { context in
      try SparseMapOps.checkShapes(context)
      return [.scalar]
    },
    kernel: .dynamic { context in
      let place = try MapPlace(context)
      return { run in
        let (indices, values, shape) = (run.inputs[0], run.inputs[1], run.inputs[2])
        let map = try place.map(run)
        for dim in try shape.integers() { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
        try require(
          indices.dims[0] == values.dims[0],
          """
          indices and values rows (indexing dimension) must match. (indices = \(indices.dims[0]), \
          values = \(values.dims[0]))
          """
        )
        try require(
          indices.dims[1] == shape.dims[0],
          """
          indices columns and shape rows must match. (indices = \(indices.dims[1]), shape = \
          \(shape.dims[0]))
          """
        )
        let part = SparsePart(indices: indices, values: values, shape: shape)
        return [try Tensor(scalar: map.add([part])[0])]
      }
    }, gradient: noGradient)

  package let addMany: OpDef = OpDef(
    "AddManySparseToTensorsMap",
    """
    sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> sparse_handles: int64
    T: type
    container: string = ''
    shared_name: string = ''
    """, stateful: true,
    shape: { context in
      try SparseMapOps.checkShapes(context)
      return [.of(try context.size(2).flatMap { $0 >= 0 ? $0 : nil })]
    },
    kernel: .dynamic { context in
      let place = try MapPlace(context)
      return { run in
        let map = try place.map(run)
        let parts = try SparsePart.rows(run.inputs[0], run.inputs[1], run.inputs[2])
        // Rows without elements get their numbers last.
        let filled = parts.indices.filter { parts[$0].values.dims[0] > 0 }
        let empty = parts.indices.filter { parts[$0].values.dims[0] == 0 }
        let order = filled + empty
        var handles = [Int](repeating: 0, count: parts.count)
        for (row, handle) in zip(order, map.add(order.map { parts[$0] })) { handles[row] = handle }
        return [try SparseRows.vector(handles)]
      }
    }, gradient: noGradient)

  package let takeMany: OpDef = OpDef(
    "TakeManySparseFromTensorsMap",
    """
    sparse_handles: int64 -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64
    dtype: type
    container: string = ''
    shared_name: string = ''
    """, stateful: true,
    shape: { context in
      let handles = context.shapes[0]
      try require(
        handles.rank ?? 1 == 1,
        "sparse_handles should be a vector but received shape \(handles)")
      return [[nil, nil], [nil], [nil]]
    },
    kernel: .dynamic { context in
      let place = try MapPlace(context)
      let dtype = try context.type("dtype")
      return { run in
        let handles = try run.inputs[0].integers()
        try require(
          !handles.isEmpty,
          "Must have at least 1 serialized SparseTensor, but input matrix has 0 rows")
        let parts = try place.map(run, isTaking: true).take(handles)
        let stack = try SparsePart.stacked(parts, outer: [parts.count], dtype, what: "rank")
        return [stack.indices, stack.values, stack.shape]
      }
    }, gradient: noGradient)

  private static func checkShapes(_ context: ShapeContext) throws {
    let ranks = [("indices", 2, "matrix"), ("values", 1, "vector"), ("shape", 1, "vector")]
    for (index, (name, rank, kind)) in ranks.enumerated() {
      let shape = context.shapes[index]
      try require(
        shape.rank ?? rank == rank,
        "Input \(name) should be a \(kind) but received shape \(shape)")
    }
  }
}

/// Which map an op works on.
private struct MapPlace: Sendable {
  private let container: String
  private let name: String

  init(_ context: KernelContext) throws {
    container = try context.string("container")
    name = try context.string("shared_name")
  }

  /// - Parameter isTaking: whether the op only takes: one that names no map then has one of its
  ///   own, which no other adds to.
  func map(_ run: DynamicContext, isTaking: Bool = false) throws -> SparseTensorsMap {
    let own = run.node.isEmpty ? "sparse tensors" : run.node
    let name = name.isEmpty ? (isTaking ? "nothing adds to \(own)" : own) : name
    return try run.execution.resources.findOrCreate(container, name) { SparseTensorsMap(name) }
  }
}

/// Sparse tensors by number, each of which can be taken once.
private final class SparseTensorsMap: TensorObject {
  private struct State {
    var parts: [Int: SparsePart] = [:]
    var next = 0
  }
  private let name: String
  private let state = Lock(State())

  init(_ name: String) { self.name = name }

  func add(_ parts: [SparsePart]) -> [Int] {
    state.withLock { state in
      parts.map { part in
        state.parts[state.next] = part
        state.next += 1
        return state.next - 1
      }
    }
  }

  /// - Throws: `INVALID_ARGUMENT` when there is none of a number; those before it are taken.
  func take(_ handles: [Int]) throws -> [SparsePart] {
    try state.withLock { state in
      try handles.map { handle in
        guard let part = state.parts.removeValue(forKey: handle) else {
          throw TFError.invalidArgument("Unable to find SparseTensor: \(handle) in map: \(name)")
        }
        return part
      }
    }
  }
}
