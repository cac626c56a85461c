package import CoreOps

/// Tensor arrays of TF-1 loops, in three versions. The flow, a number that says nothing, orders the
/// ops on one array.
package struct TensorArrayOps: OpFamily {
  package static let family: Self = define(Self())

  package let v3 = TensorArrayVersion(.v3)
  package let v2 = TensorArrayVersion(.v2)
  package let v1 = TensorArrayVersion(.v1)

  package let gradWithShape: OpDef = OpDef(
    "TensorArrayGradWithShape",
    """
    handle: resource, flow_in: float, shape_to_prepend: int32 -> grad_handle: resource, \
      flow_out: float
    source: string
    """, stateful: true,
    shape: { context in
      context.passHandle()
      return [ArrayForm.v3.handleShape, .scalar]
    },
    kernel: .dynamic { context in
      let source = try context.string("source")
      return { run in
        let array: TensorArrayObject = try run.inputs[0].resource()
        let prepended = try run.inputs[2].integers()
        try require(
          run.inputs[2].dims.rank == 1 && Shape(prepended).checkedElementCount != nil,
          "shape_to_prepend must be a vector of sizes")
        return [Tensor(resource: try array.gradient(source, prepending: prepended)), run.inputs[1]]
      }
    }, gradient: .zero)

  package let pack = OpDef(
    "TensorArrayPack",
    """
    handle: Ref(string), flow_in: float -> value: dtype
    dtype: type
    element_shape: shape = {'unknown_rank'}
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let (dtype, declared) = (try context.type("dtype"), try context.shape("element_shape"))
      return { run in
        let array = try ArrayForm.array(run.inputs[0], dtype)
        return [try ArrayForm.stacked(array.readAll(), dtype, declared)]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let unpack = OpDef(
    "TensorArrayUnpack",
    """
    handle: Ref(string), value: T, flow_in: float -> flow_out: float
    T: type
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      let array = try ArrayForm.array(run.inputs[0])
      let value = run.inputs[1]
      try require(
        value.dims.rank >= 1,
        "Input value for unpack must be at least a vector but received shape: \(value.dims)")
      let rows = try Stacking.rows(value)
      let size = try array.isResizable ? max(array.size(), rows.count) : array.size()
      try require(
        rows.count == size,
        """
        Input value must have first dimension equal to the array size (\(rows.count) vs. \(size))
        """
      )
      try array.write(Array(rows.indices), rows)
      return [run.inputs[2]]
    }, gradient: .none("TensorFlow has no gradient for it"))
}

/// The ops of one version.
package struct TensorArrayVersion: Sendable {
  package let create: OpDef
  package let read: OpDef
  package let write: OpDef
  package let gather: OpDef
  package let scatter: OpDef
  package let concat: OpDef
  package let split: OpDef
  package let size: OpDef
  package let close: OpDef
  package let grad: OpDef

  fileprivate init(_ form: ArrayForm) {
    create = form.create()
    read = form.read()
    write = form.write()
    gather = form.gather()
    scatter = form.scatter()
    concat = form.concat()
    split = form.split()
    size = form.size()
    close = form.close()
    grad = form.grad()
  }
}
