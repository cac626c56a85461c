import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V2Eager

/// Gradients for variables, which are those of what is read of them, compared with differences.
@Suite struct VariableGradientTests {
  private typealias Reading = @Sendable (_ variable: Tensor) throws -> Tensor

  private static let type: Attrs = ["dtype": .type(.float64)]
  private static let value = [1, -2, 0.5, 3, 2, 7]

  private static let readings: [(op: String, isReference: Bool, read: Reading)] = [
    ("ReadVariableOp", false, { try applyOp("ReadVariableOp", [$0], type)[0] }),
    (
      "_ReadVariablesOp", false,
      { try applyOp("_ReadVariablesOp", [$0], ["dtypes": .types([.float64])])[0] }
    ),
    (
      "ResourceGather", false,
      { try applyOp("ResourceGather", [$0, t(.int32, [2, 0, 2])], type)[0] }
    ),
    (
      "ResourceGatherNd", false,
      { try applyOp("ResourceGatherNd", [$0, t(.int32, [[2, 0], [0, 1]])], type)[0] }
    ),
    ("RefIdentity", true, { try applyOp("RefIdentity", [$0])[0] }),
  ]

  @Test(arguments: readings.indices) func areAsDifferencesSay(index: Int) throws {
    let (op, isReference, read) = Self.readings[index]
    func loss(_ variable: Tensor) throws -> Tensor {
      let x = try read(variable)
      let square = try applyOp("Mul", [x, x])[0]
      return try applyOp(
        "Sum", [square, t(.int32, Array(0..<(square.rank ?? 0)))])[0]
    }
    func variable(_ values: [Double], _ name: String) throws -> Tensor {
      try CoreOpsTests.variable(
        isReference ? "VariableGradientTests/\(name)" : "", t(.float64, values).reshaped([3, 2]),
        reference: isReference)
    }
    let watched = try variable(Self.value, "watched")
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(watched)
      return try loss(watched)
    }
    let gradient = try #require(try tape.gradient(y, watched))
    #expect(gradient.dims == [3, 2])
    for element in Self.value.indices {
      let moved = try [1e-4, -1e-4].map { step in
        var values = Self.value
        values[element] += step
        return asDoubles(try loss(variable(values, "\(element)/\(step)")))[0].0
      }
      let expected = (moved[0] - moved[1]) / 2e-4
      #expect(abs(asDoubles(gradient)[element].0 - expected) < 1e-6, "\(op) at \(element)")
    }
  }
}
