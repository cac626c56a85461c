import CKernels
import CoreOps
import Glibc
import Ops
import TestSupport
import Testing

@testable import Serialization

/// The checkpoints in the fixtures, which TensorFlow 2.21 wrote: every dtype that it saves,
/// strings, a tensor in two parts, and enough names for keys to share prefixes.
@Suite struct CheckpointTests {
  private let bundle = Fixtures.path("checkpoints/dtypes.ckpt")
  private let old = Fixtures.path("checkpoints/old.ckpt")

  @Test func checksumsAreThoseOfTheStandard() {
    let digits = Array("123456789".utf8)
    #expect(jk_crc32c(0, digits, 9) == 0xe306_9283)
    var numbers = Numbers(state: 3)
    let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    let whole = jk_crc32c(0, bytes, bytes.count)
    for cut in [0, 1, 7, 4096, 12_288, 50_001, 100_000] {
      let first = jk_crc32c(0, Array(bytes[..<cut]), cut)
      let second = jk_crc32c(0, Array(bytes[cut...]), bytes.count - cut)
      #expect(jk_crc32c_combine(first, second, bytes.count - cut) == whole)
      #expect(jk_crc32c(first, Array(bytes[cut...]), bytes.count - cut) == whole)
    }
  }

  @Test func everyDTypeIsRead() throws {
    for path in [bundle, old] {
      let reader = try CheckpointReader(path)
      let entries = try reader.entries()
      for entry in entries where entry.name.hasPrefix("dtype/") {
        let dtype = try #require(DType(name: String(entry.name.dropFirst(6))))
        #expect(entry.dtype == dtype)
        let tensor = try reader.tensor(entry.name)
        #expect(tensor.dtype == dtype)
        #expect(tensor.dims == entry.shape)
        guard dtype.isInteger else { continue }
        let values =
          dtype == .uint64 ? tensor.elements(UInt64.self).map { Int($0) } : try tensor.integers()
        #expect(values == [0, 1, 2, 3, 4, 5])
      }
      let complex = try reader.tensor("dtype/complex64").scalars(Complex64.self)
      #expect(complex[3] == Complex64(3, 6))
      #expect(try reader.tensor("dtype/bool").scalars(Bool.self)[1])
      #expect(try reader.tensor("scalar").scalar(Float.self) == 2.5)
    }
    let bfloat = try CheckpointReader(bundle).tensor("dtype/bfloat16")
    #expect(try bfloat.scalars(BFloat16.self).map(\.float) == [0, 1, 2, 3, 4, 5])
  }

  @Test func stringsAreRead() throws {
    for path in [bundle, old] {
      let strings = try CheckpointReader(path).tensor("strings")
      #expect(strings.dims == [2, 3])
      let expected = ["a", "", String(repeating: "b", count: 300), "é", "\0x", "z"]
      #expect(try strings.byteStrings() == expected.map { Array($0.utf8) })
    }
  }

  @Test func partsMakeATensor() throws {
    for path in [bundle, old] {
      let reader = try CheckpointReader(path)
      let entry = try #require(try reader.entry("parts"))
      #expect(entry.shape == [4, 2])
      #expect(entry.partCount == 2)
      #expect(try reader.tensor("parts").scalars(Float.self) == [0, 1, 2, 3, 4, 5, 6, 7])
      let middle = try TensorSlice(parsing: "0,2:1,1")
      #expect(
        try reader.tensors([("parts", middle)])[0].scalars(Float.self) == [1, 3])
      let one = try TensorSlice(parsing: "1,2:-")
      #expect(
        try reader.tensors([("dtype/float32", TensorSlice(parsing: "1,1:0,2"))])[0]
          .scalars(Float.self) == [3, 4])
      #expect(try reader.tensors([("parts", one)])[0].scalars(Float.self) == [2, 3, 4, 5])
    }
  }

  @Test func writingGivesTensorFlowsBytes() throws {
    let folder = try TemporaryFolder()
    let reader = try CheckpointReader(bundle)
    let writer = try CheckpointWriter(folder.file("copy"))
    for entry in try reader.entries() where entry.partCount == 1 {
      try writer.add(entry.name, reader.tensor(entry.name))
    }
    for part in ["0,1:-", "1,3:-"] {
      let slice = try TensorSlice(parsing: part)
      try writer.add("parts", reader.tensors([("parts", slice)])[0], slice, of: [4, 2])
    }
    try writer.finish()
    for suffix in [".index", ".data-00000-of-00001"] {
      #expect(try readFile(folder.file("copy" + suffix)) == readFile(bundle + suffix))
    }
    #expect(folder.names == ["copy.data-00000-of-00001", "copy.index"])
  }

  @Test func writingTheOlderFormatGivesTensorFlowsBytes() throws {
    let folder = try TemporaryFolder()
    let reader = try CheckpointReader(old)
    var writer = SliceTableWriter(folder.file("copy"))
    for entry in try reader.entries() where entry.partCount == 1 {
      try writer.add(entry.name, reader.tensor(entry.name))
    }
    for part in ["0,1:-", "1,3:-"] {
      let slice = try TensorSlice(parsing: part)
      try writer.add("parts", reader.tensors([("parts", slice)])[0], ([4, 2], slice))
    }
    try writer.finish()
    #expect(try readFile(folder.file("copy")) == readFile(old))
  }

  @Test func manyTensorsTakeSeveralBlocks() throws {
    let folder = try TemporaryFolder()
    let writer = try CheckpointWriter(folder.file("many"))
    let names = (0..<9000).map {
      "layer_\($0 % 97)/\(String(repeating: "x", count: $0 % 50))/\($0)"
    }
    for (index, name) in names.enumerated() { try writer.add(name, Tensor(scalar: Int32(index))) }
    try writer.finish()
    let reader = try CheckpointReader(folder.file("many"))
    #expect(
      try reader.entries().map(\.name)
        == names.sorted {
          $0.utf8.lexicographicallyPrecedes($1.utf8)
        })
    for index in stride(from: 0, to: names.count, by: 371) {
      #expect(try reader.tensor(names[index]).scalar(Int32.self) == Int32(index))
    }
    #expect(try !reader.contains("layer_1/none"))
  }

  @Test func aWriterThatIsNotFinishedLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      let writer = try CheckpointWriter(folder.file("left"))
      try writer.add("a", Tensor(scalar: Float(1)))
      #expect(throws: TFError.self) { try writer.add("a", Tensor(scalar: Float(1))) }
    }
    #expect(folder.names == [])
  }

  @Test func writingOverACheckpointReplacesItWhole() throws {
    let folder = try TemporaryFolder()
    for value in [Float(1), 2, 3] {
      let writer = try CheckpointWriter(folder.file("model"))
      try writer.add("w", Tensor(scalar: value))
      try writer.finish()
      #expect(try CheckpointReader(folder.file("model")).tensor("w").scalar(Float.self) == value)
      #expect(folder.names.count == 2)
    }
  }

  @Test func errorsNameFileAndTensor() throws {
    let folder = try TemporaryFolder()
    let prefix = folder.file("model")
    let writer = try CheckpointWriter(prefix)
    try writer.add("weights", Tensor([1, 2, 3] as [Float], shape: [3]))
    try writer.finish()
    let data = prefix + ".data-00000-of-00001"
    func message(_ code: TFError.Code, _ parts: [String]) {
      #expect {
        try CheckpointReader(prefix).tensor("weights")
      } throws: { error in
        guard let error = error as? TFError else { return false }
        return error.code == code && parts.allSatisfy(error.message.contains)
      }
    }
    try writeFile(data, [UInt8](repeating: 7, count: 12))
    message(.dataLoss, ["weights", data, "Checksum does not match"])
    try writeFile(data, [1, 2, 3])
    message(.dataLoss, ["weights", data, "ends at byte 3"])
    unlink(data)
    message(.notFound, ["weights", data])
    var index = try readFile(prefix + ".index")
    index[3] ^= 1
    try writeFile(prefix + ".index", index)
    message(.dataLoss, [prefix + ".index", "checksum"])
    #expect {
      try CheckpointReader(folder.file("none"))
    } throws: { ($0 as? TFError)?.code == .notFound }
    #expect {
      try CheckpointReader(bundle).tensor("none")
    } throws: { ($0 as? TFError)?.message.contains("Key none not found in checkpoint") == true }
  }

  @Test func objectGraphsAreReadAndWrittenAlike() throws {
    let reader = try CheckpointReader(Fixtures.path("checkpoints/objects.ckpt"))
    let graph = try #require(try reader.objectGraph())
    #expect(graph.nodes[0].children.contains { $0.name == "model" })
    let keys = graph.nodes.flatMap(\.attributes).map(\.checkpointKey)
    #expect(keys.contains("model/w/.ATTRIBUTES/VARIABLE_VALUE"))
    for key in keys { #expect(try reader.contains(key)) }
    let bytes = try reader.tensor(ObjectGraph.key).byteStrings()[0]
    #expect(try graph.serialized() == bytes)
    #expect(try CheckpointReader(bundle).objectGraph() == nil)
  }

  @Test func damagedCheckpointsAreErrors() throws {
    var numbers = Numbers(state: Fuzz.seed)
    let index = try readFile(bundle + ".index")
    let data = try readFile(bundle + ".data-00000-of-00001")
    let table = try readFile(old)
    func readAll(_ reader: CheckpointReader) throws {
      _ = try reader.objectGraph()
      for entry in try reader.entries() { _ = try reader.tensor(entry.name) }
    }
    var failures = 0
    for round in 0..<Fuzz.rounds {
      let failed = try throwsOnlyTFError {
        switch round % 3 {
        case 0: try readAll(CheckpointReader(index: damaged(index, &numbers), data: data))
        case 1: try readAll(CheckpointReader(index: index, data: damaged(data, &numbers)))
        default: try readAll(CheckpointReader(sliceTable: damaged(table, &numbers)))
        }
      }
      if failed { failures += 1 }
    }
    // Few changes are harmless, such as those of bytes that no tensor uses.
    #expect(failures * 10 > Fuzz.rounds * 9)
  }

  /// A negative dtype, a shard that no file has, a shape that overflows, a part that begins before
  /// the tensor.
  private static let outOfRange: [[UInt8]] = {
    let negative = [UInt8](repeating: 255, count: 9) + [1]
    let largest = [UInt8](repeating: 255, count: 8) + [127]
    let dimension = [UInt8](repeating: 128, count: 8) + [32]
    return [
      [8] + negative, [24] + largest, [18, 12, 18, 10, 8] + dimension,
      [58, 13, 10, 11, 8] + negative,
    ]
  }()

  @Test(arguments: outOfRange) func numbersOutOfRangeAreErrors(entry: [UInt8]) throws {
    let table = try SortedTable.bytes([([], [8, 1, 26, 2, 8, 1]), ([119], entry)])
    #expect {
      try CheckpointReader(index: table, data: []).entries()
    } throws: { error in
      (error as? TFError)?.code == .dataLoss && "\(error)".contains("out of range")
    }
  }

  @Test func partsThatOverlapAreAnError() throws {
    let prefix = try TemporaryFolder().file("model")
    let writer = try CheckpointWriter(prefix)
    for (start, values) in [(0, [1, 2, 3]), (1, [4, 5])] as [(Int, [Float])] {
      try writer.add(
        "w", Tensor(values, shape: [values.count]),
        TensorSlice([.init(start: start, length: values.count)]), of: [4])
    }
    try writer.finish()
    #expect {
      try CheckpointReader(prefix).tensor("w")
    } throws: { ($0 as? TFError)?.code == .dataLoss }
  }

  /// Blocks whose checksums are right say what a file's maker wants them to.
  @Test func damageUnderRightChecksumsIsAnError() throws {
    var numbers = Numbers(state: Fuzz.seed + 1)
    var table: [(key: [UInt8], value: [UInt8])] = []
    try TableReader(RandomAccessFile(memory: readFile(bundle + ".index"))).forEach { key, value in
      table.append((key, Array(value)))
      return true
    }
    let data = try readFile(bundle + ".data-00000-of-00001")
    for _ in 0..<Fuzz.rounds / 10 {
      let target = Int.random(in: 0..<table.count, using: &numbers)
      let bytes = try SortedTable.bytes(
        table.enumerated().map { index, entry in
          index == target && !entry.value.isEmpty
            ? (entry.key, damaged(entry.value, &numbers)) : entry
        })
      _ = try throwsOnlyTFError {
        let reader = try CheckpointReader(index: bytes, data: data)
        for entry in try reader.entries() { _ = try reader.tensor(entry.name) }
      }
    }
  }
}

@Suite struct CheckpointStateTests {
  private enum Train: TrainAPI {}

  @Test func theStateFileIsTensorFlowsText() throws {
    let folder = try TemporaryFolder()
    var state = CheckpointState()
    state.modelCheckpointPath = folder.file("model.ckpt-2")
    state.allModelCheckpointPaths = [folder.file("model.ckpt-1"), folder.file("model.ckpt-2")]
    try state.write(folder: folder.path)
    let text = String(decoding: try readFile(folder.file("checkpoint")), as: UTF8.self)
    #expect(
      text == """
        model_checkpoint_path: "\(folder.path)/model.ckpt-2"
        all_model_checkpoint_paths: "\(folder.path)/model.ckpt-1"
        all_model_checkpoint_paths: "\(folder.path)/model.ckpt-2"

        """)
    #expect(try CheckpointState(folder: folder.path) == state)
    // The checkpoint itself is not there.
    #expect(try Train.latestCheckpoint(folder.path) == nil)
  }

  @Test func relativePathsStartAtTheFolder() throws {
    let folder = try TemporaryFolder()
    try writeFile(
      folder.file("checkpoint"), Array("model_checkpoint_path: \"model.ckpt-7\"\n".utf8))
    let writer = try CheckpointWriter(folder.file("model.ckpt-7"))
    try writer.add("w", Tensor(scalar: Float(7)))
    try writer.finish()
    #expect(try Train.latestCheckpoint(folder.path) == folder.file("model.ckpt-7"))
    #expect(try Train.loadVariable(folder.path, "w").scalar(Float.self) == 7)
  }

  @Test func theLastAreKeptAndOneEveryFewHours() throws {
    let folder = try TemporaryFolder()
    var keeper = CheckpointKeeper(maxToKeep: 2, keepEveryNHours: 1, start: 0)
    for step in 1...6 {
      let path = folder.file("model.ckpt-\(step)")
      let writer = try CheckpointWriter(path)
      try writer.add("step", Tensor(scalar: Int64(step)))
      try writer.finish()
      // Half an hour apart: what is dropped after the first hour is kept, and then after the next.
      try keeper.saved(path, time: Double(step) * 1800)
    }
    #expect(keeper.last.map(\.path) == [5, 6].map { folder.file("model.ckpt-\($0)") })
    let kept = (1...6).filter { Train.checkpointExists(folder.file("model.ckpt-\($0)")) }
    #expect(kept == [3, 5, 6])
    #expect(try Train.latestCheckpoint(folder.path) == folder.file("model.ckpt-6"))
    let state = try #require(try Train.getCheckpointState(folder.path))
    #expect(state.allModelCheckpointPaths.count == 2)
    #expect(state.lastPreservedTimestamp == 5400)
  }
}
