package import CoreOps

/// Values that may be missing: what the gradient of a conditional keeps from the branch that ran.
package struct OptionalOps: OpFamily {
  package static let family: Self = define(Self())

  package let fromValue: OpDef = OpDef(
    "OptionalFromValue",
    """
    components: Toutput_types -> optional: variant
    Toutput_types: list(type) >= 1
    """, shape: ShapeRules.scalar,
    kernel: .run { [Tensor(.variant, objects: [OptionalValue($0.inputs)], dims: Shape())] },
    gradient: .rule(needs: .inputs) { context in
      try apply(
        family.getValue, [context.gradient()],
        [
          "output_types": .types(context.inputs.map(\.dtype)),
          "output_shapes": .shapes(context.inputs.map(\.shape)),
        ]
      ).map { $0 }
    })

  package let none: OpDef = OpDef(
    "OptionalNone",
    """
    -> optional: variant
    """, shape: ShapeRules.scalar,
    kernel: .run { _ in [Tensor(.variant, objects: [OptionalValue(nil)], dims: Shape())] },
    gradient: .zero)

  package let getValue: OpDef = OpDef(
    "OptionalGetValue",
    """
    optional: variant -> components: output_types
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    """,
    shape: { context in
      let (shapes, count) = (try context.shapes("output_shapes"), try context.outputCount)
      try require(
        shapes.count == count, "`output_types` and `output_shapes` must have as many elements")
      return shapes
    },
    kernel: .dynamic { context in
      let (dtypes, shapes) = (context.outputTypes, try context.shapes("output_shapes"))
      try require(
        shapes.count == dtypes.count,
        "`output_types` and `output_shapes` must have as many elements")
      return { run in
        guard let components = try OptionalValue.of(run.inputs[0]).components else {
          throw TFError.invalidArgument("The given optional does not have a value.")
        }
        try require(
          components.count == dtypes.count,
          "The given optional has \(components.count) components, expected \(dtypes.count).")
        for (index, component) in components.enumerated() {
          try require(
            component.dtype == dtypes[index],
            """
            The given optional does not match the expected type for component \(index). Expected: \
            \(dtypes[index].signatureName). Actual: \(component.dtype.signatureName).
            """
          )
          try require(
            shapes[index].isCompatible(with: PartialShape(component.dims)),
            """
            The given optional does not match the expected shape for component \(index). Expected: \
            \(shapes[index]). Actual: \(component.dims).
            """
          )
        }
        return components
      }
    },
    gradient: .rule { context in
      [try family.fromValue(context.outputs.indices.map { try context.gradient($0) })]
    })

  package let hasValue: OpDef = OpDef(
    "OptionalHasValue",
    """
    optional: variant -> has_value: bool
    """, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: try OptionalValue.of($0.inputs[0]).components != nil)] },
    gradient: .zero)
}

/// What a variant tensor of the `Optional` ops holds.
package final class OptionalValue: TensorObject {
  /// nil where there is no value.
  package let components: [Tensor]?
  package init(_ components: [Tensor]?) { self.components = components }

  package static func of(_ tensor: Tensor) throws -> OptionalValue {
    guard tensor.dtype == .variant, tensor.dims.rank == 0,
      let value = tensor.objects[0] as? OptionalValue
    else { throw TFError.invalidArgument("input is not an Optional variant") }
    return value
  }
}

extension OptionalValue: AdditiveObject {
  package func zeros() throws -> any TensorObject {
    OptionalValue(try components?.map { try Tensor.zeros(like: $0) })
  }

  package func sum(with other: any TensorObject) throws -> any TensorObject {
    guard let other = other as? OptionalValue, (components == nil) == (other.components == nil)
    else {
      throw TFError.invalidArgument(
        "Cannot add optionals because one has a value and the other doesn't.")
    }
    guard let mine = components, let its = other.components else { return self }
    try require(mine.count == its.count, "Cannot add optionals of different lengths.")
    return OptionalValue(try zip(mine, its).map { try Tensor.sum($0, $1) })
  }
}
