import CoreGraph
import CoreOps
import Serialization

/// A recorded conformance case: a graph, what is fed to it, and what TensorFlow answered.
struct CaseFile {
  enum Comparison: String {
    case exact, close, shape
  }

  /// How one output is compared.
  struct Rule {
    var comparison: Comparison
    var rtol: Double
    var atol: Double
  }

  enum Feed {
    case member(name: String, dtype: DType)
    /// What an earlier run fetched under that name.
    case fetched(String)
  }

  enum Expectation {
    case values([(name: String, dtype: DType)], rules: [Rule])
    case error(code: String)
  }

  struct Run {
    var feeds: [(tensor: String, value: Feed)]
    var fetches: [String]
    var targets: [String]
    var expectation: Expectation
  }

  /// A model beside the case, instead of a graph in it.
  struct Model {
    var path: String
    /// Nil where the case names none.
    var tags: [String]?
    var restore: String?
  }

  let archive: ZipReader
  let name: String
  let ops: [String]
  let model: Model?
  let runs: [Run]

  /// - Parameters:
  ///   - rtol: counts instead of the runs' own, where given; `atol` likewise.
  init(_ path: String, rtol: Double?, atol: Double?) throws {
    archive = try ZipReader(path)
    let header = try JSON(try archive.read("case.json"))
    name = header["name"]?.string ?? path
    ops = header["ops"]?.array?.compactMap(\.string) ?? []
    model = header["model"].map { model in
      Model(
        path: model["path"]?.string ?? "", tags: model["tags"]?.array?.compactMap(\.string),
        restore: model["restore"]?.string)
    }
    runs = try (header["runs"]?.array ?? []).map { try Self.run($0, rtol: rtol, atol: atol) }
    guard !runs.isEmpty else { throw TFError.invalidArgument("case.json has no runs") }
  }

  private static func run(_ json: JSON, rtol: Double?, atol: Double?) throws -> Run {
    let feeds = try (json["feeds"]?.object ?? []).map { tensor, value in
      if let fetched = value["fetch"]?.string {
        return (tensor: tensor, value: Feed.fetched(fetched))
      }
      let reference = try reference(value)
      return (tensor: tensor, value: Feed.member(name: reference.name, dtype: reference.dtype))
    }
    let fetches = json["fetches"]?.array?.compactMap(\.string) ?? []
    let expectation: Expectation
    if let error = json["error"] {
      expectation = .error(code: error["code"]?.string ?? error.string ?? "")
    } else {
      let values = try (json["expect"]?.array ?? []).map(reference)
      guard values.count == fetches.count else {
        throw TFError.invalidArgument(
          "a run has \(fetches.count) fetches but expects \(values.count) values")
      }
      let each = json["each"]?.array ?? []
      let rules = values.indices.map { index in
        let own = each.indices.contains(index) ? each[index] : .null
        func field(_ name: String) -> JSON? { own[name] ?? json[name] }
        return Rule(
          comparison: field("compare")?.string.flatMap(Comparison.init(rawValue:)) ?? .close,
          rtol: rtol ?? field("rtol")?.double ?? 1e-5, atol: atol ?? field("atol")?.double ?? 1e-6)
      }
      expectation = .values(values, rules: rules)
    }
    return Run(
      feeds: feeds, fetches: fetches, targets: json["targets"]?.array?.compactMap(\.string) ?? [],
      expectation: expectation)
  }

  private static func reference(_ json: JSON) throws -> (name: String, dtype: DType) {
    // NumPy knows bfloat16 as two raw bytes only.
    guard let name = json["array"]?.string, let text = json["dtype"]?.string,
      let dtype = text == "|V2" ? .bfloat16 : DType(name: text)
    else {
      throw TFError.invalidArgument(
        "case.json has the reference \(json.text()), which names no array and dtype")
    }
    return (name, dtype)
  }

  /// A member's value.
  func tensor(_ name: String, _ dtype: DType) throws -> Tensor {
    if dtype == .string {
      let json = try JSON(try archive.read(name + ".json"))
      let dims = Shape(json["shape"]?.array?.compactMap(\.int) ?? [])
      let values = try (json["b64"]?.array ?? []).map { try Base64.decode($0.string ?? "") }
      guard dims.checkedElementCount == values.count else {
        throw TFError.invalidArgument("\(name) has \(values.count) strings for shape \(dims)")
      }
      return try Tensor(strings: values, dims: dims)
    }
    let stored = try NpzReader(archive).read(name)
    guard stored.dtype.byteSize == dtype.byteSize else {
      throw TFError.invalidArgument("\(name) is stored as \(stored.dtype), which is no \(dtype)")
    }
    return stored.dtype == dtype ? stored : stored.bitcast(dtype)
  }
}
