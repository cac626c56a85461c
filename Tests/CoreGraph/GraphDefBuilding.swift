import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// A node as a file has it.
func node(_ name: String, _ op: String, _ inputs: [String] = [], _ attrs: Attrs = [:]) -> NodeDef {
  NodeDef(name: name, op: op, inputs: inputs, attrs: attrs)
}

/// A node whose only attribute is `T`.
func typed(_ name: String, _ op: String, _ inputs: [String], _ dtype: DType = .float32) -> NodeDef {
  node(name, op, inputs, ["T": .type(dtype)])
}

func constantNode(_ name: String, _ dtype: DType, _ value: some TensorConvertible) -> NodeDef {
  node(name, "Const", [], ["value": .tensor(t(dtype, value)), "dtype": .type(dtype)])
}

func placeholderNode(_ name: String, _ dtype: DType = .float32, _ shape: PartialShape = .unknown)
  -> NodeDef
{
  node(name, "Placeholder", [], ["dtype": .type(dtype), "shape": .shape(shape)])
}

func graphDef(_ nodes: [NodeDef], _ library: [FunctionDef] = []) -> GraphDef {
  var definition = GraphDef()
  definition.nodes = nodes
  definition.library = library
  definition.versions.producer = Graph.producerVersion
  return definition
}

func session(_ nodes: [NodeDef], _ library: [FunctionDef] = []) throws -> Session {
  try Session(graph: Graph(importing: graphDef(nodes, library)))
}

/// A function of the library; its results are named `r0`, `r1`, ….
func function(
  _ name: String, _ arguments: [(String, DType)], _ nodes: [NodeDef], returns: [(String, DType)]
) -> FunctionDef {
  var function = FunctionDef(name: name)
  function.inputs = arguments.map { .init(name: $0.0, type: $0.1) }
  function.nodes = nodes
  for (index, result) in returns.enumerated() {
    function.outputs.append(.init(name: "r\(index)", type: result.1))
    function.returns["r\(index)"] = result.0
  }
  return function
}

func call(
  _ name: String, _ function: String, _ inputs: [String], _ types: [DType], _ results: [DType],
  stateful: Bool = false
) -> NodeDef {
  node(
    name, stateful ? "StatefulPartitionedCall" : "PartitionedCall", inputs,
    ["Tin": .types(types), "Tout": .types(results), "f": .function(function, [:])])
}

func whileNode(_ name: String, _ inputs: [String], _ types: [DType], cond: String, body: String)
  -> NodeDef
{
  node(
    name, "While", inputs,
    ["T": .types(types), "cond": .function(cond, [:]), "body": .function(body, [:])])
}

/// Expects one line of error with that code, whose text has each of `parts`.
@discardableResult
func expectError(
  _ code: TFError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) -> TFError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as TFError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(!error.description.contains("\n"), "\(error)", sourceLocation: sourceLocation)
    for part in parts {
      #expect(
        error.description.contains(part), "\(error) lacks \(part)", sourceLocation: sourceLocation)
    }
    return error
  } catch {
    Issue.record("not a TFError: \(error)", sourceLocation: sourceLocation)
  }
  return nil
}

/// Splitmix64: the same numbers in every run.
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension Tensor {
  var floats: [Float] { Array(elements(Float.self)) }
  var ints: [Int] { (try? integers()) ?? [] }
}
