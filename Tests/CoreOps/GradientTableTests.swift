import CoreOps
import Foundation
import Ops
import TestSupport
import Testing

/// Which ops have gradients, against TensorFlow's registry: `Fixtures/gradients.txt` has the ops
/// for which TensorFlow 2.21 registers a function (not `NotDifferentiable`).
@Suite struct GradientTableTests {
  /// The ops without a rule of their own though TensorFlow registers a function, and why.
  private static let leftOut: [String: String] = {
    var table: [String: String] = [:]
    for name in [
      "Enter", "Exit", "LoopCond", "Merge", "NextIteration", "RefEnter", "RefExit", "RefMerge",
      "RefNextIteration", "RefSwitch", "Switch",
    ] {
      table[name] = "the loop or conditional has a gradient as a whole, once it is raised"
    }
    for name in [
      "Case", "If", "PartitionedCall", "StatefulPartitionedCall", "StatelessCase", "StatelessIf",
      "StatelessWhile", "While",
    ] {
      table[name] = "it is made from the functions that the node calls"
    }
    table["EagerPyFunc"] = "what a function of the program computes is not recorded"
    for name in ["SparseDenseCwiseAdd", "SparseSparseMaximum", "SparseSparseMinimum"] {
      table[name] = "TensorFlow's function raises NotImplementedError"
    }
    return table
  }()

  private static let registered: [String] = {
    guard
      let url = Bundle.module.url(
        forResource: "gradients", withExtension: "txt", subdirectory: "Fixtures"),
      let text = try? String(contentsOf: url, encoding: .utf8)
    else { return [] }
    return text.split(separator: "\n").map(String.init)
  }()

  @Test func opsWithAGradientInTensorFlowHaveOne() {
    #expect(Self.registered.count > 300)
    for name in Self.registered {
      guard let op = OpRegistry.standard[name], case .none(let reason) = op.gradient else {
        continue
      }
      #expect(Self.leftOut[name] != nil, "\(name) has none: \(reason)")
    }
  }

  @Test func whatIsLeftOutIsInTheRegistryWithoutARule() {
    for name in Self.leftOut.keys {
      guard let op = OpRegistry.standard[name] else {
        Issue.record("\(name) is not registered")
        continue
      }
      #expect(!op.hasGradient, "\(name) has a rule")
    }
  }

  /// The ops with a rule that no row of the case table can compare with differences, and why.
  private static let uncompared: [String: String] = {
    var table: [String: String] = [:]
    for name in [
      "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel",
      "QuantizeAndDequantize", "QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3",
      "QuantizeAndDequantizeV4",
    ] {
      table[name] = "its steps are taken for a straight line"
    }
    for name in [
      "RandomGamma", "StatelessParameterizedTruncatedNormal", "StatelessRandomGammaV2",
      "StatelessRandomGammaV3",
    ] {
      table[name] = "it follows from the distribution, not from the sample's numbers"
    }
    for name in [
      "ReadVariableOp", "ResourceGather", "ResourceGatherNd", "_ReadVariablesOp", "RefIdentity",
    ] {
      table[name] = "it is for a variable: VariableGradientTests compare it"
    }
    table["CTCLoss"] = "TensorFlow's, which rows compare, is off in the fourth place"
    table["PreventGradient"] = "it refuses"
    for name in [
      "CSRSparseMatrixToDense", "CompositeTensorVariantFromComponents",
      "CompositeTensorVariantToComponents",
    ] {
      table[name] = "it takes or gives variants, which differences cannot change"
    }
    table["DebugGradientRefIdentity"] = "it takes a reference"
    table["_EagerConst"] = "no scope of gradients can have a name that begins so"
    return table
  }()

  @Test func everyRuleIsComparedWithDifferences() throws {
    var rows: [String: [OpCase]] = [:]
    for row in caseTable where row.hasCheckableGradient {
      for op in row.ops { rows[op, default: []].append(row) }
    }
    for op in OpRegistry.standard.all where op.hasGradient {
      let isCompared = try rows[op.name, default: []].contains { row in
        if case .compared(let count)? = try GradientCheck.run(row, .tape) {
          count > 0
        } else {
          false
        }
      }
      #expect(
        isCompared != (Self.uncompared[op.name] != nil),
        "\(op.name) \(isCompared ? "is compared" : "has no row whose gradient is compared")")
    }
  }
}
