import Compat
import Testing

/// How Swift values become tensors and come back.
@Suite struct ValueTests {
  @Test func literalsAreInt32AndFloat32() throws {
    #expect(try Tensor([[1, 2]]).dtype == .int32)
    #expect(Tensor(3.0).dtype == .float32)
    #expect(Tensor(3).dtype == .int32)
    #expect(try Tensor([1, 2.5]).dtype == .float32)
    #expect(Tensor(true).dtype == .bool)
    #expect(try Tensor(["a"]).dtype == .string)
    #expect(try tf.constant([1, 2]).dtype == .int32)
    #expect(try tf.constant([1.0]).dtype == .float32)
    #expect(try tf.constant([1, 1 << 40] as [Int]).dtype == .int64)
    #expect(try tf.constant([1.0], dtype: .float64).dtype == .float64)
    #expect(try Tensor([1, 2, 3, 4], shape: [2, 2]).dims == [2, 2])
    #expect(try tf.sqrt([4.0]).dtype == .float32)
    #expect(try tf.add([1.0], [2.0]).dtype == .float32)
    let t: Tensor = [[1, 2], [3, 4]]
    #expect(try [[Int]](t) == [[1, 2], [3, 4]])
    #expect(t.dtype == .int32)
  }

  @Test func typedValuesKeepTheirPrecision() throws {
    let doubles = [0.1, 0.2]
    #expect(try Tensor(doubles).dtype == .float64)
    #expect(try tf.constant(doubles).dtype == .float64)
    #expect(try tf.constant(doubles[0]).dtype == .float64)
    #expect(try [Double](tf.constant(doubles)) == doubles)
    #expect(try tf.sqrt(doubles).dtype == .float64)
    #expect(try tf.add(doubles, doubles).dtype == .float64)
    #expect(try tf.constant([Float(1)]).dtype == .float32)
    #expect(try tf.constant([1, 2] as [Int64]).dtype == .int64)
    #expect(try tf.constant([UInt8(1)]).dtype == .uint8)
    #expect(try tf.constant([Float16(1)]).dtype == .half)
    let indices = [1, 2]
    #expect(try tf.constant(indices).dtype == .int32)
    #expect(try Tensor(indices, shape: [2, 1]).dtype == .int32)
  }

  @Test func valuesTakeTheDTypeOfTheTensorBesideThem() throws {
    let x = try tf.constant([1.0], dtype: .float64)
    let rate = 0.1
    #expect(try (x * rate).dtype == .float64)
    #expect(try (tf.constant([1.0]) * rate).dtype == .float32)
    #expect(try (tf.constant([1.0]) * [rate]).dtype == .float32)
    #expect(try (2 * x).dtype == .float64)
  }

  @Test func comeBackNested() throws {
    let m = try tf.constant([[1.0, 2.0], [3.0, 4.0]])
    #expect(try [[Float]](m) == [[1, 2], [3, 4]])
    #expect(try [[Double]](m) == [[1, 2], [3, 4]])
    #expect(try Float(m[0, 1]) == 2)
    #expect(try [String](tf.constant(["a", "b"])) == ["a", "b"])
    #expect(try Bool(tf.constant(true)))
    #expect(try [Int](tf.constant([1, 2])) == [1, 2])
    #expect(throws: TFError.self) { try [Float](m) }
    #expect(throws: TFError.self) { try [[[Float]]](m) }
    #expect(throws: TFError.self) { try [[Int]](m) }
    #expect(throws: TFError.self) { try [Float](tf.constant([0.1] as [Double])) }
    #expect(throws: TFError.self) { try [Int8](tf.constant([300])) }
    #expect(throws: TFError.self) { try Tensor([[1, 2], [3]]) }
    #expect(throws: TFError.self) { try Tensor([[1.0, 2.0], [3.0]] as [[Double]]) }
  }

  @Test func shapesAreArguments() throws {
    let x = try tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    let y = try tf.zeros([3, 2])
    #expect(try tf.reshape(x, y.shape).dims == [3, 2])
    #expect(try tf.zeros(x.shape).dims == [2, 3])
    let dims: [Int] = try x.dims
    #expect(dims == [2, 3])
    let count = try tf.size(x)
    #expect(try tf.reshape(x, [1, count]).dims == [1, 6])
    #expect(try tf.reshape(x, [-1, x.dims[1]]).dims == [2, 3])
    let graph = tf.compat.v1.Graph()
    try graph.asDefault {
      let p = try tf.compat.v1.placeholder(.float32, shape: [nil, 2])
      #expect(throws: TFError.self) { try tf.zeros(p.shape) }
      #expect(throws: TFError.self) { try p.dims }
    }
  }
}
