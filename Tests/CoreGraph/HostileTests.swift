import CoreGraph
import CoreOps
import Foundation
import TestSupport
import Testing
import V1Graph

/// Whatever comes in from outside ends in one line of error with TensorFlow's code, and the process
/// goes on.
@Suite(.serialized) struct HostileTests {
  private static let terabytes = [1 << 21, 1 << 21]
  private static let overflowing = [1 << 31, 1 << 31, 1 << 31]

  /// Runs one op on constants and on fed values, whose shapes are only known then.
  private func refused(
    _ codes: [TFError.Code], _ op: String, _ inputs: [Tensor], _ attrs: Attrs,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func check(_ body: () throws -> Void) {
      do {
        try body()
        Issue.record("\(op) was not refused", sourceLocation: sourceLocation)
      } catch let error as TFError {
        #expect(codes.contains(error.code), "\(error)", sourceLocation: sourceLocation)
        #expect(!error.description.contains("\n"), "\(error)", sourceLocation: sourceLocation)
      } catch {
        Issue.record("not a TFError: \(error)", sourceLocation: sourceLocation)
      }
    }
    let used = MemoryLimit.usedBytes
    var complete = attrs
    for (name, value) in try OpCase.definition(op).signature.resolve(
      inputTypes: inputs.map(\.dtype), attrs
    ).map({ ($0.name, $0.value) }) {
      complete[name] = value
    }
    let names = inputs.indices.map { "in\($0)" }
    let constants = zip(names, inputs).map {
      node($0, "Const", [], ["value": .tensor($1), "dtype": .type($1.dtype)])
    }
    let placeholders = zip(names, inputs).map { placeholderNode($0, $1.dtype) }
    check { _ = try applyOp(op, inputs, attrs) }
    check { _ = try session(constants + [node("out", op, names, complete)]).run(fetches: ["out"]) }
    check {
      _ = try session(placeholders + [node("out", op, names, complete)]).run(
        fetches: ["out"], feeds: Dictionary(uniqueKeysWithValues: zip(names, inputs)))
    }
    #expect(MemoryLimit.usedBytes <= used + 1 << 28, sourceLocation: sourceLocation)
  }

  private func vector(_ values: [Int], _ dtype: DType = .int64) -> Tensor {
    t(dtype, values)
  }

  @Test(arguments: [
    terabytes, overflowing, [1 << 62, 4], [-1], [3, -2], [Int.max, Int.max], [Int.min],
  ])
  func shapesFromDataAreChecked(dims: [Int]) throws {
    let codes: [TFError.Code] = [.invalidArgument, .resourceExhausted]
    let shape = vector(dims)
    try refused(codes, "Fill", [shape, t(.float32, 1)], [:])
    try refused(codes, "Fill", [shape, t(.string, "a")], [:])
    for op in ["RandomUniform", "RandomStandardNormal", "TruncatedNormal"] {
      try refused(codes, op, [shape], ["dtype": .type(.float32)])
    }
    try refused(codes, "RandomUniformInt", [shape, t(.int32, 0), t(.int32, 9)], [:])
    try refused(
      codes, "StatelessRandomUniform", [shape, vector([1, 2])], ["dtype": .type(.float32)])
    try refused(codes, "BroadcastTo", [t(.float32, 1), shape], [:])
    if dims != [-1] { try refused(codes, "Reshape", [t(.float32, [1, 2, 3]), shape], [:]) }
    try refused(
      codes, "Tile",
      [
        t(.float32, [Int](repeating: 1, count: 1)).reshaped(
          Shape([Int](repeating: 1, count: dims.count))), shape,
      ], [:])
    try refused(codes, "ScatterNd", [t(.int64, [[0]]), t(.float32, [1]), shape], [:])
  }

  @Test func sizesFromDataAreChecked() throws {
    let codes: [TFError.Code] = [.invalidArgument, .resourceExhausted]
    let huge = 1 << 40
    try refused(codes, "Range", [t(.int64, 0), t(.int64, huge), t(.int64, 1)], [:])
    try refused(codes, "Range", [t(.float32, 0), t(.float32, 1e30), t(.float32, 1)], [:])
    try refused(codes, "LinSpace", [t(.float32, 0), t(.float32, 1), t(.int64, huge)], [:])
    try refused(
      codes, "OneHot",
      [
        t(.int32, [Int](repeating: 0, count: 10_000)), t(.int32, Int(Int32.max)),
        t(.float32, [1, 0]), t(.float32, 0),
      ], [:])
    try refused(codes, "Pad", [t(.float32, [1]), t(.int64, [[huge, huge]])], [:])
    try refused(codes, "Pad", [t(.float32, [1]), t(.int64, [[Int.max, 1]])], [:])
    try refused(codes, "Slice", [t(.float32, [1, 2]), t(.int64, [1]), t(.int64, [Int.max])], [:])
    try refused(
      codes, "UnsortedSegmentSum", [t(.float32, [1]), t(.int32, [0]), t(.int64, huge)], [:])
    try refused(
      codes, "MatrixDiagV3",
      [t(.float32, [1]), t(.int32, 0), t(.int32, 1 << 30), t(.int32, 1 << 30), t(.float32, 0)], [:])
  }

  @Test func feedsOfTerabytesAreTensorsThatCannotBeMade() {
    expectError(.resourceExhausted) { _ = try Tensor.zeros(.float32, Shape(Self.terabytes)) }
    expectError(.invalidArgument) { _ = try Tensor.zeros(.float32, Shape(Self.overflowing)) }
  }

  // The limit is the process's: these two have one each for themselves.
  @Test func theMemoryLimitStopsGraphsAndFreesWhatTheyTook() async {
    await #expect(processExitsWith: .success) { try HostileTests().checkMemoryLimitOfRuns() }
  }

  private func checkMemoryLimitOfRuns() throws {
    let session = try session([
      placeholderNode("n", .int32), constantNode("one", .float32, 1),
      node("a", "Fill", ["n", "one"], ["T": .type(.float32), "index_type": .type(.int32)]),
      typed("b", "Exp", ["a"]),
      typed("c", "Sqrt", ["a"]), typed("d", "AddV2", ["b", "c"]),
      node("sum", "Sum", ["d", "axis"], ["T": .type(.float32), "Tidx": .type(.int32)]),
      constantNode("axis", .int32, [0]),
    ])
    let before = MemoryLimit.bytes
    let used = MemoryLimit.usedBytes
    defer { MemoryLimit.bytes = before }
    // Room for one of the values.
    MemoryLimit.bytes = used + 500 << 20
    for _ in 0..<3 {
      expectError(.resourceExhausted, "OOM when allocating") {
        _ = try session.run(fetches: ["sum"], feeds: ["n": t(.int32, [75 << 20])])
      }
      #expect(MemoryLimit.usedBytes <= used + 100 << 20)
    }
    #expect(try session.run(fetches: ["sum"], feeds: ["n": t(.int32, [10])])[0].dims == Shape())
    MemoryLimit.bytes = before
    #expect(
      try session.run(fetches: ["sum"], feeds: ["n": t(.int32, [1 << 20])])[0].dims == Shape())
  }

  @Test func resultsThatGrowAreRefused() throws {
    // Sixty doublings of a matrix.
    var nodes = [placeholderNode("x0"), constantNode("axis", .int32, 0)]
    for index in 1...60 {
      nodes.append(
        node(
          "x\(index)", "ConcatV2", ["x\(index - 1)", "x\(index - 1)", "axis"],
          ["T": .type(.float32), "N": .int(2), "Tidx": .type(.int32)]))
    }
    let session = try session(nodes)
    let used = MemoryLimit.usedBytes
    do {
      _ = try session.run(fetches: ["x60"], feeds: ["x0": t(.float32, [1])])
      Issue.record("2^60 elements came out")
    } catch let error as TFError {
      #expect([.invalidArgument, .resourceExhausted].contains(error.code), "\(error)")
    }
    #expect(MemoryLimit.usedBytes <= used + 1 << 28)
    #expect(
      try session.run(fetches: ["x4"], feeds: ["x0": t(.float32, [1])])[0].dims == Shape([16]))
  }

  // MARK: - Calls

  private let callSelf = function(
    "f", [("x", .float32)], [call("c", "f", ["x"], [.float32], [.float32])],
    returns: [("c:output:0", .float32)])

  @Test func functionsThatCallThemselvesAreRefused() throws {
    let g = function(
      "g", [("x", .float32)],
      [
        call("a", "h", ["x"], [.float32], [.float32]),
        call("b", "h", ["a:output:0"], [.float32], [.float32]),
      ],
      returns: [("b:output:0", .float32)])
    let h = function(
      "h", [("x", .float32)], [node("c", "g", ["x"])], returns: [("c:output:0", .float32)])
    let session = try session(
      [
        placeholderNode("x"), call("direct", "f", ["x"], [.float32], [.float32]),
        call("around", "g", ["x"], [.float32], [.float32]), typed("fine", "Neg", ["x"]),
      ], [callSelf, g, h])
    for fetch in ["direct", "around"] {
      expectError(.invalidArgument, "node \(fetch) ", "calls itself") {
        _ = try session.run(fetches: [fetch], feeds: ["x": t(.float32, 1)])
      }
    }
    #expect(try session.run(fetches: ["fine"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
  }

  @Test func functionsThatCallThemselvesInBranchesAndLoopsStop() throws {
    let types: Attrs = [
      "Tin": .types([.float32]), "Tout": .types([.float32]), "Tcond": .type(.bool),
    ]
    var choose = types
    choose["then_branch"] = .function("branch", [:])
    choose["else_branch"] = .function("branch", [:])
    let yes = constantNode("yes", .bool, true)
    let branch = function(
      "branch", [("x", .float32)], [yes, node("i", "If", ["yes:output:0", "x"], choose)],
      returns: [("i:output:0", .float32)])
    let body = function(
      "body", [("x", .float32)], [whileNode("w", ["x"], [.float32], cond: "cond", body: "body")],
      returns: [("w:output:0", .float32)])
    let cond = function("cond", [("x", .float32)], [yes], returns: [("yes:output:0", .bool)])
    let condOfItself = function(
      "condself", [("x", .float32)],
      [
        whileNode("w", ["x"], [.float32], cond: "condself", body: "same"),
        typed("e", "Equal", ["w:output:0", "x"]),
      ],
      returns: [("e:z:0", .bool)])
    let same = function("same", [("x", .float32)], [], returns: [("x", .float32)])
    let session = try session(
      [
        placeholderNode("x"), constantNode("p", .bool, true), node("i", "If", ["p", "x"], choose),
        whileNode("w", ["x"], [.float32], cond: "cond", body: "body"),
        whileNode("v", ["x"], [.float32], cond: "condself", body: "same"),
        typed("fine", "Neg", ["x"]),
      ], [branch, body, cond, condOfItself, same])
    for fetch in ["i", "w", "v"] {
      do {
        _ = try session.run(fetches: [fetch], feeds: ["x": t(.float32, 1)], timeout: 20)
        Issue.record("\(fetch) came to an end")
      } catch let error as TFError {
        #expect([.invalidArgument, .resourceExhausted].contains(error.code), "\(fetch): \(error)")
      }
    }
    #expect(try session.run(fetches: ["fine"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
  }

  @Test func callsThatMultiplyAreRefused() throws {
    // Each function calls the next ten times: 10^30 nodes in all.
    var functions: [FunctionDef] = []
    for level in 0..<30 {
      var nodes: [NodeDef] = []
      for index in 0..<10 {
        nodes.append(
          call(
            "c\(index)", "f\(level + 1)", [index == 0 ? "x" : "c\(index - 1):output:0"], [.float32],
            [.float32]))
      }
      functions.append(
        function("f\(level)", [("x", .float32)], nodes, returns: [("c9:output:0", .float32)]))
    }
    functions.append(
      function("f30", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    )
    let session = try session(
      [placeholderNode("x"), call("c", "f0", ["x"], [.float32], [.float32])], functions)
    expectError(.resourceExhausted, "expand to more than") {
      _ = try session.run(fetches: ["c"], feeds: ["x": t(.float32, 1)])
    }
  }

  @Test func chainsOfCallsMayBeDeep() throws {
    var functions = [
      function("f0", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    ]
    for level in 1..<60 {
      functions.append(
        function(
          "f\(level)", [("x", .float32)],
          [call("c", "f\(level - 1)", ["x"], [.float32], [.float32])],
          returns: [("c:output:0", .float32)]))
    }
    let session = try session(
      [placeholderNode("x"), call("c", "f59", ["x"], [.float32], [.float32])], functions)
    #expect(try session.run(fetches: ["c"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
  }

  /// A function of another function twice over, `levels` deep.
  private func doubling(_ levels: Int, _ node: (String, Int, String) -> NodeDef, result: String)
    -> [FunctionDef]
  {
    var functions = [
      function("f0", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    ]
    for level in 1...levels {
      functions.append(
        function(
          "f\(level)", [("x", .float32)],
          [node("a", level - 1, "x"), node("b", level - 1, "a" + result)],
          returns: [("b" + result, .float32)]))
    }
    return functions
  }

  /// Plans that would take long: making them is part of the run's time, and of its memory.
  @Test func makingAPlanIsPartOfTheRun() async {
    await #expect(processExitsWith: .success) { try HostileTests().checkLimitsOfPlanning() }
  }

  private func checkLimitsOfPlanning() throws {
    var calls = doubling(
      11, { call($0, "f\($1)", [$2], [.float32], [.float32]) }, result: ":output:0")
    // Two hundred thousand nodes, once all calls are opened.
    calls[0].nodes = (0..<100).map {
      typed($0 == 99 ? "y" : "n\($0)", "Neg", [$0 == 0 ? "x" : "n\($0 - 1):y:0"])
    }
    let called = try session(
      [placeholderNode("x"), call("c", "f11", ["x"], [.float32], [.float32])], calls)
    expectError(.deadlineExceeded) {
      _ = try called.run(fetches: ["c"], feeds: ["x": t(.float32, 1)], timeout: 0.3)
    }
    let before = MemoryLimit.bytes
    let used = MemoryLimit.usedBytes
    MemoryLimit.bytes = used + 96 << 20
    defer { MemoryLimit.bytes = before }
    expectError(.resourceExhausted) {
      _ = try called.run(fetches: ["c"], feeds: ["x": t(.float32, 1)], timeout: 60)
    }
    #expect(MemoryLimit.usedBytes <= used + 4 << 20)
  }

  @Test func loopsThatMultiplyAreStoppedWhileTheyArePlanned() throws {
    var functions = doubling(
      40, { whileNode($0, [$2], [.float32], cond: "cond", body: "f\($1)") }, result: ":output:0")
    functions.append(
      function(
        "cond", [("x", .float32)],
        [constantNode("c", .float32, 5), typed("l", "Less", ["x", "c:output:0"])],
        returns: [("l:z:0", .bool)]))
    let session = try session(
      [placeholderNode("x"), whileNode("w", ["x"], [.float32], cond: "cond", body: "f40")],
      functions)
    let used = MemoryLimit.usedBytes
    expectError(.deadlineExceeded) {
      _ = try session.run(fetches: ["w"], feeds: ["x": t(.float32, 1)], timeout: 0.3)
    }
    #expect(MemoryLimit.usedBytes <= used + 1 << 28)
  }

  @Test(arguments: [20, 100, 300]) func nestedBranchesRunOrAreRefused(depth: Int) throws {
    let types: Attrs = [
      "Tin": .types([.float32]), "Tout": .types([.float32]), "Tcond": .type(.bool),
    ]
    var functions = [
      function("f0", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    ]
    for level in 1...depth {
      var choose = types
      choose["then_branch"] = .function("f\(level - 1)", [:])
      choose["else_branch"] = .function("f0", [:])
      functions.append(
        function(
          "f\(level)", [("x", .float32)],
          [constantNode("yes", .bool, true), node("i", "If", ["yes:output:0", "x"], choose)],
          returns: [("i:output:0", .float32)]))
    }
    let session = try session(
      [placeholderNode("x"), call("c", "f\(depth)", ["x"], [.float32], [.float32])], functions)
    if depth <= 100 {
      #expect(try session.run(fetches: ["c"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
    } else {
      do {
        #expect(try session.run(fetches: ["c"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
      } catch let error as TFError {
        #expect(error.code == .resourceExhausted, "\(error)")
      }
    }
  }

  @Test func longChainsAndDeepFramesRun() throws {
    var nodes = [placeholderNode("x0", .int32)]
    for index in 1...5000 { nodes.append(typed("x\(index)", "Neg", ["x\(index - 1)"], .int32)) }
    // The file's order is the worst one.
    let session = try session(nodes.reversed())
    #expect(try session.run(fetches: ["x5000"], feeds: ["x0": t(.int32, 7)])[0].ints == [7])
    // Three hundred frames inside each other.
    let depth = 300
    var deep = [placeholderNode("x", .int32)]
    for level in 0..<depth {
      deep.append(
        node(
          "e\(level)", "Enter", [level == 0 ? "x" : "e\(level - 1)"],
          [
            "T": .type(.int32), "frame_name": .string("f\(level)"), "is_constant": .bool(true),
          ]))
    }
    for level in 0..<depth {
      deep.append(
        typed("o\(level)", "Exit", [level == 0 ? "e\(depth - 1)" : "o\(level - 1)"], .int32))
    }
    let frames = try CoreGraphTests.session(deep)
    #expect(try frames.run(fetches: ["o\(depth - 1)"], feeds: ["x": t(.int32, 7)])[0].ints == [7])
  }

  // MARK: - Frames that do not fit

  @Test func framesThatDoNotFitAreRefused() throws {
    let enter: (String, String, String) -> NodeDef = {
      node($0, "Enter", [$1], ["T": .type(.float32), "frame_name": .string($2)])
    }
    let session = try session([
      placeholderNode("x"), constantNode("p", .bool, true), enter("e", "x", "one"),
      enter("f", "x", "two"),
      typed("both", "AddV2", ["e", "f"]), typed("mixed", "AddV2", ["e", "x"]),
      typed("exit", "Exit", ["x"]),
      node("m", "Merge", ["e", "n"], ["T": .type(.float32), "N": .int(2)]),
      typed("n", "NextIteration", ["x"]),
      typed("out", "Exit", ["m"]), typed("root", "NextIteration", ["x"]),
      node("fed", "Merge", ["x", "root"], ["T": .type(.float32), "N": .int(2)]),
      typed("wait", "Identity", ["e", "^f"]), typed("fine", "Neg", ["x"]),
    ])
    for fetch in ["both", "mixed", "exit", "out", "root", "fed", "wait", "e"] {
      let error = #expect(throws: TFError.self) {
        _ = try session.run(fetches: [fetch], feeds: ["x": t(.float32, 1)], timeout: 1)
      }
      #expect(
        [.invalidArgument, .deadlineExceeded].contains(error?.code),
        "\(fetch): \(error?.description ?? "")")
    }
    #expect(try session.run(fetches: ["fine"], feeds: ["x": t(.float32, 1)])[0].floats == [-1])
  }

  @Test func switchesTakeScalarsOnly() throws {
    let session = try session([
      placeholderNode("x"), placeholderNode("p", .bool), typed("s", "Switch", ["x", "p"]),
      typed("n", "Neg", ["s:1"]),
    ])
    for predicate in [t(.bool, [true, false]), try Tensor.zeros(.bool, Shape([0]))] {
      expectError(.invalidArgument) {
        _ = try session.run(fetches: ["n"], feeds: ["x": t(.float32, 1), "p": predicate])
      }
    }
    expectError(.invalidArgument, "Retval[0] does not have value") {
      _ = try session.run(fetches: ["n"], feeds: ["x": t(.float32, 1), "p": t(.bool, false)])
    }
    #expect(
      try session.run(fetches: ["n"], feeds: ["x": t(.float32, 1), "p": t(.bool, true)])[0].floats
        == [-1])
  }

  // MARK: - Wrong functions

  @Test func functionsThatDoNotFitTheirCallAreRefused() throws {
    let negate = function(
      "negate", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    let bad = function(
      "bad", [("x", .float32)], [typed("y", "Neg", ["gone"])], returns: [("y:y:0", .float32)])
    let lost = function("lost", [("x", .float32)], [], returns: [("z:y:0", .float32)])
    let cyclic = function(
      "cyclic", [("x", .float32)], [typed("y", "Neg", ["z:y:0"]), typed("z", "Neg", ["y:y:0"])],
      returns: [("y:y:0", .float32)])
    let string = function(
      "string", [("x", .float32)], [constantNode("s", .string, "no")],
      returns: [("s:output:0", .string)])
    let library = [negate, bad, lost, cyclic, string]
    let session = try session(
      [
        placeholderNode("x"), call("few", "negate", [], [], [.float32]),
        call("many", "negate", ["x", "x"], [.float32, .float32], [.float32]),
        call("results", "negate", ["x"], [.float32], [.float32, .float32]),
        call("dtype", "negate", ["x"], [.float32], [.int32]),
        call("bad", "bad", ["x"], [.float32], [.float32]),
        call("lost", "lost", ["x"], [.float32], [.float32]),
        call("cyclic", "cyclic", ["x"], [.float32], [.float32]),
        whileNode("cond", ["x"], [.float32], cond: "string", body: "string"),
        whileNode("two", ["x", "x"], [.float32, .float32], cond: "negate", body: "negate"),
      ], library)
    for fetch in ["few", "many", "results", "dtype", "bad", "lost", "cyclic", "cond", "two"] {
      let error = #expect(throws: TFError.self) {
        _ = try session.run(fetches: [fetch], feeds: ["x": t(.float32, 1)], timeout: 5)
      }
      #expect(
        [.invalidArgument, .notFound].contains(error?.code), "\(fetch): \(error?.description ?? "")"
      )
      #expect(error?.description.contains("\n") == false)
    }
  }
}
