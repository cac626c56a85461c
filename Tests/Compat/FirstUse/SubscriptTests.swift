import Compat
import Testing

@Suite struct SubscriptTests {
  private let a: Tensor = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]

  @Test func picksIndicesAndRangesAsPython() throws {
    #expect(try [[Int]](a[0]) == [[0, 1, 2], [3, 4, 5]])
    #expect(try [[Int]](a[-1]) == [[6, 7, 8], [9, 10, 11]])
    #expect(try Int(a[1, 0, -1]) == 8)
    #expect(try [[Int]](a[0..., 1]) == [[3, 4, 5], [9, 10, 11]])
    #expect(try [[Int]](a[.all, 0]) == [[0, 1, 2], [6, 7, 8]])
    #expect(try [[Int]](a[.ellipsis, 1]) == [[1, 4], [7, 10]])
    #expect(try [[[Int]]](a[0..<1, ..<1, 1...]) == [[[1, 2]]])
    #expect(try [[[Int]]](a[...0, (-1)..., ..<(-1)]) == [[[3, 4]]])
    #expect(try [Int](a[1, 1, .slice(by: -1)]) == [11, 10, 9])
    #expect(try [Int](a[0, 0, .slice(from: 0, to: 3, by: 2)]) == [0, 2])
    #expect(try a[.newAxis, 0, .ellipsis, .newAxis].dims == [1, 2, 3, 1])
    #expect(try a[0..<0].dims == [0, 2, 3])
  }

  @Test func takesTensorsAsIndices() throws {
    let one = try tf.constant(1)
    #expect(try [Int](a[one, 0]) == [6, 7, 8])
    #expect(try [Int](a[0, 0, .slice(from: one)]) == [1, 2])
    #expect(try [Int](a[0, 0, .slice(to: tf.constant(-1, dtype: .int64))]) == [0, 1])
  }

  @Test func picksByAMask() throws {
    #expect(try [Int](a[a > 8]) == [9, 10, 11])
    #expect(try tf.booleanMask(a, [true, false]).dims == [1, 2, 3])
  }

  @Test func iteratesOverRows() throws {
    var sums: [Int] = []
    for row in try a.rows { sums.append(try Int(tf.reduceSum(row))) }
    #expect(sums == [15, 51])
    #expect(throws: TFError.self) { try Tensor(1.0).rows }
  }

  @Test func hasAGradient() throws {
    let x = try tf.constant([[1.0, 2.0], [3.0, 4.0]])
    let tape = tf.GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try tf.reduceSum(x[1..., 0] * 5.0)
    }
    let slope = try #require(try tape.gradient(y, x))
    #expect(try [[Float]](slope) == [[0, 0], [5, 0]])
  }

  @Test func refusesWhatIsNoIndex() throws {
    #expect(throws: TFError.self) { try a[2] }
    #expect(throws: TFError.self) { try a[0, 0, 0, 0] }
    #expect(throws: TFError.self) { try a[.ellipsis, .ellipsis] }
    #expect(throws: TFError.self) { try a[tf.constant(1.0)] }
  }

  @Test func becomesTensorFlowsStridedSlice() throws {
    let graph = tf.compat.v1.Graph()
    try graph.asDefault {
      let x = try tf.compat.v1.placeholder(.float32, shape: [nil, 4], name: "x")
      let y = try x[1..., 2]
      #expect(try y.name == "strided_slice:0")
      #expect(y.shape.rank == 1)
      let op = try y.op
      #expect(op.type == "StridedSlice")
      #expect(try op.getAttr("begin_mask") == .int(0))
      #expect(try op.getAttr("end_mask") == .int(1))
      #expect(try op.getAttr("shrink_axis_mask") == .int(2))
      #expect(try op.getAttr("ellipsis_mask") == .int(0))
      #expect(try op.getAttr("new_axis_mask") == .int(0))
    }
  }
}
