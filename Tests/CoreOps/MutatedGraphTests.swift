import CoreGraph
import CoreOps
import Glibc
import TestSupport
import Testing
import V1Graph

/// Valid graphs, changed so that they still load or nearly so: other inputs, attributes, ops and
/// feeds. Each loads and runs, or is refused with an error; nothing crashes, hangs or takes memory
/// without end. Each test is a process of its own, since the folder and the memory limit are the
/// process's.
///
/// `JANUS_FUZZ_ROUNDS` says how many times each row of the case table is changed, `JANUS_FUZZ_SEED`
/// from which seed. `JANUS_FUZZ_START` and `JANUS_FUZZ_COUNT` say which rows.
@Suite(.serialized) struct MutatedGraphTests {
  private static let rounds = number("JANUS_FUZZ_ROUNDS") ?? 2
  private static let seed = number("JANUS_FUZZ_SEED") ?? 1
  private static let start = number("JANUS_FUZZ_START") ?? 0
  private static let rows = Array(caseTable.enumerated())
    .dropFirst(start).prefix(number("JANUS_FUZZ_COUNT") ?? .max)
  private static let logs = getenv("JANUS_FUZZ_LOG") != nil

  /// Whether some rows were asked for, none of which may have a graph.
  private static let isNarrow = number("JANUS_FUZZ_COUNT") != nil

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }

  @Test func changedGraphsRunOrThrow() async {
    await #expect(processExitsWith: .success) { try MutatedGraphTests().runChangedGraphs() }
  }

  private func runChangedGraphs() throws {
    try TestFiles.enterFolder()
    var refused = 0
    var count = 0
    for (index, row) in Self.rows {
      guard let seed = try? SeedGraph(row) else { continue }
      for round in 0..<Self.rounds {
        var mutator = Mutator(seed: UInt64(Self.seed &* 1_000_003 &+ index &* 131 &+ round))
        let (definition, feeds) = mutator.changed(seed)
        count += 1
        if !runs("mutation \(index) \(round) \(row)", definition, feeds, seed.fetches) {
          refused += 1
        }
      }
    }
    if Self.logs { print("\(count) changed graphs, \(refused) refused") }
    #expect(refused < count || Self.isNarrow)
  }

  /// A function that declares a shape, before each input of each row in turn: all shapes with
  /// `JANUS_FUZZ_ROUNDS`, else a sample.
  @Test func functionsThatDeclareShapesGiveResultsOrErrors() async {
    await #expect(processExitsWith: .success) { try MutatedGraphTests().runDeclaredShapes() }
  }

  private func runDeclaredShapes() throws {
    try TestFiles.enterFolder()
    let sample = Self.number("JANUS_FUZZ_ROUNDS") == nil ? 101 : 1
    var refused = 0
    var count = 0
    var number = Self.seed
    for (index, row) in Self.rows {
      guard let seed = try? SeedGraph(row) else { continue }
      var feeds = Dictionary(uniqueKeysWithValues: seed.feeds.map { ($0.name, $0.value) })
      feeds[ShapeDeclaration.predicate] = try Tensor.zeros(.bool, Shape())
      for (place, edge) in seed.edges.enumerated() {
        for shape in ShapeDeclaration.shapes(like: edge.dims) {
          number += 1
          if number % sample != 0 { continue }
          let declaration = ShapeDeclaration.allCases[number % ShapeDeclaration.allCases.count]
          var definition = seed.definition
          declaration.insert(before: edge, shape, into: &definition)
          count += 1
          if !runs(
            "declared \(index) \(place) \(declaration) \(shape) \(row)", definition,
            feeds.filter { name, _ in
              definition.nodes.contains { $0.name + ":0" == name }
            }, seed.fetches)
          {
            refused += 1
          }
        }
      }
    }
    if Self.logs { print("\(count) declared shapes, \(refused) refused") }
    #expect(refused < count || Self.isNarrow)
  }

  /// Whether the graph runs; what is thrown instead has to be an error of one line.
  private func runs(
    _ what: String, _ definition: GraphDef, _ feeds: [String: Tensor], _ fetches: [String]
  ) -> Bool {
    if Self.logs {
      print(what)
      fflush(nil)
    }
    do {
      try run(definition, feeds, fetches)
      return true
    } catch let error as TFError {
      #expect(!error.description.contains("\n"), "\(what): \(error)")
    } catch {
      Issue.record("\(what): not a TFError: \(error)")
    }
    return false
  }

  private func run(_ definition: GraphDef, _ feeds: [String: Tensor], _ fetches: [String]) throws {
    MemoryLimit.bytes = MemoryLimit.usedBytes + 1 << 30
    let session = Session(graph: try Graph(importing: definition))
    _ = try session.run(fetches: fetches, feeds: feeds, timeout: 2)
  }
}

/// The graph of a row, and what is fed to it.
struct SeedGraph {
  let definition: GraphDef
  let feeds: [(name: String, value: Tensor)]
  let fetches: [String]
  /// All inputs of all nodes.
  let edges: [GraphEdge]

  init(_ row: OpCase) throws {
    let tracer = FunctionTracer()
    let placeholders = try row.inputs.enumerated().map {
      try tracer.argument($1.dtype, .unknown, name: "input_\($0)")
    }
    let results = try Environment.current.tracing(tracer).run {
      try row.body(placeholders).filter(\.isSymbolic)
    }
    let graph = tracer.graph
    func name(_ tensor: Tensor) throws -> String {
      let endpoint = try graph.endpoint(of: tensor)
      return "\(graph.node(endpoint.node).name):\(endpoint.index)"
    }
    definition = graph.graphDef
    feeds = try zip(placeholders, row.inputs).map { (try name($0), $1) }
    fetches = try results.map(name)
    let fed = Dictionary(
      uniqueKeysWithValues: try zip(placeholders, row.inputs).map {
        (try graph.endpoint(of: $0), $1.dims.dims)
      })
    edges = graph.nodes.flatMap { node in
      node.inputs.enumerated().map { input, source in
        let dtype = graph.node(source.node).outputTypes[source.index]
        return GraphEdge(consumer: node.name, input: input, dtype: dtype, dims: fed[source])
      }
    }
    guard !fetches.isEmpty else { throw TFError.invalidArgument("nothing to fetch") }
  }
}

/// Changes graphs.
struct Mutator {
  private var numbers: Splitmix
  private static let ops = OpRegistry.standard.all
  private static let integers = [
    0, 1, -1, 2, 3, 5, 7, 16, 64, 1000, -2, -100, 1 << 20, 1 << 31, 1 << 40, 1 << 62,
    Int(Int32.max), Int(Int32.min), .max, .min,
  ]

  private struct Splitmix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  init(seed: UInt64) { numbers = Splitmix(state: seed) }

  private mutating func below(_ count: Int) -> Int {
    Int.random(in: 0..<max(count, 1), using: &numbers)
  }
  private mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

  mutating func changed(_ seed: SeedGraph) -> (GraphDef, [String: Tensor]) {
    var definition = seed.definition
    var feeds = Dictionary(uniqueKeysWithValues: seed.feeds.map { ($0.name, $0.value) })
    for _ in 0...below(3) {
      switch below(13) {
      case 10, 11, 12:
        if seed.edges.isEmpty { continue }
        let edge = pick(seed.edges)
        pick(ShapeDeclaration.allCases).insert(
          before: edge, pick(ShapeDeclaration.shapes(like: edge.dims)), into: &definition)
      case 0, 1: rewire(&definition)
      case 2, 3, 4: changeAttr(&definition)
      case 5: changeOp(&definition)
      case 6: drop(&definition)
      default:
        if feeds.isEmpty {
          changeAttr(&definition)
        } else {
          let name = pick(seed.feeds.map(\.name))
          if let value = feeds[name] { feeds[name] = change(value) }
        }
      }
    }
    if definition.nodes.contains(where: { $0.name + ":0" == ShapeDeclaration.predicate }) {
      feeds[ShapeDeclaration.predicate] = try? Tensor.zeros(.bool, Shape())
    }
    return (definition, feeds)
  }

  private mutating func rewire(_ definition: inout GraphDef) {
    let index = below(definition.nodes.count)
    guard !definition.nodes.isEmpty, !definition.nodes[index].inputs.isEmpty else { return }
    let source = definition.nodes[below(definition.nodes.count)].name
    let position = below(definition.nodes[index].inputs.count)
    definition.nodes[index].inputs[position] = pick(["", "", "^"]) + source + pick(["", "", ":1"])
  }

  private mutating func drop(_ definition: inout GraphDef) {
    let index = below(definition.nodes.count)
    guard !definition.nodes.isEmpty else { return }
    switch below(3) {
    case 0:
      if !definition.nodes[index].inputs.isEmpty { definition.nodes[index].inputs.removeLast() }
    case 1:
      let node = definition.nodes[index]
      if let input = node.inputs.first { definition.nodes[index].inputs.append(input) }
    default: definition.nodes.remove(at: index)
    }
  }

  private mutating func changeOp(_ definition: inout GraphDef) {
    let index = below(definition.nodes.count)
    guard !definition.nodes.isEmpty else { return }
    let node = definition.nodes[index]
    // One that takes as many inputs, so that more of them get as far as a kernel.
    for _ in 0..<40 {
      let op = pick(Self.ops)
      if op.signature.inputs.count == node.inputs.count {
        definition.nodes[index].op = op.name
        for attribute in op.signature.attributes where node.attrs[attribute.name] == nil {
          definition.nodes[index].attrs[attribute.name] = attribute.defaultValue ?? value(attribute)
        }
        return
      }
    }
  }

  private mutating func value(_ attribute: Signature.Attribute) -> AttrValue {
    switch attribute.type {
    case "int": .int(pick([0, 1, 2, 3]))
    case "float": .float(0.5)
    case "bool": .bool(below(2) == 0)
    case "type": .type(pick(DType.allCases))
    case "shape": .shape(shape())
    case "list(int)": .ints([1, pick(Self.integers), 2, 1])
    case "list(type)": .types([pick(DType.allCases)])
    default: .string("")
    }
  }

  private mutating func shape() -> PartialShape {
    switch below(4) {
    case 0: .unknown
    case 1: PartialShape([pick(Self.integers)])
    case 2: PartialShape([nil, pick(Self.integers)])
    default: PartialShape((0..<below(10)).map { _ in below(4) })
    }
  }

  private mutating func changeAttr(_ definition: inout GraphDef) {
    let index = below(definition.nodes.count)
    guard !definition.nodes.isEmpty else { return }
    let names = definition.nodes[index].attrs.map(\.name)
    guard !names.isEmpty else { return }
    let name = pick(names)
    if let value = definition.nodes[index].attrs[name] {
      definition.nodes[index].attrs[name] = change(value)
    }
  }

  private mutating func change(_ value: AttrValue) -> AttrValue? {
    switch value {
    case .int: return .int(pick(Self.integers))
    case .float: return .float(pick([0, -1, .nan, .infinity, 1e30, -1e30, 1e-30, 0.5]))
    case .bool(let value): return .bool(!value)
    case .type, .refType: return .type(pick(DType.allCases))
    case .shape: return .shape(shape())
    case .tensor(let tensor): return .tensor(change(tensor))
    case .bytes:
      return .string(
        pick([
          "", "SAME", "VALID", "EXPLICIT", "NHWC", "NCHW", "x", "mean", "float32", "a,b->c",
          "ij,jk->ik",
        ]))
    case .list(let list):
      var list = list
      switch below(5) {
      case 0: if !list.isEmpty { list.removeLast() }
      case 1: if let first = list.first { list.append(first) }
      case 2:
        if let first = list.first, let changed = change(first) { list = list.map { _ in changed } }
      case 3: list = list.map { change($0) ?? $0 }
      default:
        let position = below(list.count)
        if !list.isEmpty, let changed = change(list[position]) { list[position] = changed }
      }
      return .list(list)
    case .function, .placeholder: return nil
    }
  }

  /// Another value, most often of the same dtype.
  private mutating func change(_ tensor: Tensor) -> Tensor {
    let dtype =
      below(5) == 0
      ? pick([.float32, .int32, .int64, .bool, .string, .complex64, .half, .uint8]) : tensor.dtype
    guard dtype.isNumeric || dtype == .string else { return tensor }
    let dims: [Int] =
      switch below(6) {
      case 0: []
      case 1: (0..<below(6)).map { _ in below(5) }
      case 5:
        [0] + (tensor.isSymbolic ? [] : tensor.dims.dims).dropFirst().map { _ in 1 << below(16) }
      case 2: (tensor.isSymbolic ? [] : tensor.dims.dims).map { $0 + below(2) }
      case 3: Array((tensor.isSymbolic ? [] : tensor.dims.dims).dropLast())
      default: tensor.isSymbolic ? [] : tensor.dims.dims
      }
    let count = dims.reduce(1, *)
    guard count < 1 << 20 else { return tensor }
    do {
      if dtype == .string {
        return try Tensor(
          strings: (0..<count).map { _ in
            Array(pick(["", "a", "1", "-1e400", "\u{e9}", "12345678901234567890"]).utf8)
          },
          dims: Shape(dims))
      }
      let made = try Tensor.zeros(dtype, Shape(dims))
      let way = below(5)
      let extreme = pick(Self.integers)
      for index in 0..<count {
        let value =
          switch way {
          case 0: pick(Self.integers)
          case 1: below(3)
          case 2: below(256) - 128
          case 3: extreme
          default: Int(truncatingIfNeeded: numbers.next())
          }
        withUnsafeBytes(of: value) { bytes in
          made.bytes.baseAddress!.advanced(by: index * dtype.byteSize).copyMemory(
            from: bytes.baseAddress!, byteCount: min(dtype.byteSize, 8))
        }
      }
      if way < 3, dtype == .float32 {
        for index in 0..<count {
          made.elements(Float.self)[index] = Float(
            pick([0, 1, -1, 2, 0.5, .nan, .infinity, 1e30, -7.5] as [Float]))
        }
      }
      if dtype == .bool { for index in 0..<count { made.elements(Bool.self)[index] = false } }
      return made
    } catch { return tensor }
  }
}
