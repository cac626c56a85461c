import CoreOps
import Ops
import TestSupport
import Testing

/// Variants that hold tensors that hold variants, far deeper than the stack goes.
@Suite struct NestedObjectTests {
  private static let depth = 200_000

  private func nested(_ wrap: (Tensor) -> any TensorObject) throws -> Tensor {
    var tensor = try Tensor.zeros(.variant, Shape())
    for _ in 0..<Self.depth {
      tensor = Tensor(.variant, objects: [wrap(tensor)], dims: Shape())
    }
    return tensor
  }

  private func list(_ tensor: Tensor) -> TensorList {
    TensorList(dtype: .variant, elementShape: .scalar, elements: PersistentArray([tensor]))
  }

  @Test func areReleased() throws {
    // What holds them is gone at the end of each statement.
    #expect(try nested { list($0) }.dims.rank == 0)
    #expect(try nested { OptionalValue([$0]) }.dims.rank == 0)
  }

  @Test func haveNoZerosAndSums() throws {
    let tensor = try nested { list($0) }
    #expect(throws: TFError.self) { try OpCase.definition("ZerosLike")([tensor]) }
    #expect(throws: TFError.self) { try OpCase.definition("AddN")([tensor, tensor]) }
  }
}
