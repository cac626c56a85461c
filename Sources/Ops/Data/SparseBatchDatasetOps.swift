package import CoreOps
import OpsSparse

/// Datasets that put elements of several sizes together into sparse batches.
package struct SparseBatchDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let denseToSparseBatch = SparseBatchDatasetOps.op("DenseToSparseBatchDataset")
  package let experimentalDenseToSparseBatch = SparseBatchDatasetOps.op(
    "ExperimentalDenseToSparseBatchDataset")

  private static func op(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, batch_size: int64, row_shape: int64 -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, vectors: ["row_shape"]
    ) { _ in
      { run in
        let input = try run.dataset()
        try require(
          input.components.count == 1,
          "DenseToSparseBatchDataset only supports inputs with a single component.")
        let size = try run.int(1)
        try require(size > 0, "Batch size must be greater than zero.")
        try require(run.inputs[2].dims.rank == 1, "row_shape must be a vector")
        let row = try run.inputs[2].integers()
        for dimension in row where dimension < -1 {
          throw TFError.invalidArgument("Dimension \(dimension) must be >= -1")
        }
        return try DatasetObject(
          "DenseToSparseBatch",
          // As TensorFlow has it: the shape of what the serialised tensors stand for.
          [.init(.variant, PartialShape([nil] as [Dimension?]).concatenated(with: rowShape(row)))],
          cardinality: Cardinality.groups(input.cardinality, of: size, droppingRemainder: false),
          from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          return DatasetIterator { run in
            let elements = try ElementBatch.take(size, from: source, run)
            return elements.isEmpty ? nil : [try sparse(elements.map { $0[0] }, row)]
          }
        }
      }
    }
  }

  private static func rowShape(_ row: [Int]) -> PartialShape {
    PartialShape(row.map { $0 < 0 ? nil : Dimension($0) } as [Dimension?])
  }

  /// All elements of the tensors with their places, as a serialised sparse tensor.
  ///
  /// - Parameter row: the size of each dimension; -1 for the largest that there is.
  private static func sparse(_ rows: [Tensor], _ row: [Int]) throws -> Tensor {
    var sizes = row.map { max($0, 0) }
    for (number, tensor) in rows.enumerated() {
      let dims = tensor.dims.dims
      func misfit(_ code: TFError.Code, _ how: String) -> TFError {
        TFError(
          code,
          """
          Input element had shape (\(tensor.dims)) that is \(how) the row shape \
          (\(rowShape(row))).
          """)
      }
      guard dims.count == row.count else { throw misfit(.invalidArgument, "incompatible with") }
      guard tensor.dtype == rows[0].dtype else {
        throw TFError.invalidArgument(
          "element \(number) is \(tensor.dtype.name), the first \(rows[0].dtype.name)")
      }
      for (axis, dimension) in dims.enumerated() {
        if row[axis] < 0 {
          sizes[axis] = max(sizes[axis], dimension)
        } else if dimension > row[axis] {
          throw misfit(.dataLoss, "larger than")
        }
      }
    }
    let total = rows.reduce(0) { $0 + $1.dims.elementCount }
    let width = row.count + 1
    let places = try Tensor.uninitialized(.int64, [total, width])
    let target = places.elements(Int64.self)
    var next = 0
    var pace = Pace()
    for (number, tensor) in rows.enumerated() {
      let dims = tensor.dims.dims
      for index in 0..<tensor.dims.elementCount {
        try pace.step()
        target[next * width] = Int64(number)
        var rest = index
        for axis in dims.indices.reversed() {
          target[next * width + 1 + axis] = Int64(rest % dims[axis])
          rest /= dims[axis]
        }
        next += 1
      }
    }
    let flat = rows.map { $0.reshaped([$0.dims.elementCount]) }
    let values = try Stacking.joined(flat, rows[0].dtype, [total])
    let shape = try Tensor(([rows.count] + sizes).map { Int64($0) }, dims: [width])
    return Tensor(
      .variant, objects: [places, values, shape].map { BoxedTensor($0) }, dims: [3])
  }
}
