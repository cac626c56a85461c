package import CoreOps
import Serialization

/// Files as a whole.
package struct FileOps: OpFamily {
  package static let family: Self = define(Self())

  package let readFile = OpDef(
    "ReadFile", "filename: string -> contents: string",
    shape: { context in
      _ = try context.shape(0, rank: 0, "filename")
      return [.scalar]
    },
    kernel: .run { run in
      let path = try run.path(0)
      return [try Tensor(strings: [Serialization.readFile(path)], dims: [])]
    }, gradient: .zero)

  package let writeFile = OpDef(
    "WriteFile", "filename: string, contents: string ->", stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "filename")
      _ = try context.shape(1, rank: 0, "contents")
      return []
    },
    kernel: .run { run in
      let path = try run.path(0)
      let contents = run.inputs[1]
      try require(
        contents.dims.rank == 0,
        "Contents tensor must be scalar, but had shape: \(contents.dims)")
      guard !isFolder(path) else {
        throw TFError.failedPrecondition("\(path): Is a directory")
      }
      try makeFolders(for: path)
      try Serialization.writeFile(path, Array(contents.strings[0]))
      return []
    }, gradient: .none("writing a file has no outputs"))

  package let matchingFiles = OpDef(
    "MatchingFiles", "pattern: string -> filenames: string",
    shape: { context in
      if let rank = context.shapes[0].rank {
        try require(
          rank <= 1, "Shape must be at most rank 1 but is rank \(rank) for pattern")
      }
      return [[nil]]
    },
    kernel: .run { run in
      let patterns = run.inputs[0]
      try require(
        patterns.dims.rank <= 1,
        "Input patterns tensor must be scalar or vector, but had shape: \(patterns.dims)")
      let paths = try patterns.strings.flatMap { try Serialization.matchingFiles($0.text) }
      // By their bytes, whatever the language of the process.
      let sorted = paths.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
      return [try Tensor(strings: sorted, dims: [sorted.count])]
    }, gradient: .zero)

  package let immutableConst = OpDef(
    "ImmutableConst",
    """
    -> tensor: dtype
    dtype: type
    shape: shape
    memory_region_name: string
    """, shape: { [try $0.shape("shape")] },
    kernel: .dynamic { context in
      let (dtype, shape) = (try context.type("dtype"), try context.shape("shape"))
      let path = try context.string("memory_region_name")
      guard let dims = shape.known, let count = dims.checkedElementCount else {
        throw TFError.invalidArgument("shape must be fully defined, got \(shape)")
      }
      guard dtype.isNumeric else {
        throw TFError.unimplemented(
          "Sorry, DT_\(dtype.name.uppercased()) is not currently supported for ImmutableConstOp.")
      }
      return { run in
        let file = try RandomAccessFile(path)
        let tensor = try Tensor.uninitialized(dtype, dims)
        guard file.size >= count * dtype.byteSize else {
          throw TFError.internal(
            """
            \(path) has \(file.size) bytes; a \(dtype) tensor of shape \(dims) takes \
            \(count * dtype.byteSize)
            """)
        }
        try file.read(into: tensor.bytes, at: 0)
        if dtype == .bool {
          let bytes = tensor.bytes
          for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
        }
        return [tensor]
      }
    }, gradient: .zero)
}

extension DynamicContext {
  /// The path in an input.
  fileprivate func path(_ index: Int) throws -> String {
    let name = inputs[index]
    try require(
      name.dims.rank == 0, "Input filename tensor must be scalar, but had shape: \(name.dims)")
    return name.strings[0].text
  }
}
