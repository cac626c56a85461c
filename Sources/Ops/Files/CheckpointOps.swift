package import CoreOps
import Serialization

/// Checkpoints: ops that save tensors to files and restore them.
package struct CheckpointOps: OpFamily {
  package static let family: Self = define(Self())

  package let saveV2 = OpDef(
    "SaveV2",
    """
    prefix: string, tensor_names: string, shape_and_slices: string, tensors: dtypes ->
    dtypes: list(type) >= 1
    """, stateful: true, shape: { _ in [] },
    kernel: .run(["dtypes": [.plain, .string]]) { run in
      let names = try run.savedNames(fixed: 3)
      let parts = try names.indices.map { try TensorSlice.parse(shapeAndSlice: run.text(2, $0)) }
      let writer = try CheckpointWriter(run.only(0, "prefix"))
      for (index, name) in names.enumerated() {
        let value = run.inputs[3 + index]
        if let part = parts[index] {
          try checkPart(part, value, run.text(2, index))
          try writer.add(name, value, part.slice, of: part.shape)
        } else {
          try writer.add(name, value)
        }
      }
      try writer.finish()
      return []
    }, gradient: .none("saving has no outputs"))

  package let restoreV2 = OpDef(
    "RestoreV2",
    """
    prefix: string, tensor_names: string, shape_and_slices: string -> tensors: dtypes
    dtypes: list(type) >= 1
    """, stateful: true,
    shape: { context in
      let count = try context.outputCount
      guard let parts = context.values[2], parts.dtype == .string,
        parts.dims.elementCount == count
      else { return [PartialShape](repeating: .unknown, count: count) }
      return try parts.strings.map {
        try TensorSlice.parse(shapeAndSlice: $0.text).map {
          PartialShape(try $0.slice.dims(of: $0.shape))
        } ?? .unknown
      }
    },
    kernel: .dynamic { context in
      let types = context.outputTypes
      return { run in
        let names = try run.names(fixed: 3)
        try require(
          names.count == types.count,
          "Got \(names.count) tensor names, but \(types.count) expected dtypes.")
        let reader = try CheckpointReader(run.only(0, "prefix"))
        let requests = try names.enumerated().map { index, name in
          let part = try TensorSlice.parse(shapeAndSlice: run.text(2, index))
          try check(reader, name, types[index], part?.shape, isOld: reader.isVersion1)
          return (name: name, slice: part?.slice)
        }
        return try reader.tensors(requests)
      }
    }, gradient: .none("restoring reads files"))

  package let merge = OpDef(
    "MergeV2Checkpoints",
    """
    checkpoint_prefixes: string, destination_prefix: string ->
    delete_old_dirs: bool = true
    allow_missing_files: bool = false
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 1, "checkpoint_prefixes")
      _ = try context.shape(1, rank: 0, "destination_prefix")
      return []
    },
    kernel: .dynamic { context in
      let removes = try context.bool("delete_old_dirs")
      let allowsMissing = try context.bool("allow_missing_files")
      return { run in
        try require(
          run.inputs[0].dims.rank == 1,
          "Input checkpoint_prefixes should be an 1-D tensor, got \(run.inputs[0].dims) instead.")
        let parts = run.inputs[0].strings.map(\.text)
        try BundleMerge.merge(
          parts, into: run.only(1, "destination_prefix"), removesFolders: removes,
          allowsMissing: allowsMissing)
        return []
      }
    }, gradient: .none("merging has no outputs"))

  package let shardedFilename = OpDef(
    "ShardedFilename",
    """
    basename: string, shard: int32, num_shards: int32 -> filename: string
    """, shape: CheckpointOps.scalars,
    kernel: .run { run in
      let name = try run.only(0, "basename")
      let (shard, count) = (try run.integer(1, "shard"), try run.integer(2, "num_shards"))
      return [try Tensor("\(name)-\(fiveDigits(shard))-of-\(fiveDigits(count))")]
    }, gradient: .zero)

  package let shardedFilespec = OpDef(
    "ShardedFilespec",
    """
    basename: string, num_shards: int32 -> filename: string
    """, shape: CheckpointOps.scalars,
    kernel: .run { run in
      let name = try run.only(0, "basename")
      return [try Tensor("\(name)-?????-of-\(fiveDigits(try run.integer(1, "num_shards")))")]
    }, gradient: .zero)

  private static let scalars: ShapeRule = { context in
    for index in 0..<context.inputCount { _ = try context.shape(index, rank: 0) }
    return [.scalar]
  }
}

/// Checkpoints of the older format.
package struct OldCheckpointOps: OpFamily {
  package static let family: Self = define(Self())

  package let save = OpDef(
    "Save",
    """
    filename: string, tensor_names: string, data: T ->
    T: list(type) >= 1
    """, stateful: true, shape: { _ in [] },
    kernel: .run(["T": [.plain, .string]]) { run in
      let names = try run.savedNames(fixed: 2)
      var writer = SliceTableWriter(try run.only(0, "filename"))
      for (index, name) in names.enumerated() { try writer.add(name, run.inputs[2 + index]) }
      try writer.finish()
      return []
    }, gradient: .none("saving has no outputs"))

  package let saveSlices = OpDef(
    "SaveSlices",
    """
    filename: string, tensor_names: string, shapes_and_slices: string, data: T ->
    T: list(type) >= 1
    """, stateful: true, shape: { _ in [] },
    kernel: .run(["T": [.plain, .string]]) { run in
      let names = try run.savedNames(fixed: 3)
      var writer = SliceTableWriter(try run.only(0, "filename"))
      for (index, name) in names.enumerated() {
        let (text, value) = (run.text(2, index), run.inputs[3 + index])
        let part = try TensorSlice.parse(shapeAndSlice: text)
        if let part { try checkPart(part, value, text) }
        try writer.add(name, value, part)
      }
      try writer.finish()
      return []
    }, gradient: .none("saving has no outputs"))

  package let restore = OpDef(
    "Restore",
    """
    file_pattern: string, tensor_name: string -> tensor: dt
    dt: type
    preferred_shard: int = -1
    """, stateful: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("dt")
      return { run in [try restore(run, dtype, nil)] }
    }, gradient: .none("restoring reads files"))

  package let restoreSlice = OpDef(
    "RestoreSlice",
    """
    file_pattern: string, tensor_name: string, shape_and_slice: string -> tensor: dt
    dt: type
    preferred_shard: int = -1
    """, stateful: true,
    shape: { context in
      guard let text = context.values[2], text.dtype == .string, text.dims.elementCount == 1,
        let part = try TensorSlice.parse(
          shapeAndSlice: text.strings[0].text)
      else { return [.unknown] }
      return [PartialShape(try part.slice.dims(of: part.shape))]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dt")
      return { run in
        _ = try run.only(2, "shape_and_slice")
        return [
          try restore(run, dtype, TensorSlice.parse(shapeAndSlice: run.text(2, 0)))
        ]
      }
    }, gradient: .none("restoring reads files"))

  private static func restore(
    _ run: DynamicContext, _ dtype: DType, _ part: (shape: Shape, slice: TensorSlice)?
  ) throws -> Tensor {
    let reader = try CheckpointReader(run.only(0, "file_pattern"))
    let name = try run.only(1, "tensor_name")
    try check(reader, name, dtype, part?.shape, isOld: true)
    return try reader.tensors([(name, part?.slice)])[0]
  }
}

/// A number as five digits, or more where it has more.
private func fiveDigits(_ number: Int) -> String {
  let digits = "\(abs(number))"
  let width = number < 0 ? 4 : 5
  return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count))
    + digits
}

private func checkPart(
  _ part: (shape: Shape, slice: TensorSlice), _ value: Tensor, _ text: String
) throws {
  guard try part.slice.dims(of: part.shape) == value.dims else {
    throw TFError.invalidArgument(
      """
      Slice in shape_and_slice specification does not match the shape of the tensor to  save: \
      \(text), tensor: \(value.dims)
      """
    )
  }
}

/// Checks that a checkpoint has what is asked for.
private func check(
  _ reader: CheckpointReader, _ name: String, _ dtype: DType, _ shape: Shape?, isOld: Bool
) throws {
  // A name that is not there is found when it is read.
  guard let entry = try reader.entry(name) else { return }
  let stored = entry.dtype?.signatureName ?? entry.dtypeName
  try require(
    entry.dtype == dtype,
    isOld
      ? """
      Expected to restore a tensor of type \(dtype.signatureName), got a tensor of type \(stored) \
      instead: tensor_name = \(name)
      """
      : """
      tensor_name = \(name); expected dtype \(dtype.signatureName) does not equal original dtype \
      \(stored)
      """)
  guard let shape else { return }
  try require(
    entry.shape == shape,
    isOld
      ? """
      Shape in shape_and_slice spec does not match the shape in the save file: \(shape), save file \
      shape: \(entry.shape)
      """
      : """
      tensor_name = \(name); shape in shape_and_slice spec \(shape) does not match the shape \
      stored in checkpoint: \(entry.shape)
      """)
}

extension DynamicContext {
  /// The only string of an input.
  func only(_ index: Int, _ name: String) throws -> String {
    let count = inputs[index].dims.elementCount
    try require(count == 1, "Input \(name) should have a single element, got \(count) instead.")
    return text(index, 0)
  }

  fileprivate func integer(_ index: Int, _ name: String) throws -> Int {
    try require(
      inputs[index].dims.rank == 0, "\(name) must be a scalar, got shape \(inputs[index].dims)")
    return try inputs[index].integers()[0]
  }

  fileprivate func text(_ index: Int, _ element: Int) -> String {
    inputs[index].strings[element].text
  }

  /// The names of the tensors that follow the fixed inputs, a name for each.
  fileprivate func savedNames(fixed: Int) throws -> [String] {
    let names = try names(fixed: fixed)
    try require(
      inputs.count - fixed == names.count,
      "Got \(names.count) tensor names but \(inputs.count - fixed) tensors.")
    return names
  }

  /// The tensors' names in input 1, and checks that there are as many of the other texts.
  ///
  /// - Parameter fixed: the inputs that are no values.
  fileprivate func names(fixed: Int) throws -> [String] {
    for index in 1..<fixed {
      try require(
        inputs[index].dims.rank == 1,
        """
        Input tensor_names and shape_and_slices should be 1-D tensors, got \(inputs[index].dims) \
        instead.
        """
      )
      try require(
        inputs[index].dims == inputs[1].dims,
        """
        tensor_names and shape_and_slices have different number of elements: \
        \(inputs[1].dims.elementCount) vs. \(inputs[index].dims.elementCount)
        """
      )
    }
    return inputs[1].strings.map(\.text)
  }
}

extension Tensor {
  fileprivate init(_ text: String) throws { self = try text.asTensor(preferring: .string) }
}
