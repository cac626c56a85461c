package import CoreOps
import OpsSparse
import Serialization

/// Sparse tensors as three strings or variants each, and batches of them.
package struct SparseRecordOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow has no gradient for it")

  package let serialize: OpDef = OpDef(
    "SerializeSparse",
    """
    sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> serialized_sparse: out_type
    T: type
    out_type: {string, variant} = string
    """,
    shape: { context in
      try SparseRecordOps.checkShapes(context)
      return [[3]]
    },
    kernel: .dynamic { context in
      let type = try context.type("out_type")
      return { run in
        let part = SparsePart(indices: run.inputs[0], values: run.inputs[1], shape: run.inputs[2])
        return [try SparseRecordOps.written([part], type, dims: [3])]
      }
    }, gradient: noGradient)

  package let serializeMany: OpDef = OpDef(
    "SerializeManySparse",
    """
    sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> serialized_sparse: out_type
    T: type
    out_type: {string, variant} = string
    """,
    shape: { context in
      try SparseRecordOps.checkShapes(context)
      return [[nil, 3]]
    },
    kernel: .dynamic { context in
      let type = try context.type("out_type")
      return { run in
        let parts = try SparsePart.rows(run.inputs[0], run.inputs[1], run.inputs[2])
        return [try SparseRecordOps.written(parts, type, dims: [parts.count, 3])]
      }
    }, gradient: noGradient)

  package let deserialize: OpDef = OpDef(
    "DeserializeSparse",
    """
    serialized_sparse: Tserialized -> sparse_indices: int64, sparse_values: dtype, sparse_shape: \
      int64
    dtype: type
    Tserialized: {string, variant} = string
    """,
    shape: { context in [[nil, nil], [nil], [nil]] },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in try SparseRecordOps.read(run.inputs[0], dtype) }
    }, gradient: noGradient)

  package let deserializeMany: OpDef = OpDef(
    "DeserializeManySparse",
    """
    serialized_sparse: string -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64
    dtype: type
    """,
    shape: { context in
      let serialized = try context.shape(0, rank: 2, "serialized_sparse")
      if let columns = serialized[1] {
        try require(columns == 3, "Dimension must be 3 but is \(columns)")
      }
      return [[nil, nil], [nil], [nil]]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in try SparseRecordOps.read(run.inputs[0], dtype) }
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

  /// The tensors of the parts one after the other, under `dims`.
  private static func written(_ parts: [SparsePart], _ type: DType, dims: Shape) throws -> Tensor {
    let tensors = parts.flatMap { [$0.indices, $0.values, $0.shape] }
    guard type == .string else {
      return Tensor(.variant, objects: tensors.map { BoxedTensor($0) }, dims: dims)
    }
    let builder = try StringBuilder(
      count: tensors.count, byteCount: tensors.reduce(0) { $0 + $1.dims.elementCount * 8 + 16 })
    var pace = Pace()
    for tensor in tensors {
      try pace.step(tensor.dims.elementCount + 16)
      try TensorBytes.write(tensor, to: builder)
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// The sparse tensors that `serialized` has as one; a single one as it is.
  private static func read(_ serialized: Tensor, _ dtype: DType) throws -> [Tensor] {
    let dims = serialized.dims
    try require(dims.rank > 0, "Serialized sparse should have non-zero rank \(dims)")
    try require(
      dims[dims.rank - 1] == 3, "Serialized sparse should have 3 as the last dimension \(dims)")
    let outer = Shape(Array(dims.dims.dropLast()))
    try require(
      outer.elementCount > 0,
      "Serialized sparse should have at least 1 serialized tensor, but has a zero dimension \(dims)"
    )
    let tensors: [Tensor]
    if serialized.dtype == .string {
      var pace = Pace()
      tensors = try serialized.strings.map { text in
        try pace.step(text.count + 64)
        return try text.withBytes { try TensorBytes.read($0) }
      }
    } else {
      tensors = try serialized.objects.enumerated().map { index, object in
        guard let value = object as? BoxedTensor else {
          throw TFError.invalidArgument(
            "Could not get a tensor from serialized_sparse[\(index / 3), \(index % 3)]")
        }
        return value.tensor
      }
    }
    let parts = (0..<outer.elementCount).map {
      SparsePart(
        indices: tensors[$0 * 3], values: tensors[$0 * 3 + 1], shape: tensors[$0 * 3 + 2])
    }
    if outer.rank == 0 {
      try parts[0].check(0, dtype)
      return [parts[0].indices, parts[0].values, parts[0].shape]
    }
    let stack = try SparsePart.stacked(parts, outer: outer, dtype)
    return [stack.indices, stack.values, stack.shape]
  }
}
