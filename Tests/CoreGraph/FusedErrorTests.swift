import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// An error in a step that does the work of several nodes names the node whose work failed, in
/// TensorFlow's words.
@Suite struct FusedErrorTests {
  private func chain(_ op: String) -> [NodeDef] {
    [
      placeholderNode("x", .int32), placeholderNode("y", .int32),
      typed("before", "AddV2", ["x", "x"], .int32), typed("part", op, ["before", "y"], .int32),
      typed("plus", "AddV2", ["part", "x"], .int32), typed("last", "Mul", ["plus", "x"], .int32),
    ]
  }

  private func ints(_ count: Int, _ value: (Int) -> Int32) throws -> Tensor {
    try Tensor((0..<count).map(value), dims: [count])
  }

  /// Few elements are a call each, more are one loop, many are on several threads.
  @Test(arguments: ["FloorDiv", "Div", "FloorMod", "TruncateDiv", "Mod"], [5, 4096, 300_000])
  func theMemberThatFailedIsNamed(op: String, count: Int) throws {
    let session = try session(chain(op))
    let x = try ints(count) { Int32($0) }
    expectError(.invalidArgument, "node part (\(op)): Integer division by zero") {
      _ = try session.run(
        fetches: ["last"], feeds: ["x": x, "y": ints(count) { $0 == count - 1 ? 0 : 3 }])
    }
    expectError(.invalidArgument, "node part (\(op)): Integer division by zero") {
      _ = try session.run(fetches: ["last"], feeds: ["x": x, "y": t(.int32, 0)])
    }
    #expect(
      try session.run(fetches: ["plus"], feeds: ["x": x, "y": ints(count) { _ in 1 }])[0].dims
        == [count])
  }

  @Test func powersAreNamed() throws {
    let session = try session(chain("Pow"))
    expectError(.invalidArgument, "node part (Pow): Integers to negative integer powers") {
      _ = try session.run(
        fetches: ["last"], feeds: ["x": ints(4096) { Int32($0) }, "y": ints(4096) { _ in -1 }])
    }
  }

  /// The second division fails in the first elements, the first one in the last: had each run over
  /// all elements, the first would have failed first.
  @Test func theFirstMemberThatFailsIsNamed() throws {
    let session = try session([
      placeholderNode("x", .int32), placeholderNode("y", .int32), placeholderNode("z", .int32),
      typed("first", "FloorDiv", ["x", "y"], .int32),
      typed("second", "FloorDiv", ["first", "z"], .int32),
    ])
    let count = 200_000
    expectError(.invalidArgument, "node first (FloorDiv)") {
      _ = try session.run(
        fetches: ["second"],
        feeds: [
          "x": ints(count) { Int32($0) }, "y": ints(count) { $0 == count - 1 ? 0 : 1 },
          "z": ints(count) { $0 == 0 ? 0 : 1 },
        ])
    }
  }

  /// In a loop whose body is a fixed program.
  @Test func aLoopNamesTheMember() throws {
    let body = [
      typed("part", "FloorDiv", ["a", "b"], .int32), constantNode("one", .int32, 1),
      typed("less", "Sub", ["b", "one:output:0"], .int32),
    ]
    let session = try session(
      [
        placeholderNode("x", .int32), constantNode("n", .int32, 3),
        whileNode("w", ["x", "n"], [.int32, .int32], cond: "cond", body: "body"),
        typed("y", "Identity", ["w"], .int32),
      ],
      [
        function(
          "cond", [("a", .int32), ("b", .int32)],
          [
            constantNode("low", .int32, -5), typed("go", "Greater", ["b", "low:output:0"], .int32),
          ], returns: [("go:z:0", .bool)]),
        function(
          "body", [("a", .int32), ("b", .int32)], body,
          returns: [("part:z:0", .int32), ("less:z:0", .int32)]),
      ])
    expectError(.invalidArgument, "FloorDiv", "Integer division by zero") {
      _ = try session.run(fetches: ["y"], feeds: ["x": ints(8) { Int32($0) }])
    }
  }
}
