package import CoreOps
import OpsState
import Serialization

/// Ops that put the elements of a dataset somewhere else.
package struct DatasetExportOps: OpFamily {
  package static let family: Self = define(Self())

  package let toTFRecord = DatasetExportOps.recordOp("DatasetToTFRecord")
  package let experimentalToTFRecord = DatasetExportOps.recordOp("ExperimentalDatasetToTFRecord")

  package let initializeTable = OpDef(
    "InitializeTableFromDataset",
    """
    table_handle: resource, dataset: variant ->
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "table_handle")
      _ = try context.shape(1, rank: 0, "dataset")
      return []
    },
    kernel: .run { run in
      let (table, dataset) = (try run.staticTable(), try run.dataset(1))
      let types = dataset.types
      try require(
        types.count == 2, "Dataset should have two output types only (key, value).")
      try table.check("InitializeTableFromDataset", types)
      for component in dataset.components {
        try require(
          component.shape.rank ?? 0 == 0,
          "Expected scalar keys and values, got shape \(component.shape).")
      }
      let entries = try Entries(dataset, run)
      try table.fill(total: { entries.count }) {
        (try entries.joined(0), try entries.joined(1))
      }
      return []
    }, gradient: .none("filling a table has no outputs"))

  private static func recordOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      input_dataset: variant, filename: string, compression_type: string ->
      """, stateful: true,
      shape: { context in
        for (index, name) in ["input_dataset", "filename", "compression_type"].enumerated() {
          _ = try context.shape(index, rank: 0, name)
        }
        return []
      },
      kernel: .run { run in
        let dataset = try run.dataset()
        try require(
          dataset.types == [.string],
          "The `input_dataset` must have one component of dtype string.")
        try require(
          dataset.components[0].shape.isCompatible(with: .scalar),
          "The elements of `input_dataset` must be scalars.")
        guard Compression(rawValue: run.text(2)) != nil else {
          throw TFError.invalidArgument(
            "Unsupported compression_type: \(run.text(2)).")
        }
        let writer = try TFRecordWriter(
          run.text(1), options: TFRecordOptions(compressionType: run.text(2)))
        let iterator = try dataset.makeIterator(IterationContext(dataset))
        while let element = try iterator.next(run.execution) {
          try require(
            element[0].dims.rank == 0,
            "a record is a scalar, got an element of shape \(element[0].dims)")
          try writer.write(Array(element[0].strings[0]))
        }
        try writer.close()
        return []
      }, gradient: .none("writing a file has no outputs"))
  }

  /// Keys and values that a dataset gives, as scalars.
  private struct Entries {
    private var parts: [[Tensor]] = [[], []]
    private let types: [DType]

    init(_ dataset: DatasetObject, _ run: DynamicContext) throws {
      types = dataset.types
      let iterator = try dataset.makeIterator(IterationContext(dataset))
      while let element = try iterator.next(run.execution) {
        for (index, tensor) in element.enumerated() {
          try require(
            tensor.dims.rank == 0 && tensor.dtype == types[index],
            "Expected scalar keys and values, got \(tensor.dtype.name) \(tensor.dims).")
          parts[index].append(tensor)
        }
        if count % 4096 == 0 { try MemoryLimit.room(for: count * 512) }
      }
    }

    var count: Int { parts[0].count }

    func joined(_ index: Int) throws -> Tensor {
      try Stacking.joined(parts[index], types[index], [count])
    }
  }
}
