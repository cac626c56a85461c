package import CoreOps

/// Sums of gradients that wait until enough have come, by handle or by reference.
package struct AccumulatorOps: OpFamily {
  package static let family: Self = define(Self())

  package let accumulator = AccumulatorOps.create("ConditionalAccumulator", .reference)
  package let resource = AccumulatorOps.create("ResourceConditionalAccumulator", .resource)
  package let sparse = AccumulatorOps.create(
    "SparseConditionalAccumulator", .reference, isSparse: true)

  package let apply = AccumulatorOps.apply("AccumulatorApplyGradient", .reference)
  package let applyResource = AccumulatorOps.apply("ResourceAccumulatorApplyGradient", .resource)
  package let take = AccumulatorOps.take("AccumulatorTakeGradient", .reference)
  package let takeResource = AccumulatorOps.take("ResourceAccumulatorTakeGradient", .resource)
  package let setStep = AccumulatorOps.setStep("AccumulatorSetGlobalStep", .reference)
  package let setStepResource = AccumulatorOps.setStep(
    "ResourceAccumulatorSetGlobalStep", .resource)
  package let count = AccumulatorOps.count("AccumulatorNumAccumulated", .reference)
  package let countResource = AccumulatorOps.count("ResourceAccumulatorNumAccumulated", .resource)

  package let applySparse = OpDef(
    "SparseAccumulatorApplyGradient",
    """
    handle: Ref(string), local_step: int64, gradient_indices: int64, gradient_values: dtype, \
      gradient_shape: int64 ->
    dtype: \(plainNumbers)
    has_known_shape: bool
    """, shape: { _ in [] },
    kernel: .dynamic { context in
      let isKnown = try context.bool("has_known_shape")
      return { run in
        let accumulator = try accumulator(run, isSparse: true)
        try requireTypes(
          accumulator, .reference, run.inputs[3].dtype, before: "int64, int64", after: ", int64")
        let step = try scalar(run.inputs[1], "local_step")
        try accumulator.add(step: step) { sum in
          try accumulator.addSlices(
            (run.inputs[2], run.inputs[3]), dense: isKnown ? run.inputs[4] : nil, to: sum)
        }
        return []
      }
    }, gradient: .none("what an accumulator is given is not followed"))

  package let takeSparse = OpDef(
    "SparseAccumulatorTakeGradient",
    """
    handle: Ref(string), num_required: int32 -> indices: int64, values: dtype, shape: int64
    dtype: \(plainNumbers)
    """, mayWait: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        let accumulator = try accumulator(run, isSparse: true)
        let its = "string_ref, int32->int64, "
        try require(
          accumulator.dtype == dtype,
          """
          Signature mismatch, have: \(its)\(dtype.signatureName), int64 expected: \
          \(its)\(accumulator.dtype.signatureName), int64
          """
        )
        return try accumulator.take(scalar(run.inputs[1], "num_required"), run.ticket)
      }
    }, gradient: .none("what an accumulator gives is not followed"))

  private static func create(_ name: String, _ form: HandleForm, isSparse: Bool = false) -> OpDef {
    OpDef(
      name,
      """
      -> handle: \(form.type)
      dtype: \(plainNumbers)
      shape: shape
      container: string = ''
      shared_name: string = ''
      reduction_type: {'MEAN', 'SUM'} = 'MEAN'
      """, stateful: true, shape: { _ in [[2]] },
      kernel: .dynamic(["dtype": [.half, .float32, .float64]]) { context in
        let (dtype, shape) = (try context.type("dtype"), try context.shape("shape"))
        let isMean = try context.string("reduction_type") == "MEAN"
        let place = try ResourcePlace(context)
        return { run in
          let accumulator = try place.findOrCreate(run) {
            AccumulatorObject(
              name: $0, dtype: dtype, shape: shape, isSparse: isSparse, isMean: isMean)
          }
          return [try place.handle(accumulator, form, run)]
        }
      }, gradient: .none("an accumulator has no inputs"))
  }

  private static func apply(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), local_step: int64, gradient: dtype ->
      dtype: \(plainNumbers)
      """, stateful: form.isStateful, shape: { _ in [] },
      kernel: .run { run in
        let accumulator = try accumulator(run, isSparse: false)
        let gradient = run.inputs[2]
        try requireTypes(accumulator, form, gradient.dtype, before: "int64")
        let step = try scalar(run.inputs[1], "local_step")
        try accumulator.add(step: step) { sum in
          func mismatch(_ expected: some CustomStringConvertible) -> String {
            "Shape mismatch: expected \(expected), got \(gradient.dims)"
          }
          if case .dense(let own)? = sum {
            try require(own.dims == gradient.dims, mismatch(own.dims))
          }
          try require(
            accumulator.shape.isCompatible(with: PartialShape(gradient.dims)),
            mismatch(accumulator.shape))
          guard case .dense(let own)? = sum else { return .dense(try gradient.settled()) }
          return .dense(try Tensor.sum(own, gradient))
        }
        return []
      }, gradient: .none("what an accumulator is given is not followed"))
  }

  private static func take(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), num_required: int32 -> average: dtype
      dtype: \(plainNumbers)
      """, stateful: form.isStateful, mayWait: true, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let dtype = try context.type("dtype")
        return { run in
          let accumulator = try accumulator(run, isSparse: false)
          let its = "\(form.name), int32->"
          try require(
            accumulator.dtype == dtype,
            """
            Signature mismatch, have: \(its)\(dtype.signatureName) expected: \
            \(its)\(accumulator.dtype.signatureName)
            """
          )
          return try accumulator.take(scalar(run.inputs[1], "num_required"), run.ticket)
        }
      }, gradient: .none("what an accumulator gives is not followed"))
  }

  private static func setStep(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), new_global_step: int64 ->
      """, stateful: form.isStateful, shape: { _ in [] },
      kernel: .run { run in
        try accumulator(run).setStep(scalar(run.inputs[1], "new_global_step"))
        return []
      }, gradient: .none("the step of an accumulator is not followed"))
  }

  private static func count(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type) -> num_accumulated: int32
      """, stateful: form.isStateful, shape: ShapeRules.scalar,
      kernel: .run { [try Tensor(scalar: Int32(clamping: accumulator($0).count))] },
      gradient: .zero)
  }

  private static func scalar(_ tensor: Tensor, _ name: String) throws -> Int {
    try require(
      tensor.dims.rank == 0,
      "Argument \(name) must be scalar, but had bad shape \(tensor.dims)")
    return try tensor.integers()[0]
  }

  private static func accumulator(_ run: DynamicContext, isSparse: Bool? = nil) throws
    -> AccumulatorObject
  {
    let accumulator: AccumulatorObject = try run.resource(
      kind: "N10tensorflow26ConditionalAccumulatorBaseE")
    if let isSparse, accumulator.isSparse != isSparse {
      throw TFError.invalidArgument(
        """
        Accumulator \(accumulator.name) takes \
        \(accumulator.isSparse ? "slices" : "whole gradients"), not \
        \(isSparse ? "slices" : "whole gradients")
        """
      )
    }
    return accumulator
  }

  private static func requireTypes(
    _ accumulator: AccumulatorObject, _ form: HandleForm, _ dtype: DType, before: String,
    after: String = ""
  ) throws {
    let its = "\(form.name), \(before), "
    try require(
      accumulator.dtype == dtype,
      """
      Signature mismatch, have: \(its)\(dtype.signatureName)\(after)-> expected: \
      \(its)\(accumulator.dtype.signatureName)\(after)->
      """
    )
  }
}
