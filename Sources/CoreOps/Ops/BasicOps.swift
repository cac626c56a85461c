/// Constants, placeholders and ops that pass their input on.
package struct BasicOps: OpFamily {
  package static let family = BasicOps()
  package init() {}

  package let const = OpDef(
    "Const",
    """
    -> output: dtype
    value: tensor
    dtype: type
    """,
    shape: { [PartialShape(try $0.tensor("value").dims)] },
    kernel: .dynamic { context in
      let value = try context.tensor("value")
      guard value.dtype == (try context.type("dtype")) else {
        throw TFError.invalidArgument(
          "attr 'value' is a \(value.dtype) tensor, attr 'dtype' is \(try context.type("dtype"))")
      }
      return { _ in [value] }
    }, gradient: .zero)

  package let placeholder = OpDef(
    "Placeholder",
    """
    -> output: dtype
    dtype: type
    shape: shape = {'unknown_rank'}
    """,
    shape: { [try $0.shape("shape")] },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      let shape = try context.shape("shape")
      return { run in
        throw TFError.invalidArgument(
          "You must feed a value for placeholder tensor '\(run.node)' with dtype \(dtype.signatureName) and shape \(shape)"
        )
      }
    }, gradient: .none("a placeholder has no inputs"))

  package let identity = OpDef(
    "Identity",
    """
    input: T -> output: T
    T: type
    """,
    shape: ShapeRules.same,
    kernel: .raw { context in
      { _ in .alias(of: 0) }
    }, gradient: .rule { [try $0.gradient()] })

  package let zerosLike = OpDef(
    "ZerosLike",
    """
    x: T -> y: T
    T: type
    """,
    shape: ShapeRules.same,
    kernel: .dynamic { _ in
      { [try Stacking.zeros(like: $0.inputs[0])] }
    }, gradient: .zero)

  package static func zerosLike(_ x: Tensor) throws -> Tensor { try family.zerosLike([x]) }
}
