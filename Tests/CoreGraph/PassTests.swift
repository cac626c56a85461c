import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

@Suite struct PassTests {
  /// Keras writes swish with a factor and hands it on beside its input.
  @Test(arguments: ["plain", "scaled", "doubled", "handed on"])
  func swishJoinsTheConvolutionBeforeIt(form: String) throws {
    let attrs: Attrs = [
      "T": .type(.float32), "strides": .ints([1, 1, 1, 1]), "padding": .string("SAME"),
    ]
    var nodes = [
      placeholderNode("x"), constantNode("w", .float32, [[[[0.5, -1.5]]]]),
      constantNode("b", .float32, [0.25, 1]),
      constantNode("beta", .float32, form == "doubled" ? 2 : 1),
      node("c", "Conv2D", ["x", "w"], attrs),
      typed("biased", "BiasAdd", ["c", "b"]), typed("scaled", "Mul", ["beta", "biased"]),
      typed("gate", "Sigmoid", [form == "plain" ? "biased" : "scaled"]),
      typed("swish", "Mul", ["biased", "gate"]),
      node("both", "IdentityN", ["swish", "biased"], ["T": .types([.float32, .float32])]),
    ]
    nodes.append(typed("y", "Neg", [form == "handed on" ? "both:0" : "swish"]))
    let session = try session(nodes)
    let metadata = RunMetadata()
    let feed = t(.float32, [[[[0.5], [-2]], [[3], [-1]]]])
    let y = try session.run(
      fetches: ["y"], feeds: ["x": feed], options: RunOptions(traceLevel: .fullTrace),
      runMetadata: metadata)[0]
    let steps = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
    #expect((steps == ["_FusedConv2D", "Neg"]) == (form != "doubled"), "\(steps)")
    // TensorFlow's values.
    let expected: [Float] =
      form == "doubled"
      ? [
        -0.3655293, -0.1556148, 0.1368192, -3.9986587, -1.6987035, 0.0031887, 0.0943852, -2.483268,
      ]
      : [-0.3112297, -0.1405441, 0.240616, -3.928055, -1.4909174, 0.1025928, 0.1094559, -2.3103545]
    for (own, value) in zip(y.elements(Float.self), expected) { #expect(abs(own - value) < 1e-5) }
  }

  @Test func handedOnValuesAreFetchedAndWaitedFor() throws {
    let session = try session([
      placeholderNode("x"), typed("a", "Neg", ["x"]),
      node("both", "IdentityN", ["a", "x"], ["T": .types([.float32, .float32])]),
      node("again", "IdentityN", ["both:1", "both:0"], ["T": .types([.float32, .float32])]),
      node("after", "Identity", ["x", "^again"], ["T": .type(.float32)]),
    ])
    let values = try session.run(
      fetches: ["both:0", "again:0", "again:1", "after", "x"], feeds: ["x": t(.float32, [2, 3])])
    #expect(
      values.map { Array($0.elements(Float.self)) } == [
        [-2, -3], [2, 3], [-2, -3], [2, 3], [2, 3],
      ])
  }

  /// Others wait for a product that no one reads; what it waits for is still waited for, and checks
  /// and changes still happen.
  @Test func nodesWhoseValuesNoOneReadsAreDropped() throws {
    let dtype: Attrs = ["dtype": .type(.float32)]
    let waiting = node("done", "NoOp", ["^unread", "^check", "^inner"])
    let session = try session([
      placeholderNode("x"),
      node(
        "v", "VarHandleOp", [],
        ["dtype": .type(.float32), "shape": .shape([2]), "shared_name": .string("v")]),
      node("write", "AssignVariableOp", ["v", "x"], dtype),
      node("read", "ReadVariableOp", ["v", "^write"], dtype), typed("inner", "Exp", ["read"]),
      typed("unread", "Mul", ["inner", "read"]),
      node("check", "CheckNumerics", ["x"], ["T": .type(.float32), "message": .string("bad")]),
      waiting,
      node("y", "Identity", ["x", "^done"], ["T": .type(.float32)]),
    ])
    let metadata = RunMetadata()
    let y = try session.run(
      fetches: ["y"], feeds: ["x": t(.float32, [1, 2])],
      options: RunOptions(traceLevel: .fullTrace),
      runMetadata: metadata)[0]
    #expect(y.floats == [1, 2])
    let ops = Set(metadata.stepStats.events.filter { $0.kind == .step }.map(\.op))
    #expect(ops.isDisjoint(with: ["Mul", "Exp"]) && ops.contains("AssignVariableOp"), "\(ops)")
    expectError(.invalidArgument, "bad : Tensor had NaN values") {
      _ = try session.run(fetches: ["y"], feeds: ["x": t(.float32, [1, .nan])])
    }
    // What is fetched is read.
    #expect(
      try session.run(fetches: ["unread"], feeds: ["x": t(.float32, [0, 0])])[0].floats == [0, 0])
  }

  /// Which way a conditional goes is known from the value that passes, which a wait for the Switch
  /// does not tell.
  @Test func waitingForABranchStaysWaitingForIt() throws {
    let outputs = try runBothWays([t(.bool, true), t(.float32, [3])]) { inputs in
      try V1Flow.cond(inputs[0], [inputs[1]]) { branch in
        [try applyOp("Neg", [branch[0]])[0]]
      } else: { branch in
        let unread = try applyOp("Exp", [branch[0]])[0]
        return try Environment.current.waiting(for: nil).waiting(for: [unread]).run {
          [try applyOp("Identity", [t(.float32, [9])])[0]]
        }
      }
    }
    #expect(outputs[0].floats == [-3])
  }
}
