import CoreGraph
import CoreOps
import Glibc
import Models
import Serialization
import TestSupport
import Testing

/// The files of the tests of Serialization.
private func fixture(_ name: String, file: String = #filePath) -> String {
  file.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
    + "/Serialization/Fixtures/" + name
}

@Suite struct ModelCommandTests {
  @Test func aSignatureNamesWhatIsFedAndFetched() throws {
    for name in ["v1", "v2"] {
      let run = try JanusProcess([
        "run", fixture("models/\(name)"), "--signature", "serving_default", "--tags", "serve",
        "--feed", "input=[1, 2]", "--feed", "words=[\"green\", \"pink\"]",
      ])
      #expect(run.errors == "")
      #expect(
        run.output == "ids: int64 [2]\n[1, -1]\noutput: float32 [2]\n[2.5, 4.5]\n", "\(name)")
    }
    try JanusProcess(["run", fixture("models/v1"), "--signature", "none", "--tags", "serve"])
      .expectOneLine(["there is no signature 'none'", "serving_default"])
    try JanusProcess(["run", fixture("models/v1"), "--tags", "gpu", "--fetch", "y"])
      .expectOneLine(["Could not find meta graph def", "{ serve }"])
  }

  @Test func variablesAreRestoredTrainedAndSaved() throws {
    let folder = try TemporaryFolder()
    let saved = folder.file("model.ckpt")
    let run = try JanusProcess([
      "run", fixture("models/train.ckpt.meta"), "--restore", fixture("models/train.ckpt"),
      "--target", "train", "--save", saved,
    ])
    #expect(run.code == 0, "\(run.errors)")
    let list = try JanusProcess(["checkpoint", "list", saved])
    #expect(
      list.output
        == "global_step int64 []\nw float32 [4,2] in 2 parts\n2 tensors, 40 bytes of numbers\n")
    let show = try JanusProcess(["checkpoint", "show", saved, "global_step"])
    #expect(show.output == "global_step: int64 []\n1\n")
    let differ = try JanusProcess(["checkpoint", "diff", saved, fixture("models/train.ckpt")])
    #expect(differ.code == 1)
    #expect(
      differ.output
        == """
        global_step is 1, expected 0
        w[0,0] is -1.0, expected 0.0 (8 of 8 differ)
        2 of 2 tensors differ

        """
    )
    let same = try JanusProcess(["checkpoint", "diff", saved, saved])
    #expect(same.code == 0)
    try JanusProcess(["checkpoint", "list", folder.file("none")]).expectOneLine([
      "NOT_FOUND", folder.file("none"),
    ])
    let objects = try JanusProcess([
      "checkpoint", "show", fixture("checkpoints/objects.ckpt"), "--objects",
    ])
    #expect(objects.output.contains("model/w/.ATTRIBUTES/VARIABLE_VALUE"))
  }

  @Test func modelsAreConvertedAndFrozen() throws {
    let folder = try TemporaryFolder()
    let (text, binary, frozen) = (
      folder.file("graph.pbtxt"), folder.file("model.meta"), folder.file("frozen.pb")
    )
    #expect(
      try JanusProcess(["convert", fixture("models/train.ckpt.meta"), text]).code == 0)
    #expect(
      try GraphDef(contentsOf: text).serialized()
        == Model(contentsOf: fixture("models/train.ckpt.meta")).metaGraphs[0].graph.serialized())
    #expect(
      try JanusProcess(["convert", fixture("models/train.pbtxt.meta"), binary, "--binary"]).code
        == 0)
    #expect(
      try Model(contentsOf: binary).metaGraphs[0].serialized()
        == Model(contentsOf: fixture("models/train.pbtxt.meta")).metaGraphs[0].serialized())
    let freeze = try JanusProcess([
      "freeze", fixture("models/train.ckpt.meta"), "--restore", fixture("models/train.ckpt"),
      "--fetch", "y", "--out", frozen,
    ])
    #expect(freeze.code == 0, "\(freeze.errors)")
    let ops = try GraphDef(contentsOf: frozen).nodes.map(\.op)
    #expect(!ops.contains("VariableV2") && !ops.contains("AssignSub"))
    let run = try JanusProcess(["run", frozen, "--fetch", "y", "--feed", "x=[[1, 1]]"])
    #expect(run.output == "y: float32 []\n28.0\n")
  }

  @Test func anArchiveMayHoldMoreThanInputs() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.doubling.utf8))
    // `y` is an output of the graph, and labels are nothing of it.
    let archive = folder.file("test.npz")
    let arrays = try ["labels", "x", "y"].enumerated().map {
      (name: $0.element, tensor: try Tensor(scalar: Float($0.offset)))
    }
    try NumPyFiles.write(arrays, to: archive)
    let run = try JanusProcess([
      "run", folder.file("graph.pbtxt"), "--inputs", archive, "--fetch", "y",
    ])
    #expect(run.output == "y: float32 []\n2.0\n")
    #expect(
      run.errors
        == "janus: note: \(archive): not fed, since the model has no such inputs: labels, y\n")
    // A value of one's own goes before the archive's.
    let own = try JanusProcess([
      "run", folder.file("graph.pbtxt"), "--inputs", archive, "--feed", "x=4", "--fetch", "y",
    ])
    #expect(own.output == "y: float32 []\n8.0\n")
  }

  @Test func anArchiveFeedsTensorsThatItNamesInFull() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.doubling.utf8))
    let archive = folder.file("middle.npz")
    try NumPyFiles.write([(name: "y:0", tensor: try Tensor(scalar: Float(7)))], to: archive)
    let run = try JanusProcess([
      "run", folder.file("graph.pbtxt"), "--inputs", archive, "--fetch", "y",
    ])
    #expect(run.output == "y: float32 []\n7.0\n")
    #expect(run.errors == "")
  }

  @Test func anArchiveWithoutInputsIsRefused() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.doubling.utf8))
    let archive = folder.file("answers.npz")
    try NumPyFiles.write([(name: "y", tensor: try Tensor(scalar: Float(7)))], to: archive)
    try JanusProcess(["run", folder.file("graph.pbtxt"), "--inputs", archive, "--fetch", "y"])
      .expectOneLine(["INVALID_ARGUMENT", archive, "none of its arrays (y)", "(x)"])
  }

  private static let doubling = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { } } } }
    node { name: "y" op: "AddV2" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    """
}

/// What is left of a checkpoint when the process or the disk does not do what it should.
@Suite struct SavingFaultTests {
  /// A variable of 1 MiB, which `set` gives the value that is fed.
  private static let graph = """
    node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 262144 } } } } }
    node { name: "value" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { } } } }
    node { name: "dims" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
      attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } }
        int_val: 262144 } } } }
    node { name: "fill" op: "Fill" input: "dims" input: "value"
      attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "set" op: "Assign" input: "w" input: "fill"
      attr { key: "T" value { type: DT_FLOAT } } }
    """

  private func arguments(_ folder: TemporaryFolder, _ value: Int, _ checkpoint: String) -> [String]
  {
    [
      "run", folder.file("graph.pbtxt"), "--feed", "value=\(value)", "--target", "set", "--save",
      checkpoint,
    ]
  }

  /// The value that all elements of the checkpoint have.
  private func value(_ checkpoint: String) throws -> Float {
    let elements = try CheckpointReader(checkpoint).tensor("w").scalars(Float.self)
    let first = try #require(elements.first)
    #expect(elements.allSatisfy { $0 == first })
    return first
  }

  @Test func aKilledWriterLeavesTheLastCheckpointWhole() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.graph.utf8))
    let checkpoint = folder.file("model.ckpt")
    #expect(try JanusProcess(arguments(folder, 0, checkpoint)).code == 0)
    // From before it writes to after it is done.
    let start = ContinuousClock.now
    #expect(try JanusProcess(arguments(folder, 0, checkpoint)).code == 0)
    let whole = (ContinuousClock.now - start) / .milliseconds(1)
    var numbers = SystemRandomNumberGenerator()
    var last: Float = 0
    for round in 1...200 {
      let wait = Double.random(in: 0...1.1, using: &numbers) * whole / 1000
      _ = try JanusProcess(
        arguments(folder, round, checkpoint),
        shell: "\"$0\" \"$@\" & sleep \(wait); kill -9 $!; wait $! 2>/dev/null")
      let value = try value(checkpoint)
      #expect(value == last || value == Float(round), "round \(round)")
      last = value
    }
  }

  @Test func aFileThatCannotGrowLeavesTheLastCheckpointWhole() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.graph.utf8))
    let checkpoint = folder.file("model.ckpt")
    #expect(try JanusProcess(arguments(folder, 1, checkpoint)).code == 0)
    let names = folder.names
    try JanusProcess(
      arguments(folder, 2, checkpoint), shell: "ulimit -f 512; exec \"$0\" \"$@\""
    ).expectOneLine(["RESOURCE_EXHAUSTED", checkpoint])
    #expect(try value(checkpoint) == 1)
    #expect(folder.names == names)
  }

  private static let canMount =
    (try? JanusProcess([], shell: "unshare -rm mount -t tmpfs tmpfs /mnt"))?.code == 0

  @Test(.enabled(if: canMount)) func aFullDiskLeavesTheLastCheckpointWhole() throws {
    let folder = try TemporaryFolder()
    try writeFile(folder.file("graph.pbtxt"), Array(Self.graph.utf8))
    // Room for one checkpoint and a half.
    let inside = #"""
      mkdir "$2" && mount -t tmpfs -o size=1600k tmpfs "$2" || exit 3
      save() { "$0" run "$1" --feed "value=$3" --target set --save "$2/model.ckpt"; }
      save "$@" 1 || exit 4
      save "$@" 2 && exit 5
      "$0" checkpoint show "$2/model.ckpt" && ls "$2"
      """#
    let run = try JanusProcess(
      [folder.file("graph.pbtxt"), folder.file("disk")],
      shell: "exec unshare -rm sh -c '\(inside)' \"$0\" \"$@\"")
    #expect(run.code == 0)
    #expect(run.errors.contains("No space left on device"), "\(run.errors)")
    #expect(run.errors.count { $0 == "\n" } == 1)
    #expect(
      run.output == """
        w: float32 [262144]
        [1.0, 1.0, 1.0, …, 1.0, 1.0, 1.0]
        model.ckpt.data-00000-of-00001
        model.ckpt.index

        """)
  }
}
