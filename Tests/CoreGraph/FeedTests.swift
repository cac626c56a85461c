import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// What a session makes of fed values, as `Session.run` of TensorFlow 2.21 does.
@Suite struct FeedTests {
  /// What comes out when `value` is fed for a placeholder.
  private func fed(_ value: any TensorConvertible, as dtype: DType) throws -> Tensor {
    let session = try session([placeholderNode("x", dtype)])
    return try session.run(fetches: ["x"], feeds: ["x": value])[0]
  }

  private static let numbers: [DType] = [
    .float32, .float64, .half, .bfloat16, .uint8, .int8, .int16, .uint16, .int32, .int64, .uint32,
    .uint64, .bool, .complex64, .complex128,
  ]

  @Test(arguments: numbers) func numbersAreConverted(dtype: DType) throws {
    let values: [any TensorConvertible] = [
      [1, 0], [1.0, 0.0], [true, false], try Tensor([1, 0] as [Double], shape: [2]),
      try Tensor([1, 0] as [Int], shape: [2]), try Tensor([1, 0] as [UInt8], shape: [2]),
      try Tensor([true, false], shape: [2]),
    ]
    for value in values {
      let result = try fed(value, as: dtype)
      #expect(result.dtype == dtype)
      #expect(result.dims == [2])
      let back = try fed(result, as: .float64).scalars(Double.self)
      #expect(back == [1, 0], "\(value) as \(dtype) is \(back)")
    }
  }

  @Test func arraysAreCastAsNumPyCasts() throws {
    let doubles = try Tensor([1.5, -2.7, 300] as [Double], shape: [3])
    #expect(try fed(doubles, as: .uint8).scalars(UInt8.self) == [1, 254, 44])
    #expect(try fed(doubles, as: .int32).scalars(Int32.self) == [1, -2, 300])
    #expect(try fed(doubles, as: .bool).scalars(Bool.self) == [true, true, true])
    #expect(try fed([1.5, -1.5], as: .int64).scalars(Int.self) == [1, -1])
    #expect(try fed([300, -1], as: .uint8).scalars(UInt8.self) == [44, 255])
    #expect(try fed([0.1], as: .float64).scalars(Double.self) == [0.1])
    #expect(try fed([16_777_217], as: .float32).scalars(Float.self) == [16_777_216])
    #expect(try fed(16_777_217, as: .float32).scalars(Float.self) == [16_777_216])
    #expect(try fed(1 << 40, as: .half).scalars(Float16.self) == [.infinity])
    let complex = try Tensor([Complex64(1, 2)], shape: [1])
    #expect(try fed(complex, as: .float32).scalars(Float.self) == [1])
    #expect(try fed(["1.5", " 2 "], as: .float32).scalars(Float.self) == [1.5, 2])
    #expect(try fed(["12"], as: .uint8).scalars(UInt8.self) == [12])
    #expect(try fed(["", "x"], as: .bool).scalars(Bool.self) == [false, true])
  }

  @Test(arguments: [
    (DType.uint8, 300), (.uint8, -1), (.int32, 1 << 40), (.bool, 2), (.uint64, -1), (.qint8, 300),
  ]) func aWholeNumberAloneMustStayWhatItIs(dtype: DType, value: Int) {
    expectError(
      .invalidArgument, "Type of feed value \(value) is not compatible with Tensor type \(dtype)",
      "x:0"
    ) { _ = try fed(value, as: dtype) }
  }

  @Test func whatNumPyRefusesIsRefused() {
    expectError(.invalidArgument, "could not convert string to float: 'abc'") {
      _ = try fed("abc", as: .float32)
    }
    expectError(.invalidArgument, "invalid literal", "'1.5'") { _ = try fed(["1.5"], as: .int32) }
    expectError(.invalidArgument, "string", "int64") { _ = try fed([1], as: .string) }
    expectError(.invalidArgument, "bfloat16", "string") { _ = try fed(["1"], as: .bfloat16) }
    expectError(.invalidArgument, "non-rectangular") { _ = try fed([[1], [2, 3]], as: .float32) }
  }

  @Test func symbolicTensorsAreKeysAndNeverValues() throws {
    let graph = Graph()
    let (x, y) = try graph.asDefault {
      let x = try V1.placeholder(.float32, shape: [2], name: "x")
      return (x, try V1.negative(x))
    }
    let session = Session(graph: graph)
    #expect(try session.run([y], feedDict: [x: [1, 2]])[0].floats == [-1, -2])
    #expect(try session.run(y, feedDict: [x: [1.5, 2]]).floats == [-1.5, -2])
    expectError(.invalidArgument, "The value of a feed cannot be a tf.Tensor object.") {
      _ = try session.run([y], feedDict: [x: y])
    }
  }

  @Test func allPlaceholdersThatAreMissingAreNamed() throws {
    let session = try session([
      placeholderNode("a"), placeholderNode("b", .int32), placeholderNode("c"),
      placeholderNode("other"),
      node("d", "Cast", ["b"], ["SrcT": .type(.int32), "DstT": .type(.float32)]),
      node("sum", "AddN", ["a", "c", "d"], ["T": .type(.float32), "N": .int(3)]),
    ])
    expectError(
      .invalidArgument, "You must feed a value for placeholder tensor", "nor are fed: ", "'b'",
      "'c'"
    ) { _ = try session.run(fetches: ["sum"], feeds: ["a": 1]) }
    let error = #expect(throws: TFError.self) {
      try session.run(fetches: ["sum"], feeds: ["a": 1, "b": 1])
    }
    #expect(error?.message.contains("nor are fed") == false)
    #expect(error?.message.contains("other") == false)
  }

  @Test func namesThatAreNearlyRightAreSuggested() throws {
    let session = try session([
      placeholderNode("model/input"), typed("model/logits", "Neg", ["model/input"]),
    ])
    for (name, meant) in [
      ("model/logit", "model/logits"), ("Model/Logits", "model/logits"), ("logits", "model/logits"),
      ("modle/logits", "model/logits"),
    ] {
      expectError(.notFound, "Did you mean '\(meant)'?") { _ = try session.run(fetches: [name]) }
      expectError(.notFound, "Did you mean '\(meant)'?") {
        _ = try session.run(fetches: [], targets: [name])
      }
    }
    expectError(.notFound, "Did you mean 'model/input'?") {
      _ = try session.run(fetches: ["model/logits"], feeds: ["input:0": 1.0])
    }
    let error = #expect(throws: TFError.self) { try session.run(fetches: ["something else"]) }
    #expect(error?.message.contains("Did you mean") == false)
  }
}
