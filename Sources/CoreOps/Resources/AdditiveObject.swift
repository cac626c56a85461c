import CKernels

/// What a variant may hold that has zeros and sums, as gradients need: lists, optionals.
package protocol AdditiveObject: TensorObject {
  func zeros() throws -> any TensorObject
  func sum(with other: any TensorObject) throws -> any TensorObject
}

/// Arithmetic on variant tensors, element by element.
enum Variants {
  /// Follows `tf.zeros_like` of variants.
  static func zeros(like tensor: Tensor) throws -> Tensor {
    try requireStack()
    let objects = try tensor.objects.map { object -> (any TensorObject)? in
      guard let object else { return nil }
      guard let additive = object as? any AdditiveObject else {
        throw TFError.invalidArgument("a variant that is no list and no optional has no zeros")
      }
      return try additive.zeros()
    }
    return Tensor(.variant, objects: objects, dims: tensor.dims)
  }

  /// The sums of the elements of two variant tensors of one shape.
  static func sum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try requireStack()
    let objects = try zip(a.objects, b.objects).map { a, b -> (any TensorObject)? in
      guard let a else { return b }
      guard let b else { return a }
      guard let additive = a as? any AdditiveObject else { throw otherKind }
      return try additive.sum(with: b)
    }
    return Tensor(.variant, objects: objects, dims: a.dims)
  }

  static let otherKind = TFError.invalidArgument(
    "only variants that are all lists or all optionals can be added")

  /// - Throws: `RESOURCE_EXHAUSTED` when variants are nested deeper than the stack goes.
  private static func requireStack() throws {
    guard jk_stack_left() > ExecutionContext.leastStack else {
      throw TFError.resourceExhausted("the tensor lists are nested too deep")
    }
  }
}

extension Tensor {
  /// Zeros of that tensor's dtype and shape; of lists and optionals, those of zeros.
  package static func zeros(like tensor: Tensor) throws -> Tensor {
    try Stacking.zeros(like: tensor)
  }

  /// The sum of two tensors of one dtype and shape, lists and optionals among them.
  package static func sum(_ a: Tensor, _ b: Tensor) throws -> Tensor { try Stacking.sum(a, b) }
}
