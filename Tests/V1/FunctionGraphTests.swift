import CompatV1
import CoreOps
import Foundation
import Testing

/// Functions of several ops give the graphs that TensorFlow makes of them, and its values.
/// Tests/TensorFlow/functions.py records both.
@Suite struct FunctionGraphTests {
  /// Programs of which only the values are TensorFlow's: `tensordot` is an Einsum here, and `psnr`
  /// has no checks of shapes that are known; frames are gathered by their samples.
  static let otherNodes: Set = ["image_types", "spectra"]
  /// Programs with conditionals: what brings a value into a branch is made before the operation
  /// that needs it, and by TensorFlow after it.
  static let otherOrder: Set = ["assertions", "convolutions", "image_chances"]

  @Test(arguments: FunctionPrograms.all.map(\.name)) func haveTensorFlowsNodesAndValues(
    name: String
  ) throws {
    let program = try #require(FunctionPrograms.all.first { $0.name == name })
    let expected = try #require(GraphDump.recorded("functions")[name])
    let values = expected.filter { $0.hasPrefix("value ") }
    let nodes = expected.filter { !$0.hasPrefix("value ") && $0.contains(" = ") }
    try withBehavior(.v1) {
      let graph = Graph()
      let outputs = try graph.asDefault { try program.body() }
      if !Self.otherNodes.contains(name) {
        GraphDump.expectEqual(
          GraphDump.lines(graph), nodes, ordered: !Self.otherOrder.contains(name))
      }
      try #require(outputs.count == values.count)
      let places = graph.getOperations().filter { $0.type == "Placeholder" }.map { operation in
        operation.outputs[0]
      }
      var feeds: [String: Tensor] = [:]
      for (index, place) in places.enumerated() {
        feeds[try place.name] = try Self.feed(index, place)
      }
      let found = try Session(graph: graph).run(
        fetches: outputs.map { try $0.name }, feeds: feeds)
      for (found, line) in zip(found, values) {
        let expected = line.split(separator: " ").dropFirst().map { Double($0) ?? .nan }
        let scalars = try withBehavior(.v2) { try tf.cast(found, .float64).scalars(Double.self) }
        #expect(scalars.count == expected.count)
        for (a, b) in zip(scalars, expected) {
          #expect(a == b || abs(a - b) <= 2e-6 * max(1, abs(b)), "\(line): \(scalars)")
        }
      }
    }
  }

  @Test func eachRecordedProgramIsWrittenHere() throws {
    let recorded = Set(try GraphDump.recorded("functions").keys)
    #expect(recorded == Set(FunctionPrograms.all.map(\.name)))
  }

  /// What is fed: a few numbers in turn.
  private static func feed(_ index: Int, _ tensor: Tensor) throws -> Tensor {
    let dims = (tensor.shape.dims ?? []).map { $0?.value ?? 2 }
    let count = dims.reduce(1, *)
    if tensor.dtype == .uint8 {
      return try Tensor((0..<count).map { UInt8([1, 0][($0 + index) % 2]) }, dims: Shape(dims))
    }
    if tensor.dtype == .int32 {
      return try Tensor((0..<count).map { Int32([1, 0][($0 + index) % 2]) }, dims: Shape(dims))
    }
    return try Tensor((0..<count).map { Float([0.5, -1, 2][($0 + index) % 3]) }, dims: Shape(dims))
  }
}
