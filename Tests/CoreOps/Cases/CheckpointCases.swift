import CoreOps
import Ops
import TestSupport

private let weights: [Tensor] = [
  try! Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]), try! Tensor(["x", "yy"], shape: [2]),
]

private func texts(_ values: String...) -> Tensor { try! Tensor(values, shape: [values.count]) }

/// Saves two tensors under a name of its own.
private func saved(_ name: String) throws -> Tensor {
  let prefix = try TestFiles.path(name).asTensor()
  _ = try applyOp("SaveV2", [prefix, texts("w", "v"), texts("", "")] + weights)
  return prefix
}

private func restored(_ prefix: Tensor, _ name: String, _ type: DType, part: String = "") throws
  -> [Tensor]
{
  try applyOp(
    "RestoreV2", [prefix, texts(name), texts(part)], ["dtypes": .types([type])])
}

/// Restores what another file of the fixtures or of a row holds, in the older format.
private func old(_ name: String) throws -> Tensor {
  let path = try TestFiles.path(name).asTensor()
  _ = try applyOp("Save", [path, texts("w", "v")] + weights)
  return path
}

let checkpointCases: [OpCase] = [
  OpCase("SaveV2", expect: [weights[1], weights[0]]) { _ in
    try applyOp(
      "RestoreV2", [saved("both"), texts("v", "w"), texts("", "")],
      ["dtypes": .types([.string, .float32])])
  },
  OpCase("SaveV2 of parts", expect: [[[1.0], [2.0], [3.0]]]) { _ in
    let prefix = try TestFiles.path("parts").asTensor()
    _ = try applyOp(
      "SaveV2",
      [
        prefix, texts("w", "w"), texts("3 1 0,1:-", "3 1 1,2:-"), t(.float32, [[1.0]]),
        t(.float32, [[2.0], [3.0]]),
      ])
    return try restored(prefix, "w", .float32)
  },
  OpCase("SaveV2 of two under one name", error: .invalidArgument) { _ in
    let prefix = try TestFiles.path("twice").asTensor()
    _ = try applyOp("SaveV2", [prefix, texts("w", "w"), texts("", "")] + weights)
    return try restored(prefix, "w", .float32)
  },
  OpCase("Save of fewer tensors than names", error: .invalidArgument) { _ in
    let path = try TestFiles.path("few").asTensor()
    _ = try applyOp("Save", [path, texts("w", "v", "u"), weights[0]])
    return try applyOp("Restore", [path, "w".asTensor()], ["dt": .type(.float32)])
  },
  OpCase("SaveSlices of more tensors than names", error: .invalidArgument) { _ in
    let path = try TestFiles.path("many").asTensor()
    _ = try applyOp("SaveSlices", [path, texts("w"), texts("")] + weights)
    return try applyOp("Restore", [path, "w".asTensor()], ["dt": .type(.float32)])
  },
  OpCase("SaveV2 of a part that does not fit", error: .invalidArgument) { _ in
    let prefix = try TestFiles.path("misfit").asTensor()
    _ = try applyOp("SaveV2", [prefix, texts("w"), texts("4 2 0,3:-"), weights[0]])
    return try restored(prefix, "w", .float32)
  },
  OpCase("RestoreV2 of a part", expect: [[[2.0], [4.0]]]) { _ in
    try restored(saved("part"), "w", .float32, part: "2 2 -:1,1")
  },
  OpCase("RestoreV2 of a name that is not there", error: .notFound) { _ in
    try restored(saved("names"), "u", .float32)
  },
  OpCase("RestoreV2 of another dtype", error: .invalidArgument) { _ in
    try restored(saved("dtypes"), "w", .float64)
  },
  OpCase("RestoreV2 of another shape", error: .invalidArgument) { _ in
    try restored(saved("shapes"), "w", .float32, part: "3 2 0,1:-")
  },
  OpCase("RestoreV2 of no checkpoint", error: .notFound) { _ in
    try restored("/nonexistent/model.ckpt".asTensor(), "w", .float32)
  },
  OpCase("RestoreV2 of the older format", expect: [weights[0]]) { _ in
    try restored(old("old v2"), "w", .float32)
  },
  OpCase("MergeV2Checkpoints", expect: [weights[0], weights[1]]) { _ in
    let parts = try ["first", "second"].map { try TestFiles.path("merged \($0)") }
    for (index, name) in ["w", "v"].enumerated() {
      _ = try applyOp(
        "SaveV2", [parts[index].asTensor(), texts(name), texts(""), weights[index]])
    }
    let whole = try TestFiles.path("merged whole").asTensor()
    _ = try applyOp(
      "MergeV2Checkpoints", [parts.asTensor(), whole], ["delete_old_dirs": .bool(false)])
    return try restored(whole, "w", .float32) + restored(whole, "v", .string)
  },
  OpCase("MergeV2Checkpoints of nothing", error: .invalidArgument) { _ in
    let whole = try TestFiles.path("merged nothing").asTensor()
    _ = try applyOp("MergeV2Checkpoints", [["/nonexistent/part"].asTensor(), whole])
    return try restored(whole, "w", .float32)
  },
  OpCase("ShardedFilename", ["b", 3, 12], expect: ["b-00003-of-00012"]),
  OpCase(
    "ShardedFilename with more digits", ["b", 123_456, 1_234_567],
    expect: ["b-123456-of-1234567"]),
  OpCase("ShardedFilespec", ["b", 12], expect: ["b-?????-of-00012"]),
  OpCase("Save", expect: [weights[1]]) { _ in
    try applyOp("Restore", [old("old"), "v".asTensor()], ["dt": .type(.string)])
  },
  OpCase("Restore of another dtype", error: .invalidArgument) { _ in
    try applyOp("Restore", [old("old dtype"), "w".asTensor()], ["dt": .type(.int32)])
  },
  OpCase("Restore of a name that is not there", error: .notFound) { _ in
    try applyOp("Restore", [old("old name"), "u".asTensor()], ["dt": .type(.int32)])
  },
  OpCase("SaveSlices", expect: [[[2.0, 2.5], [3.0, 3.5]]]) { _ in
    let path = try TestFiles.path("old slices").asTensor()
    _ = try applyOp(
      "SaveSlices",
      [
        path, texts("w", "w"), texts("3 2 0,1:-", "3 2 1,2:-"), t(.float32, [[1.0, 1.5]]),
        t(.float32, [[2.0, 2.5], [3.0, 3.5]]),
      ])
    return try applyOp(
      "RestoreSlice", [path, "w".asTensor(), "3 2 1,2:-".asTensor()], ["dt": .type(.float32)])
  },
  OpCase("RestoreSlice of another shape", error: .invalidArgument) { _ in
    try applyOp(
      "RestoreSlice", [old("old shape"), "w".asTensor(), "5 2 1,2:-".asTensor()],
      ["dt": .type(.float32)])
  },
  OpCase("DisableCopyOnRead", expect: [true]) { _ in
    let handle = try variable("", [1.0], reference: false)
    _ = try applyOp("DisableCopyOnRead", [handle])
    return try applyOp("VarIsInitializedOp", [handle])
  },
]
