import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph

/// TF-1 loops that look like those of `tf.while_loop` but use their parts otherwise. What is
/// expected is what TensorFlow gives.
@Suite struct RaisedLoopTests {
  /// A loop that counts to three, with what `extra` adds.
  private func loop(_ extra: [NodeDef]) throws -> Session {
    let frame: Attrs = ["T": .type(.int32), "frame_name": .string("w")]
    return try session(
      [
        constantNode("zero", .int32, 0), constantNode("three", .int32, 3),
        node("e", "Enter", ["zero"], frame),
        node("l", "Enter", ["three"], frame.constant), merge("m", ["e", "next"]),
        typed("less", "Less", ["m", "l"], .int32),
        node("cond", "LoopCond", ["less"]), typed("s", "Switch", ["m", "cond"], .int32),
        typed("in", "Identity", ["s:1"], .int32),
        waiting(constantNode("one", .int32, 1), for: "in"),
        typed("add", "AddV2", ["in", "one"], .int32),
        typed("next", "NextIteration", ["add"], .int32),
        typed("out", "Exit", ["s"], .int32),
      ] + extra)
  }

  /// A second variable, whose next value is `r2`.
  private func second(_ body: [NodeDef], start: Int = 0, merge inputs: [String] = ["e2", "next2"])
    -> [NodeDef]
  {
    [
      constantNode("start2", .int32, start),
      node("e2", "Enter", ["start2"], ["T": .type(.int32), "frame_name": .string("w")]),
      merge("m2", inputs),
      typed("s2", "Switch", ["m2", "cond"], .int32), typed("in2", "Identity", ["s2:1"], .int32),
      typed("next2", "NextIteration", ["r2"], .int32), typed("out2", "Exit", ["s2"], .int32),
    ] + body
  }

  /// A variable `v` that `bump` adds one to.
  private func counter(after gate: String) -> [NodeDef] {
    let handle: Attrs = ["T": .type(.resource), "frame_name": .string("w")]
    let dtype: Attrs = ["dtype": .type(.int32)]
    return [
      node(
        "v", "VarHandleOp", [],
        ["dtype": .type(.int32), "shape": .shape(.scalar), "shared_name": .string("v")]),
      node("init", "AssignVariableOp", ["v", "zero"], dtype),
      node("ve", "Enter", ["v"], handle.constant),
      constantNode("oneC", .int32, 1),
      node(
        "oneE", "Enter", ["oneC"],
        (["T": .type(.int32), "frame_name": .string("w")] as Attrs).constant),
      node("bump", "AssignAddVariableOp", ["ve", "oneE", gate], dtype),
    ]
  }

  private func merge(_ name: String, _ inputs: [String]) -> NodeDef {
    node(name, "Merge", inputs, ["T": .type(.int32), "N": .int(inputs.count)])
  }

  private func waiting(_ node: NodeDef, for other: String) -> NodeDef {
    var node = node
    node.inputs.append("^" + other)
    return node
  }

  private func expect(
    _ session: Session, _ fetches: [String], _ values: [Int],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    if session.graph.node(named: "init") != nil {
      _ = try session.run(fetches: [], targets: ["init"])
    }
    let outputs = try session.run(fetches: fetches, timeout: 20)
    #expect(outputs.map(\.ints) == values.map { [$0] }, sourceLocation: sourceLocation)
  }

  @Test func whatLeavesMayBeReadInside() throws {
    try expect(
      loop([typed("after", "Identity", ["s"], .int32), typed("out2", "Exit", ["after"], .int32)]),
      ["out", "out2"], [3, 3])
  }

  @Test func effectsMayHappenWhenTheLoopEnds() throws {
    let session = try loop(
      counter(after: "^after") + [
        typed("after", "Identity", ["s"], .int32),
        typed("after2", "Identity", ["s", "^bump"], .int32),
        typed("out2", "Exit", ["after2"], .int32),
        node("read", "ReadVariableOp", ["v", "^out2"], ["dtype": .type(.int32)]),
      ])
    try expect(session, ["out", "out2", "read"], [3, 3, 1])
  }

  @Test func mergesSayWhereTheirValueCameFrom() throws {
    try expect(
      loop(second([typed("r2", "AddV2", ["m:1", "in2"], .int32)])), ["out", "out2"], [3, 2])
    try expect(
      loop(
        second(
          [typed("r2", "AddV2", ["m2:1", "in2"], .int32)], start: 100, merge: ["next2", "e2"])),
      ["out", "out2"],
      [3, 101])
  }

  /// The last iteration, in which the condition does not hold, reaches all that waits for no more
  /// than its beginning.
  @Test(arguments: [("^s", 4), ("^m", 4), ("^in", 3)]) func effectsCountAsTheirGateSays(
    gate: String, count: Int
  ) throws {
    let session = try loop(
      counter(after: gate) + second([typed("r2", "Identity", ["in2", "^bump"], .int32)]) + [
        node("done", "NoOp", ["^out2"]),
        node("read", "ReadVariableOp", ["v", "^out", "^done"], ["dtype": .type(.int32)]),
      ])
    try expect(session, ["out", "read"], [3, count])
  }

  @Test func theConditionMayBeReadInTheBody() throws {
    let cast = node("asint", "Cast", ["cond"], ["SrcT": .type(.bool), "DstT": .type(.int32)])
    try expect(
      loop(second([cast, typed("r2", "AddV2", ["in2", "asint"], .int32)])), ["out", "out2"], [3, 3])
  }

  @Test func theBodyMayReadWhatTheConditionReads() throws {
    try expect(
      loop(
        second([
          typed("dbl", "AddV2", ["m", "m"], .int32), typed("r2", "AddV2", ["in2", "dbl"], .int32),
        ])), ["out", "out2"],
      [3, 6])
  }

  /// The second variable waits for what the first is after the loop: as one node the loop would
  /// wait for itself.
  @Test func aVariableMayWaitForWhatAnotherIsAfterTheLoop() throws {
    let late: Attrs = ["T": .type(.int32), "frame_name": .string("w")]
    let session = try loop(
      second([
        typed("late", "AddV2", ["out", "three"], .int32),
        node("lateE", "Enter", ["late"], late.constant),
        typed("r2", "AddV2", ["in2", "lateE"], .int32),
      ]) + [typed("sum", "AddV2", ["out2", "late"], .int32)])
    try expect(session, ["out", "out2", "sum"], [3, 18, 24])
  }

  @Test func oneBackEdgeMayServeTwoVariables() throws {
    var nodes = second([], start: 100, merge: ["e2", "next"])
    nodes.removeAll { ["in2", "next2"].contains($0.name) }
    try expect(loop(nodes), ["out", "out2"], [3, 3])
  }

  /// As in TensorFlow, such a loop does not end: here the time-out ends it.
  @Test func aBackEdgeThatDoesNotWaitGoesOn() throws {
    var nodes = second([typed("r2", "AddV2", ["m2", "l"], .int32)])
    nodes.removeAll { $0.name == "in2" }
    let session = try loop(nodes)
    expectError(.deadlineExceeded) { _ = try session.run(fetches: ["out", "out2"], timeout: 0.2) }
  }
}

extension Attrs {
  fileprivate var constant: Attrs { with("is_constant", .bool(true)) }
}
