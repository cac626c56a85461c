import CoreOps

/// Loops over the first dimension of tensors: `map_fn`, `scan` and the folds.
struct ElementLoop {
  var parallelIterations: Int?
  var backProp = true
  var swapMemory = false
  var infersShape = true
  var name: String?

  private func loop(_ count: Tensor) -> Loop {
    let parallel = parallelIterations ?? (Environment.current.isExecutingEagerly ? 1 : 10)
    return Loop(
      options: LoopOptions(
        parallelIterations: parallel, backProp: backProp, swapMemory: swapMemory),
      maximumIterations: count)
  }

  /// How many elements there are: a value where it is known.
  private func count(of tensor: Tensor, zeroIsKnown: Bool) throws -> Tensor {
    if let known = tensor.shape.dims?.first ?? nil, zeroIsKnown || known.value > 0 {
      return try ShapeOps.scalar(known.value)
    }
    return try MathAPI.shape(tensor)[0]
  }

  private func checkElements(_ tensors: [Tensor]) throws {
    try require(
      !tensors.isEmpty,
      "elems must be a Tensor or (possibly nested) sequence of Tensors, but has no tensors")
    try require(
      tensors[0].shape.rank != 0,
      "Elements in elems must be 1+ dimensional Tensors, not scalars")
    let lengths = Set(tensors.compactMap { $0.shape.dims?.first ?? nil })
    try require(
      lengths.count <= 1,
      """
      Dimensions \(lengths.sorted().map(\.description).joined(separator: " and ")) are not \
      compatible
      """)
  }

  /// Says of stacked results that there are as many as elements.
  private func refined(_ results: [Tensor], _ elements: Tensor) throws -> [Tensor] {
    let count = elements.shape.dims?.first ?? nil
    return try results.map {
      try $0.refined(to: $0.shape.rest.following(count?.value))
    }
  }

  /// The results of `body` for each element, stacked.
  ///
  /// - Parameter dtypes: of the results of `body`.
  func map(_ elements: [Tensor], _ dtypes: [DType], _ body: ([Tensor]) throws -> [Tensor]) throws
    -> [Tensor]
  {
    try inScope(name, "map") { _ in
      let elements = try elements.map { try $0.asConstant(named: "elem") }
      try checkElements(elements)
      let count = try self.count(of: elements[0], zeroIsKnown: false)
      var arrays = try elements.map { try TensorArray($0.dtype, size: count) }
      arrays = try zip(arrays, elements).map { try $0.unstack($1) }
      let index = try Tensor(scalar: Int32(0)).asConstant()
      let results = try dtypes.map { try TensorArray($0, size: count, inferShape: infersShape) }
      let (_, stacks) = try pair(
        index, results, count, goesOn: { try ComparisonOps.family.less($0, count) }
      ) { index, results in
        let values = try body(try arrays.map { try $0.read(index) })
        try require(
          values.count == results.count,
          "the function gives \(values.count) tensors, but dtype says \(results.count)")
        let written = try zip(results, values).map { try $0.write(index, $1) }
        return (try index + 1, written)
      }
      return try refined(try stacks.map { try $0.stack() }, elements[0])
    }
  }

  private func pair<State: TensorStructure>(
    _ index: Tensor, _ state: State, _ count: Tensor, goesOn: (Tensor) throws -> Tensor,
    _ body: (Tensor, State) throws -> (Tensor, State)
  ) throws -> (Tensor, State) {
    let start = StructurePack(index, state)
    let end = try loop(count).apply(
      start, { try goesOn($0.parts.0) },
      { state in
        let (index, next) = try body(state.parts.0, state.parts.1)
        return StructurePack(index, next)
      })
    return end.parts
  }

  /// The results of `body` for each element and the result before it, stacked.
  func scan(
    _ elements: [Tensor], initial: [Tensor]?, reverse: Bool,
    _ body: ([Tensor], [Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    try inScope(name, "scan") { _ in
      let elements = try elements.map { try $0.asConstant(named: "elem") }
      try checkElements(elements)
      let count = try self.count(of: elements[0], zeroIsKnown: true)
      var arrays = try elements.map {
        try TensorArray($0.dtype, size: count, elementShape: $0.shape.rest)
      }
      arrays = try zip(arrays, elements).map { try $0.unstack($1) }
      let first = initial == nil ? 1 : 0
      let last = { try Self.minus(count, 1) }
      let values =
        try initial?.map { try $0.asConstant() }
        ?? arrays.map { try $0.read(reverse ? last() : ShapeOps.scalar(0)) }
      var results = try values.map {
        try TensorArray(
          $0.dtype, size: count, inferShape: infersShape,
          elementShape: infersShape ? $0.shape : nil)
      }
      if initial == nil {
        results = try zip(results, values).map {
          try $0.write(reverse ? last() : ShapeOps.scalar(0), $1)
        }
      }
      let start = reverse ? try Self.minus(last(), first) : try ShapeOps.scalar(first)
      let (_, end) = try pair(
        start, StructurePack(values, results), count,
        goesOn: {
          reverse
            ? try ComparisonOps.family.greaterEqual($0, ShapeOps.scalar(0))
            : try ComparisonOps.family.less($0, count)
        }
      ) { index, state in
        let current = try arrays.map { try $0.read(index) }
        let next = try body(state.parts.0, current)
        try StructureCheck.loop(state.parts.0, next)
        let written = try zip(state.parts.1, next).map { try $0.write(index, $1) }
        return (
          reverse ? try Self.minus(index, 1) : try index + 1, StructurePack(next, written)
        )
      }
      return try refined(try end.parts.1.map { try $0.stack() }, elements[0])
    }
  }

  /// A plain value where both are, as Python computes with its integers.
  private static func minus(_ a: Tensor, _ b: Int) throws -> Tensor {
    guard a.isSymbolic else { return try ShapeOps.scalar(try a.integers()[0] - b) }
    return try a - ShapeOps.scalar(b)
  }

  /// The result of `body` for the last element and the result before it.
  func fold<State: TensorStructure>(
    _ elements: [Tensor], initial: State?, fromRight: Bool, read: ([Tensor]) -> State,
    _ body: (State, [Tensor]) throws -> State
  ) throws -> State {
    try inScope(name, fromRight ? "foldr" : "foldl") { _ in
      let elements = try elements.map { try $0.asConstant(named: "elem") }
      try checkElements(elements)
      let count = try self.count(of: elements[0], zeroIsKnown: false)
      let arrays = try elements.map { try TensorArray($0.dtype, size: count).unstack($0) }
      var index: Tensor
      let start: State
      if fromRight {
        index = initial == nil ? try Self.minus(count, 1) : count
        start = try initial ?? read(arrays.map { try $0.read(index) })
      } else {
        start = try initial ?? read(arrays.map { try $0.read(0) })
        index = try ShapeOps.scalar(initial == nil ? 1 : 0).asConstant()
      }
      return try pair(
        index, start, count,
        goesOn: {
          fromRight
            ? try ComparisonOps.family.greater($0, ShapeOps.scalar(0))
            : try ComparisonOps.family.less($0, count)
        }
      ) { index, state in
        let position = fromRight ? try Self.minus(index, 1) : index
        let next = try body(state, try arrays.map { try $0.read(position) })
        return (fromRight ? position : try index + 1, next)
      }.1
    }
  }
}
