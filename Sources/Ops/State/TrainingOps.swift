import CKernels
package import CoreOps

/// Optimizers' update steps.
package struct TrainingOps: OpFamily {
  package static let family: Self = define(Self())

  package let gradientDescent = Optimizer(
    "GradientDescent", JK_SGD, "var, alpha, delta", sparse: .none)
  package let momentum = Optimizer(
    "Momentum", JK_MOMENTUM, "var, accum, lr, grad, momentum", flag: ("use_nesterov", false))
  package let kerasMomentum = Optimizer(
    "KerasMomentum", JK_KERAS_MOMENTUM, "var, accum, lr, grad, momentum",
    flag: ("use_nesterov", false),
    reference: false)
  package let adam = Optimizer(
    "Adam", JK_ADAM, "var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad",
    flag: ("use_nesterov", false), sparse: .none)
  package let adamWithAmsgrad = Optimizer(
    "AdamWithAmsgrad", JK_ADAM_AMSGRAD,
    "var, m, v, vhat, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad", types: .floats,
    reference: false, sparse: .none)
  package let adaMax = Optimizer(
    "AdaMax", JK_ADAMAX, "var, m, v, beta1_power, lr, beta1, beta2, epsilon, grad",
    types: [.half, .float32, .float64], sparse: .none)
  package let adagrad = Optimizer(
    "Adagrad", JK_ADAGRAD, "var, accum, lr, grad", flag: ("update_slots", true))
  package let adagradV2 = Optimizer(
    "AdagradV2", JK_ADAGRAD_V2, "var, accum, lr, epsilon, grad", flag: ("update_slots", true))
  package let adagradDA = Optimizer(
    "AdagradDA", JK_ADAGRAD_DA,
    "var, gradient_accumulator, gradient_squared_accumulator, grad, lr, l1, l2, global_step",
    types: [.float32, .float64])
  package let adadelta = Optimizer(
    "Adadelta", JK_ADADELTA, "var, accum, accum_update, lr, rho, epsilon, grad")
  package let rmsProp = Optimizer(
    "RMSProp", JK_RMSPROP, "var, ms, mom, lr, rho, momentum, epsilon, grad")
  package let centeredRMSProp = Optimizer(
    "CenteredRMSProp", JK_CENTERED_RMSPROP, "var, mg, ms, mom, lr, rho, momentum, epsilon, grad")
  package let ftrl = Optimizer(
    "Ftrl", JK_FTRL, "var, accum, linear, grad, lr, l1, l2, lr_power", types: .floats,
    flag: ("multiply_linear_by_lr", false))
  package let ftrlV2 = Optimizer(
    "FtrlV2", JK_FTRL_V2, "var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power",
    types: .floats,
    flag: ("multiply_linear_by_lr", false))
  package let addSign = Optimizer(
    "AddSign", JK_ADD_SIGN, "var, m, lr, alpha, sign_decay, beta, grad", types: .floats,
    sparse: .none)
  package let powerSign = Optimizer(
    "PowerSign", JK_POWER_SIGN, "var, m, lr, logbase, sign_decay, beta, grad", types: .floats,
    sparse: .none)
  package let proximalGradientDescent = Optimizer(
    "ProximalGradientDescent", JK_PROXIMAL_SGD, "var, alpha, l1, l2, delta",
    types: [.float32, .float64])
  package let proximalAdagrad = Optimizer(
    "ProximalAdagrad", JK_PROXIMAL_ADAGRAD, "var, accum, lr, l1, l2, grad",
    types: [.float32, .float64])
}

/// One optimizer's ops: `Apply…`, `ResourceApply…`, `SparseApply…` and `ResourceSparseApply…`, as
/// far as TensorFlow has them.
package struct Optimizer: Sendable {
  package enum Sparse { case none, rows }

  package let definitions: [OpDef]

  /// - Parameters:
  ///   - inputs: the names of the dense op's inputs; those among `state` are variables.
  ///   - flag: the op's own boolean attribute and its default.
  ///   - reference: whether there are ops on reference variables.
  init(
    _ stem: String, _ optimizer: some BinaryInteger, _ inputs: String,
    types: DTypeSet = [.floats, .complexes], flag: (name: String, byDefault: Bool)? = nil,
    reference: Bool = true, sparse: Sparse = .rows
  ) {
    var definitions: [OpDef] = []
    for sparse in sparse == .rows ? [false, true] : [false] {
      for resource in reference ? [false, true] : [true] {
        let step = OptimizerStep(
          number: Int32(optimizer), inputs: inputs, flag: flag?.name, resource: resource,
          sparse: sparse)
        let name = (resource ? "Resource" : "") + (sparse ? "Sparse" : "") + "Apply" + stem
        let shape: ShapeRule = { resource ? [] : [$0.shapes[0]] }
        let flagLine = flag.map { "\n\($0.name): bool = \($0.byDefault)" } ?? ""
        definitions.append(
          OpDef(
            name,
            """
            \(step.signature) -> \(resource ? "" : "out: Ref(T)")
            T: \(plainNumbers)\(sparse ? "\nTindices: {int32, int64}" : "")
            use_locking: bool = false\(flagLine)
            """, stateful: resource, shape: shape,
            kernel: .dynamic(["T": types]) { try step.prepare($0) },
            gradient: .none("an optimizer's step is not differentiable")))
      }
    }
    self.definitions = definitions
  }
}

/// What one optimizer op does with its inputs.
struct OptimizerStep: Sendable {
  private static let state: Set = [
    "var", "m", "v", "vhat", "accum", "accum_update", "ms", "mg", "mom", "linear",
    "gradient_accumulator", "gradient_squared_accumulator",
  ]

  let number: Int32
  /// The names of the dense op's inputs, separated by commas.
  let inputs: String
  let flag: String?
  let resource: Bool
  let sparse: Bool

  /// The names of the op's inputs.
  var names: [String] {
    let dense = inputs.split(separator: ",").map { String($0.drop { $0 == " " }) }
    return !sparse
      ? dense : dense.flatMap { $0 == "grad" || $0 == "delta" ? ["grad", "indices"] : [$0] }
  }

  var signature: String {
    names.map { name in
      if Self.state.contains(name) { return "\(name): \(resource ? "resource" : "Ref(T)")" }
      switch name {
      case "indices": return "indices: Tindices"
      case "global_step": return "global_step: int64"
      default: return "\(name): T"
      }
    }.joined(separator: ", ")
  }

  func prepare(_ context: KernelContext) throws -> DynamicRun {
    let dtype = try context.type("T")
    let flag = try flag.map { try context.bool($0) } ?? false
    guard let loop = jk_find_optimizer(Int32(dtype.rawValue), number) else {
      throw TFError.invalidArgument("\(context.op.name) has no kernel for \(dtype)")
    }
    let names = names
    let slots = names.indices.filter { Self.state.contains(names[$0]) }
    let gradient = names.firstIndex { $0 == "grad" || $0 == "delta" }!
    let indices = names.firstIndex(of: "indices")
    let hyper = names.indices.filter { !slots.contains($0) && $0 != gradient && $0 != indices }
    return { run in
      let variables = try slots.map { try run.inputs[$0].variable() }
      for variable in variables { try variable.check(dtype, "update") }
      var parameters: [Double] = []
      for index in hyper { parameters += try self.scalar(run.inputs[index], index) }
      let delta = run.inputs[gradient]
      try VariableObject.modify(
        variables,
        uninitialized: self.resource
          ? { TFError.internal("Invalid variable reference: \($0.name) is not initialized") }
          : VariableObject.uninitialized
      ) { values in
        let dims = values[0].dims
        for (slot, value) in zip(slots, values) where value.dims != dims {
          throw TFError.invalidArgument(
            "var and \(names[slot]) do not have the same shape \(dims) \(value.dims)")
        }
        let pointers = values.map(\.pointer)
        if let indices {
          let rows = try self.rows(run.inputs[indices], delta.dims, dims)
          jk_optimize_rows(
            loop, pointers, Int32(pointers.count), delta.pointer, rows, rows.count,
            dims.dims.dropFirst().reduce(1, *), dtype.byteSize, parameters, flag ? 1 : 0)
        } else {
          guard delta.dims == dims else {
            throw TFError.invalidArgument(
              "var and \(names[gradient]) do not have the same shape \(dims) \(delta.dims)")
          }
          jk_optimize(
            loop, pointers, Int32(pointers.count), delta.pointer, dims.elementCount, dtype.byteSize,
            parameters, flag ? 1 : 0)
        }
      }
      return self.resource ? [] : [run.inputs[0]]
    }
  }

  private func rows(_ indices: Tensor, _ gradient: Shape, _ variable: Shape) throws -> [Int64] {
    guard variable.rank >= 1 else {
      throw TFError.invalidArgument("var must be at least 1 dimensional")
    }
    guard indices.dims.rank == 1 else {
      throw TFError.invalidArgument("indices must be one-dimensional")
    }
    guard gradient.rank == variable.rank, gradient.dims.dropFirst() == variable.dims.dropFirst()
    else {
      throw TFError.invalidArgument(
        "var and grad must match in all dimensions but the first: \(variable) \(gradient)")
    }
    guard gradient[0] == indices.dims[0] else {
      throw TFError.invalidArgument("grad must be the same size as indices in the first dimension.")
    }
    return try RowIndices.checked(indices, below: variable[0])
  }

  private func scalar(_ value: Tensor, _ index: Int) throws -> [Double] {
    guard value.dims.rank == 0 else {
      throw TFError.invalidArgument("\(names[index]) is not a scalar: \(value.dims)")
    }
    switch value.dtype {
    case .float32: return [Double(value.elements(Float.self)[0]), 0]
    case .float64: return [value.elements(Double.self)[0], 0]
    case .half: return [Double(value.elements(Float16.self)[0]), 0]
    case .bfloat16: return [Double(value.elements(BFloat16.self)[0].float), 0]
    case .int64: return [Double(value.elements(Int.self)[0]), 0]
    case .complex64:
      let number = value.elements(Complex64.self)[0]
      return [Double(number.real), Double(number.imaginary)]
    case .complex128:
      let number = value.elements(Complex128.self)[0]
      return [number.real, number.imaginary]
    default: throw TFError.invalidArgument("\(names[index]) is \(value.dtype)")
    }
  }
}
