import CoreGraph
public import CoreOps
import OpsLinalg

extension SharedAPI {
  /// A part of `value` at a random place. Follows `tf.image.random_crop`.
  ///
  /// - Parameters:
  ///   - size: the shape of the part.
  ///   - seed: with the global seed it fixes the place.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for a size above that of `value`, when it runs.
  public static func randomCrop(
    _ value: some TensorConvertible, _ size: some TensorConvertible, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "random_crop") { scope in
      let value = try value.converted("value")
      let size = try size.converted("size", preferring: .int32)
      var shape = try MathAPI.shape(value)
      let fits = try MathAPI.reduceAll(ComparisonOps.family.greaterEqual(shape, size))
      let check = try Assertion.add(
        fits, ["Need value.shape >= size, got ".asTensor(), shape, size], summarize: 1000)
      if let check { shape = try Conditional.withDependencies([check], shape) }
      let limit = try shape - size + 1
      let most = try Int(Int32.max).asTensor(preferring: size.dtype)
      let offset = try BinaryOps.family.floormod(
        RandomAPI.uniform(
          MathAPI.shape(shape), minval: 0, maxval: most, dtype: size.dtype, seed: seed), limit,
        name: "mod")
      return try SliceOps.family.slice([value, offset, size], name: scope)
    }
  }
}
