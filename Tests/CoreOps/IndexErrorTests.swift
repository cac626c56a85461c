import CoreOps
import Ops
import TestSupport
import Testing

/// What errors say about indices, word for word as TensorFlow 2.21.
@Suite struct IndexErrorTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let op: String
    let inputs: [Tensor]
    let attrs: Attrs
    let message: String
    var testDescription: String { "\(op): \(message)" }

    init(
      _ op: String, _ inputs: [any TensorConvertible], _ message: String, _ attrs: Attrs = [:]
    ) {
      self.op = op
      self.inputs = inputs.map {
        do { return try $0.asTensor() } catch { preconditionFailure("\(error)") }
      }
      self.attrs = attrs
      self.message = message
    }
  }

  static let rows: [Row] = [
    Row("GatherV2", [[1, 2], 5, 0], "indices = 5 is not in [0, 2)"),
    Row("GatherV2", [[1, 2], [[0, 5]], 0], "indices[0,1] = 5 is not in [0, 2)"),
    Row("UnsortedSegmentSum", [1.0, 5, 2], "segment_ids = 5 is out of range [0, 2)"),
    Row(
      "DynamicPartition", [[1.0, 2.0], [0, 5]], "partitions[1] = 5 is not in [0, 2)",
      ["num_partitions": .int(2)]),
    Row(
      "DynamicPartition", [1.0, 5], "partitions = 5 is not in [0, 2)",
      ["num_partitions": .int(2)]),
    Row(
      "ScatterNd", [[[0], [5]], [1, 2], [2]], "indices[1] = [5] does not index into shape [2]"),
    Row(
      "TensorScatterAdd", [[1, 2], [[0], [5]], [1, 2]],
      "indices[1] = [5] does not index into shape [2]"),
    Row(
      "SparseToDense", [[[0], [5]], [2], [1, 2], 0],
      "indices[1] = [5] is out of bounds: need 0 <= index < [2]"),
    Row(
      "SparseToDense", [[[1], [1]], [2], [1, 2], 0], "indices[1] = [1] is repeated"),
    Row(
      "RaggedGather", [[0, 1, 2], [1, 2], [[5]]],
      "indices[0,0] = 5 is not in [0, 2)",
      ["OUTPUT_RAGGED_RANK": .int(2), "PARAMS_RAGGED_RANK": .int(1)]),
    Row(
      "CTCLoss", [[[[0.0, 0.0]]], t(.int64, [[5, 0]]), [0], [1]],
      """
      label SparseTensor is not valid: indices[0] = [5,0] is out of bounds: need 0 <= index < [1,1]
      """),
    Row(
      "CTCLoss", [[[[0.0, 0.0]]], t(.int64, [[0, 0], [0, 0]]), [0, 0], [1]],
      "label SparseTensor is not valid: indices[1] = [0,0] is repeated"),
  ]

  @Test(arguments: rows)
  func areTensorFlows(row: Row) {
    let error = #expect(throws: TFError.self) { try applyOp(row.op, row.inputs, row.attrs) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message == row.message)
  }
}

@Suite struct ShapeTensorTests {
  let x = t(.float32, [[1, 2, 3], [4, 5, 6]])

  @Test func knownShapesAreValuesOfTheDTypeAskedFor() throws {
    for dtype in [DType.int32, .int64, .int16] {
      let shape = try ShapeOps.shapeTensor(of: x, dtype)
      #expect(shape.dtype == dtype && !shape.isSymbolic)
      #expect(try shape.integers() == [2, 3])
    }
    #expect(try ShapeOps.rankTensor(of: x).scalar(Int32.self) == 2)
    #expect(try ShapeOps.sizeTensor(of: x, .int64).scalar(Int64.self) == 6)
  }

  @Test func dimensionsCountFromBothEnds() throws {
    #expect(try ShapeOps.dimensions(of: x, 0..<1).integers() == [2])
    #expect(try ShapeOps.dimensions(of: x, -2..<0).integers() == [2, 3])
    #expect(try ShapeOps.firstDimension(of: x).rank == 0)
    #expect(try ShapeOps.lastDimension(of: x).integers() == [3])
  }

  @Test func partsOfVectorsCountFromBothEnds() throws {
    let vector = t(.int32, [1, 2, 3, 4])
    #expect(try ShapeOps.part(vector, from: 1, to: 3).integers() == [2, 3])
    #expect(try ShapeOps.part(vector, from: 1, to: nil).integers() == [2, 3, 4])
    #expect(try ShapeOps.part(vector, from: 0, to: -1).integers() == [1, 2, 3])
    #expect(try ShapeOps.part(vector, from: -2, to: nil).integers() == [3, 4])
    #expect(try ShapeOps.part(vector, from: -3, to: -1).integers() == [2, 3])
  }

  @Test func dimensionsPastInt32NeedInt64() throws {
    let large = 1 << 40
    #expect(try ShapeOps.vector([1, large]).dtype == .int64)
    #expect(try ShapeOps.integers(ShapeOps.vector([7]), .int64).integers() == [7])
  }
}
