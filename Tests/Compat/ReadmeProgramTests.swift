import Compat
import CompatV1
import Testing

/// The programs of the README.
@Suite struct ReadmeProgramTests {
  @Test func graphAndSessionInV1Style() throws {
    typealias tf = CompatV1.tf
    let graph = tf.Graph()
    let (x, y, slope) = try graph.asDefault {
      let x = try tf.placeholder(.float32, shape: [nil, 2], name: "x")
      let y = try tf.reduceSum(x * x + 1.0, axis: [1])
      return (x, y, try tf.gradients([y], [x])[0]!)
    }
    let session = tf.Session(graph: graph)
    let values = try session.run(
      [y, slope], feedDict: [x: Tensor([1, 2] as [Float], shape: [1, 2])])
    #expect(try values[0].scalars(Float.self) == [7])
    #expect(try values[1].scalars(Float.self) == [2, 4])
  }

  @Test func eagerTensorsTapeAndFunctionInV2Style() throws {
    typealias tf = Compat.tf
    let x = try Tensor([1, 2] as [Float], shape: [1, 2])
    let tape = tf.GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try tf.reduceSum(x * x + 1.0, axis: [1])
    }
    let slope = try tape.gradient(y, x)
    let affine = tf.function { (x: Tensor) in try x * 2.0 + 1.0 }
    #expect(try y.scalars(Float.self) == [7])
    #expect(try slope?.scalars(Float.self) == [2, 4])
    #expect(try affine(x).scalars(Float.self) == [3, 5])
  }
}
