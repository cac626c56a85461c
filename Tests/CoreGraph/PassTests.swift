import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

@Suite struct PassTests {
  /// Keras writes swish with a factor and hands it on beside its input.
  @Test(arguments: ["plain", "scaled", "doubled", "handed on"]) func swishJoinsTheConvolutionBeforeIt(form: String) throws {
    let attrs: Attrs = ["T": .type(.float32), "strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")]
    var nodes = [
      placeholderNode("x"), constantNode("w", .float32, [[[[0.5, -1.5]]]]), constantNode("b", .float32, [0.25, 1]),
      constantNode("beta", .float32, form == "doubled" ? 2 : 1), node("c", "Conv2D", ["x", "w"], attrs),
      typed("biased", "BiasAdd", ["c", "b"]), typed("scaled", "Mul", ["beta", "biased"]),
      typed("gate", "Sigmoid", [form == "plain" ? "biased" : "scaled"]), typed("swish", "Mul", ["biased", "gate"]),
      node("both", "IdentityN", ["swish", "biased"], ["T": .types([.float32, .float32])]),
    ]
    nodes.append(typed("y", "Neg", [form == "handed on" ? "both:0" : "swish"]))
    let session = try session(nodes)
    let metadata = RunMetadata()
    let feed = t(.float32, [[[[0.5], [-2]], [[3], [-1]]]])
    let y = try session.run(
      fetches: ["y"], feeds: ["x": feed], options: RunOptions(traceLevel: .fullTrace), runMetadata: metadata)[0]
    let steps = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
    #expect((steps == ["_FusedConv2D", "Neg"]) == (form != "doubled"), "\(steps)")
    // TensorFlow's values.
    let expected: [Float] = form == "doubled"
      ? [-0.3655293, -0.1556148, 0.1368192, -3.9986587, -1.6987035, 0.0031887, 0.0943852, -2.483268]
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
    #expect(values.map { Array($0.elements(Float.self)) } == [[-2, -3], [2, 3], [-2, -3], [2, 3], [2, 3]])
  }
}
