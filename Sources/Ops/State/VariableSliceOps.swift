package import CoreOps

/// Assigning to a strided slice of a variable.
package struct VariableSliceOps: OpFamily {
  package static let family: Self = define(Self())

  package let assign = OpDef(
    "StridedSliceAssign",
    """
    ref: Ref(T), begin: Index, end: Index, strides: Index, value: T -> output_ref: Ref(T)
    T: type
    Index: {int32, int64}
    \(SliceOps.masks)
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      { run in
        try change(run.inputs[0].variable(), run.inputs, context, VariableObject.uninitialized)
        return [run.inputs[0]]
      }
    }, gradient: .none("an assignment is not differentiable"))

  package let resourceAssign = OpDef(
    "ResourceStridedSliceAssign",
    """
    ref: resource, begin: Index, end: Index, strides: Index, value: T ->
    T: type
    Index: {int32, int64}
    \(SliceOps.masks)
    """, stateful: true, shape: { _ in [] },
    kernel: .dynamic { context in
      { run in
        let variable: VariableObject = try run.inputs[0].resource()
        try variable.check(run.inputs[4].dtype, "assign")
        try change(variable, run.inputs, context, VariableObject.notFound)
        return []
      }
    }, gradient: .none("an assignment has no outputs"))

  private static func change(
    _ variable: VariableObject, _ inputs: [Tensor], _ attrs: KernelContext,
    _ uninitialized: (VariableObject) -> TFError
  ) throws {
    let (lists, value) = (inputs[1...3], inputs[4])
    for list in lists {
      guard list.dims.rank == 1, list.dims == inputs[1].dims else {
        throw TFError.invalidArgument(
          """
          Expected begin, end, and strides to be 1D equal size tensors, but got shapes \
          \(inputs[1].dims), \(inputs[2].dims), and \(inputs[3].dims) instead.
          """
        )
      }
    }
    let (begin, end, strides) = (
      try inputs[1].integers(), try inputs[2].integers(), try inputs[3].integers()
    )
    func regions(_ dims: [Int]) throws -> (from: Region, to: Region) {
      let spec = try StridedSpec(attrs, begin: begin, end: end, strides: strides, dims: dims)
      let slice = spec.outputRegion(dims)
      return (try spread(value.dims, over: slice.dims), slice)
    }
    if value.dtype.isNumeric {
      try variable.modify(uninitialized: uninitialized) { target in
        let (from, to) = try regions(target.dims.dims)
        var copies = Copies(value.dtype)
        try copies.add(0, from, to: 1, to)
        var pointers = [value.pointer, target.pointer]
        pointers.withUnsafeMutableBufferPointer { copies.run($0.baseAddress!) }
      }
      return
    }
    try variable.update { old in
      guard let old else { throw uninitialized(variable) }
      let (from, to) = try regions(old.dims.dims)
      let (sources, targets) = (from.positions, to.positions)
      let count = old.dims.elementCount
      var positions = Array(0..<count)
      for (source, target) in zip(sources, targets) { positions[target] = count + source }
      return try Stacking.picked(positions, of: [old, value], dims: old.dims)
    }
  }

  /// All of a tensor of shape `value`, as often as it takes to fill `dims`.
  private static func spread(_ value: Shape, over dims: [Int]) throws -> Region {
    let excess = max(value.rank - dims.count, 0)
    let all = Region(value)
    var region = Region(dims: dims, strides: [Int](repeating: 0, count: dims.count))
    let missing = dims.count - (value.rank - excess)
    for axis in 0..<value.rank {
      if axis < excess || value[axis] == 1 {
        if value[axis] == 1 { continue }
      } else if value[axis] == dims[missing + axis - excess] {
        region.strides[missing + axis - excess] = all.strides[axis]
        continue
      }
      throw TFError.invalidArgument(
        "Shapes of the slice \(Shape(dims)) and of the value \(value) are not compatible")
    }
    return region
  }
}

extension Region {
  /// The elements' positions in row-major order.
  fileprivate var positions: [Int] {
    zip(dims, strides).reduce([offset]) { positions, axis in
      positions.flatMap { position in (0..<axis.0).map { position + $0 * axis.1 } }
    }
  }
}
