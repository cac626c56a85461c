import ArgumentParser
import CoreOps
import Serialization

struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Says what is in checkpoints, and how two differ.",
    discussion: """
      CKPT is the prefix of a checkpoint's files, such as model.ckpt-1000, a folder, of which the \
      newest is taken, or a SavedModel folder.
      """,
    subcommands: [
      CheckpointListCommand.self, CheckpointShowCommand.self, CheckpointDiffCommand.self,
    ])

  /// Opens what a command line names as a checkpoint.
  static func open(_ path: String) throws -> CheckpointReader {
    let variables = "\(path)/variables/variables"
    if fileExists(variables + ".index") { return try CheckpointReader(variables) }
    return try CheckpointFolder.loadCheckpoint(path)
  }

  private enum CheckpointFolder: TrainAPI {}
}

extension CheckpointReader.Entry {
  /// The bytes of its elements; nil for strings and what has no elements here.
  var byteCount: Int? {
    dtype.flatMap { $0.byteSize > 0 ? $0.byteSize * shape.elementCount : nil }
  }

  var json: JSON {
    .object([
      ("name", .string(name)), ("dtype", .string(dtypeName)),
      ("shape", .array(shape.dims.map { .integer($0) })), ("parts", .integer(partCount)),
    ])
  }
}

struct CheckpointListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the tensors in a checkpoint.")

  @Argument(help: "A checkpoint.") var checkpoint: String
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let reader = try CheckpointCommand.open(checkpoint)
    let entries = try reader.entries()
    if json {
      return try printLine(
        JSON.object([
          ("path", .string(reader.path)), ("version", .integer(reader.isVersion1 ? 1 : 2)),
          ("tensors", .array(entries.map(\.json))),
        ]).text())
    }
    for entry in entries {
      let parts = entry.partCount > 1 ? " in \(entry.partCount) parts" : ""
      try printLine("\(entry.name.oneLine) \(entry.dtypeName) \(entry.shape)\(parts)")
    }
    let bytes = entries.reduce(0) { $0 &+ ($1.byteCount ?? 0) }
    try printLine("\(entries.count) tensors, \(bytes) bytes of numbers")
  }
}

struct CheckpointShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Prints or saves tensors of a checkpoint.")

  @Argument(help: "A checkpoint.") var checkpoint: String
  @Argument(help: "Names of tensors; all without.") var names: [String] = []
  @Option(help: "Save the tensors to this .npz archive.") var out: String?
  @Flag(help: "Print the objects that the values belong to, instead.") var objects = false

  func run() throws {
    let progress = ReadingProgress("reading \(checkpoint)")
    defer { progress.end() }
    let reader = try CheckpointCommand.open(checkpoint)
    if objects { return try showObjects(reader) }
    let wanted = names.isEmpty ? try reader.entries().map(\.name) : names
    if let out {
      return try NumPyFiles.write(
        wanted.map { (name: $0, tensor: try reader.tensor($0)) }, to: out)
    }
    for name in wanted {
      let tensor = try reader.tensor(name)
      progress.end()
      try printLine("\(name.oneLine): \(tensor.dtype) \(tensor.dims)\n\(TensorText.print(tensor))")
    }
  }

  private func showObjects(_ reader: CheckpointReader) throws {
    guard let graph = try reader.objectGraph() else {
      throw TFError.notFound("\(reader.path) holds names only: no \(ObjectGraph.key)")
    }
    for (index, node) in graph.nodes.enumerated() {
      try printLine("object \(index)")
      for child in node.children { try printLine("  \(child.name.oneLine) -> \(child.node)") }
      for value in node.attributes {
        try printLine(
          "  \(value.name.oneLine): \(value.checkpointKey.oneLine) (\(value.fullName.oneLine))")
      }
      for slot in node.slotVariables {
        try printLine("  slot \(slot.name.oneLine) of \(slot.original) -> \(slot.variable)")
      }
    }
  }
}

struct CheckpointDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Says how two checkpoints differ; exits with 1 when they do.")

  @Argument(help: "A checkpoint.") var first: String
  @Argument(help: "Another one.") var second: String
  @Option(help: "Relative tolerance.") var rtol = 0.0
  @Option(help: "Absolute tolerance.") var atol = 0.0

  func run() throws {
    let progress = ReadingProgress("comparing \(first) and \(second)")
    defer { progress.end() }
    let (a, b) = (try CheckpointCommand.open(first), try CheckpointCommand.open(second))
    let left = try a.entries()
    let right = Dictionary(
      try b.entries().map { ($0.name, $0) }, uniquingKeysWith: { known, _ in known })
    let rule = CaseFile.Rule(comparison: rtol + atol > 0 ? .close : .exact, rtol: rtol, atol: atol)
    var differences: [(name: String, text: String)] = []
    for entry in left {
      guard let other = right[entry.name] else {
        differences.append((entry.name, "only in \(first)"))
        continue
      }
      if entry.dtypeNumber != other.dtypeNumber || entry.shape != other.shape {
        differences.append(
          (
            entry.name,
            "is \(entry.dtypeName) \(entry.shape) and \(other.dtypeName) \(other.shape)"
          ))
      } else if let text = Difference.first(
        try a.tensor(entry.name), try b.tensor(entry.name), rule)
      {
        differences.append((entry.name, text))
      }
    }
    let names = Set(left.map(\.name))
    for name in right.keys where !names.contains(name) {
      differences.append((name, "only in \(second)"))
    }
    progress.end()
    for (name, text) in differences.sorted(by: { $0.name < $1.name }) {
      try printLine("\(name.oneLine)\(text.hasPrefix("[") ? "" : " ")\(text.oneLine)")
    }
    try printLine(
      "\(differences.count) of \(names.union(right.keys).count) tensors differ")
    if !differences.isEmpty { throw ExitCode(1) }
  }
}
