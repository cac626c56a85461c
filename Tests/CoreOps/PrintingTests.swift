import CoreOps
import Foundation
import Testing

/// Tensors are printed as TensorFlow 2.21 with NumPy 2.4 prints them: `printed_tensors.json` has
/// what Python's `str` and `repr` gave.
@Suite struct PrintingTests {
  private struct Printed: Decodable {
    let dtype: String
    let dims: [Int]
    let str: String
    let repr: String
    let bytes: Data?
    let strings: [Data]?

    func tensor() throws -> Tensor {
      let dtype = try #require(DType(name: dtype))
      if let strings { return try Tensor(strings: strings.map { Array($0) }, dims: Shape(dims)) }
      let tensor = try Tensor.uninitialized(dtype, Shape(dims))
      let bytes = try #require(bytes)
      try #require(bytes.count == tensor.bytes.count)
      bytes.copyBytes(to: tensor.bytes)
      return tensor
    }
  }

  @Test func equalsPythonsStrAndRepr() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "printed_tensors", withExtension: "json", subdirectory: "Fixtures"))
    let cases = try JSONDecoder().decode([Printed].self, from: Data(contentsOf: url))
    #expect(cases.count > 300)
    for printed in cases {
      let tensor = try printed.tensor()
      #expect(tensor.description == printed.str)
      #expect(tensor.debugDescription == printed.repr)
    }
  }

  @Test func unprintableElementsHaveNoText() {
    let variant = Tensor(.variant, objects: [nil], dims: [])
    #expect("\(variant)" == "tf.Tensor(<unprintable>, shape=(), dtype=variant)")
  }
}
