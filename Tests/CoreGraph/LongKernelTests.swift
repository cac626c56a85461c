import CoreGraph
import CoreOps
import Foundation
import TestSupport
import Testing
import V1Graph

/// Kernels whose work is not bounded by the memory of their inputs and outputs look whether their
/// run is to end, or do no more than the part that counts.
@Suite struct LongKernelTests {
  /// Runs `node` on constants and on fed values until its time is over.
  private func expectItEnds(
    _ op: NodeDef, _ inputs: [(dtype: DType, value: any TensorConvertible)],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tensors = try inputs.map { try $0.value.asTensor(preferring: $0.dtype) }
    for isFed in [false, true] {
      let nodes = inputs.indices.map { index in
        isFed
          ? placeholderNode("i\(index)", tensors[index].dtype)
          : node(
            "i\(index)", "Const", [],
            ["value": .tensor(tensors[index]), "dtype": .type(tensors[index].dtype)])
      }
      let session = try session(nodes + [op])
      let feeds = isFed ? tensors : []
      let names = feeds.indices.map { "i\($0)" }
      expectError(.deadlineExceeded) {
        _ = try session.run(
          fetches: [op.name], feeds: Dictionary(uniqueKeysWithValues: zip(names, feeds)),
          timeout: 0.2)
      }
    }
  }

  @Test func rangesOfValuesEnd() throws {
    try expectItEnds(
      node(
        "r", "RaggedRange", ["i0", "i1", "i2"], ["T": .type(.int32), "Tsplits": .type(.int64)]),
      [(.int32, [0]), (.int32, [2_000_000_000]), (.int32, [1])])
  }

  @Test func randomNumbersEnd() throws {
    for op in ["StatelessTruncatedNormal", "StatelessRandomNormal", "StatelessRandomUniform"] {
      try expectItEnds(
        node(
          "r", op, ["i0", "i1"],
          ["dtype": .type(.float32), "T": .type(.int32), "Tseed": .type(.int32)]),
        [(.int32, [1_500_000_000]), (.int32, [1, 2])])
    }
  }

  @Test func gradientsOfLargeImagesEnd() throws {
    for op in ["ResizeBilinearGrad", "ResizeBicubicGrad"] {
      let session = try session([
        placeholderNode("g"), placeholderNode("side", .int32), constantNode("one", .float32, 0),
        node(
          "image", "Fill", ["side", "one"], ["T": .type(.float32), "index_type": .type(.int32)]),
        node(
          "r", op, ["g", "image"],
          [
            "T": .type(.float32), "align_corners": .bool(false),
            "half_pixel_centers": .bool(false),
          ]),
      ])
      let gradient = try Tensor.zeros(.float32, [1, 30_000_000, 1, 1])
      expectError(.deadlineExceeded) {
        _ = try session.run(
          fetches: ["r"], feeds: ["g": gradient, "side": [1, 4, 4, 1]], timeout: 0.2)
      }
    }
  }

  @Test func windowsAreCutToTheImage() throws {
    let huge = Int(Int32.max)
    let attrs: Attrs = [
      "T": .type(.quint8), "ksize": .ints([1, huge, huge, 1]), "strides": .ints([1, 1, 1, 1]),
      "padding": .string("SAME"),
    ]
    let image = try Tensor([1, 2, 3, 4] as [UInt8], shape: [1, 2, 2, 1]).bitcast(.quint8)
    for (op, expected) in [
      ("QuantizedMaxPool", [4, 4, 4, 4]), ("QuantizedAvgPool", [2, 2, 2, 2]),
    ] {
      let session = try session([
        placeholderNode("x", .quint8), constantNode("low", .float32, 0),
        constantNode("high", .float32, 255), node("y", op, ["x", "low", "high"], attrs),
      ])
      let values = try session.run(fetches: ["y"], feeds: ["x": image], timeout: 10)[0]
      #expect(values.bytes.map(Int.init) == expected, "\(op)")
    }
  }

  @Test func productsEnd() throws {
    let session = try session([
      placeholderNode("n", .int32), constantNode("one", .int32, 1),
      node("a", "Fill", ["n", "one"], ["T": .type(.int32), "index_type": .type(.int32)]),
      node(
        "y", "MatMul", ["a", "a"],
        ["T": .type(.int32), "transpose_a": .bool(false), "transpose_b": .bool(false)]),
    ])
    expectError(.deadlineExceeded) {
      _ = try session.run(fetches: ["y"], feeds: ["n": [6000, 6000]], timeout: 0.3)
    }
  }

  @Test func aRunThatWasEndedLeavesVariablesWhole() throws {
    let resource: Attrs = [
      "dtype": .type(.float32), "shape": .shape(.unknown), "container": .string(""),
      "shared_name": .string("v"),
    ]
    let session = try session([
      node("v", "VarHandleOp", [], resource), placeholderNode("n", .int32),
      placeholderNode("value"),
      node("fill", "Fill", ["n", "value"], ["T": .type(.float32), "index_type": .type(.int32)]),
      node("assign", "AssignVariableOp", ["v", "fill"], ["dtype": .type(.float32)]),
      node("read", "ReadVariableOp", ["v"], ["dtype": .type(.float32)]),
    ])
    _ = try session.run(fetches: [], feeds: ["n": [4], "value": 1], targets: ["assign"])
    expectError(.deadlineExceeded) {
      _ = try session.run(
        fetches: [], feeds: ["n": [1_500_000_000], "value": 2], targets: ["assign"], timeout: 0.1)
    }
    #expect(try session.run(fetches: ["read"])[0].floats == [1, 1, 1, 1])
  }

  @Test func whatOneRunEndedOthersDoNotNotice() throws {
    let session = try session([
      placeholderNode("n", .int32), constantNode("one", .float32, 1),
      node("fill", "Fill", ["n", "one"], ["T": .type(.float32), "index_type": .type(.int32)]),
    ])
    expectError(.deadlineExceeded) {
      _ = try session.run(fetches: ["fill"], feeds: ["n": [1_500_000_000]], timeout: 0.05)
    }
    let filled = try session.run(fetches: ["fill"], feeds: ["n": [100_000]])[0]
    #expect(filled.floats.allSatisfy { $0 == 1 })
  }

  /// The deepest call of a function that calls itself, on a thread with little stack, runs a loop
  /// of many steps.
  @Test(arguments: [320 << 10, 512 << 10, 1 << 20]) func callsLeaveRoomForTheirKernels(stack: Int)
    throws
  {
    let chain = (0..<40).map { index in
      typed(
        "s\(index)", index % 2 == 0 ? "Square" : "Neg", [index == 0 ? "x" : "s\(index - 1):y:0"],
        .complex128)
    }
    let body = function(
      "f", [("n", .int32), ("x", .complex128)],
      chain + [
        constantNode("one", .int32, 1), typed("less", "Sub", ["n", "one:output:0"], .int32),
        node(
          "again", "If", ["n", "less:z:0", "s39:y:0"],
          [
            "Tcond": .type(.int32), "Tin": .types([.int32, .complex128]),
            "Tout": .types([.complex128]),
            "then_branch": .function("f", [:]), "else_branch": .function("g", [:]),
          ]),
      ], returns: [("again:output:0", .complex128)])
    let end = function(
      "g", [("n", .int32), ("x", .complex128)], [], returns: [("x", .complex128)])
    let session = try session(
      [
        placeholderNode("n", .int32), placeholderNode("x", .complex128),
        node(
          "y", "If", ["n", "n", "x"],
          [
            "Tcond": .type(.int32), "Tin": .types([.int32, .complex128]),
            "Tout": .types([.complex128]),
            "then_branch": .function("f", [:]), "else_branch": .function("g", [:]),
          ]),
      ], [body, end])
    let x = try Tensor([Complex128](repeating: Complex128(1, 0), count: 3000), shape: [3000])
    let outcome = Lock<Result<Int, any Error>?>(nil)
    let thread = Thread {
      let result = Result {
        try session.run(fetches: ["y"], feeds: ["n": 100_000, "x": x])[0].dims.elementCount
      }
      outcome.withLock { $0 = result }
    }
    thread.stackSize = stack
    thread.start()
    while !thread.isFinished { Thread.sleep(forTimeInterval: 0.005) }
    expectError(.resourceExhausted, "function calls are nested") {
      _ = try outcome.withLock { try $0?.get() }
    }
  }
}
