import CoreOps

/// Structures side by side, as the parts of a tuple.
struct StructurePack<each Part: TensorStructure>: TensorStructure {
  let parts: (repeat each Part)

  init(_ parts: repeat each Part) { self.parts = (repeat each parts) }

  var tensors: [Tensor] {
    var result: [Tensor] = []
    for part in repeat each parts { result += part.tensors }
    return result
  }
  func replacing(_ tensors: inout ArraySlice<Tensor>) -> Self {
    Self(repeat (each parts).replacing(&tensors))
  }
  func describe(into structure: inout [Int]) {
    for part in repeat each parts { part.describe(into: &structure) }
  }
}

/// A branch that gives a tuple. (The compiler does not take a closure in its place.)
struct TupleBranch<each Part: TensorStructure> {
  let body: () throws -> (repeat each Part)

  func packed() throws -> StructurePack<repeat each Part> {
    let parts = try body()
    return StructurePack<repeat each Part>(repeat each parts)
  }
}

/// The functions of a loop over a tuple.
struct TupleLoop<each Part: TensorStructure> {
  let condition: (repeat each Part) throws -> Tensor
  let body: (repeat each Part) throws -> (repeat each Part)

  func goesOn(_ state: StructurePack<repeat each Part>) throws -> Tensor {
    try condition(repeat each state.parts)
  }
  func next(_ state: StructurePack<repeat each Part>) throws -> StructurePack<repeat each Part> {
    let parts = try body(repeat each state.parts)
    return StructurePack<repeat each Part>(repeat each parts)
  }
}
