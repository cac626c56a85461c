public import CoreOps

extension SharedAPI {
  /// A function whose gradient is what `f` says, not what follows from its ops. Follows
  /// `tf.custom_gradient`.
  ///
  ///     let log1pexp = tf.customGradient { (x: Tensor) in
  ///       let e = try tf.exp(x)
  ///       return (try tf.math.log(1 + e), { upstream in try upstream * (1 - 1 / (1 + e)) })
  ///     }
  ///     let y = try log1pexp(x)
  ///
  /// Gradients of higher orders are those of the ops of which the gradient is made.
  ///
  /// - Parameter f: gives the value, and what makes the gradient for its argument from that of the
  ///   value.
  public static func customGradient(
    _ f:
      @escaping @Sendable (Tensor) throws -> (
        value: Tensor, gradient: @Sendable (_ upstream: Tensor) throws -> Tensor
      )
  ) -> CustomGradient<Tensor, Tensor> {
    CustomGradient { (x: Tensor) in
      let (value, gradient) = try f(x)
      return (value, { [try gradient($0)] })
    }
  }

  /// The same of several arguments, or of arrays of tensors.
  ///
  /// - Parameter f: gives the value, and what makes a gradient for each tensor of its arguments, or
  ///   nil, from those of the value.
  public static func customGradient<
    each In: TensorStructure & Sendable, Out: TensorStructure & Sendable
  >(
    _ f:
      @escaping @Sendable (repeat each In) throws -> (
        value: Out, gradient: @Sendable (_ upstream: Out) throws -> [Tensor?]
      )
  ) -> CustomGradient<repeat each In, Out> { CustomGradient(f) }
}

/// A function with a gradient of its own. Follows what `tf.custom_gradient` gives.
public struct CustomGradient<
  each In: TensorStructure & Sendable, Out: TensorStructure & Sendable
>: Sendable {
  public typealias Body =
    @Sendable (repeat each In) throws -> (
      value: Out, gradient: @Sendable (_ upstream: Out) throws -> [Tensor?]
    )

  private let body: Body

  /// - Parameter body: gives the value, and what makes gradients for the arguments' tensors.
  public init(_ body: @escaping Body) { self.body = body }

  /// - Throws: what the body throws.
  public func callAsFunction(_ inputs: repeat each In) throws -> Out {
    var given: [Tensor] = []
    for input in repeat each inputs { given.append(contentsOf: input.tensors) }
    let environment = Environment.current
    guard environment.isExecutingEagerly else { return try added(given, repeat each inputs) }
    // Tapes record what the body does too: its own gradient may look at values in between, which
    // have gradients of higher orders.
    let (value, gradient) = try body(repeat each inputs)
    let recorders = environment.recorders.compactMap { $0 as? any FunctionRecorder }
    if recorders.isEmpty { return value }
    let results = value.tensors.map { $0.withNewIdentity() }
    let call = RecordedCall.Action.call(
      name: "CustomGradient", Self.backward(value, results, gradient, inputs: given.count))
    for recorder in recorders { recorder.note(call, given, results) }
    var rest = results[...]
    return value.replacing(&rest)
  }

  /// Adds the call to a graph: as TensorFlow, by an IdentityN whose gradient is the function's.
  private func added(_ given: [Tensor], _ inputs: repeat each In) throws -> Out {
    let own = try given.map { try BasicOps.family.identity([$0]) }
    var rest = own[...]
    let (value, gradient) = try body(repeat (each inputs).replacing(&rest))
    let tensors = value.tensors
    let backward = Self.backward(value, tensors, gradient, inputs: given.count)
    let name = CustomGradients.add("CustomGradient") { gradients, wanted in
      // The results hand on what the body computed, which has no gradient of its own.
      [GradientValue?](repeating: nil, count: tensors.count)
        + (try backward(Array(gradients.prefix(tensors.count)), wanted))
    }
    let results = try CoreOps.apply(
      BasicOps.family.identityN, tensors + own, [CustomGradients.attribute: .string(name)])
    var kept = results[...]
    return value.replacing(&kept)
  }

  private static func backward(
    _ value: Out, _ results: [Tensor], _ gradient: @escaping @Sendable (Out) throws -> [Tensor?],
    inputs: Int
  ) -> RecordedCall.Backward {
    // Only what zeros need is kept of the results.
    let shapes = results.map(\.withoutValue)
    var rest = shapes[...]
    let form = value.replacing(&rest)
    return { gradients, _ in
      let given = try gradients.indices.map { index in
        try gradients[index]?.tensor() ?? BasicOps.zerosLike(shapes[index])
      }
      var rest = given[...]
      let found = try gradient(form.replacing(&rest))
      guard found.count == inputs else {
        throw TFError.invalidArgument(
          """
          custom_gradient function expected to return \(inputs) gradients, but returned \
          \(found.count) instead.
          """)
      }
      return found.map { $0.map { .dense($0) } }
    }
  }
}
