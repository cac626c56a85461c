public import CoreOps

/// Gradients that programs give by a name, which a node's attribute `_gradient_op_type` asks for.
/// Follows TensorFlow's gradient registry.
package enum CustomGradients {
  /// Gives the gradients for the inputs of an operation from those of its outputs.
  package typealias OfOperation =
    @Sendable (_ operation: Operation, _ gradients: [Tensor]) throws -> [Tensor?]

  private enum Entry {
    /// That of `tf.custom_gradient`, which knows what it is for.
    case call(RecordedCall.Backward)
    /// That of `tf.RegisterGradient`.
    case operation(OfOperation)
  }

  private static let known = Lock<[String: Entry]>([:])

  /// The attribute by which a node asks for a gradient other than its op's.
  package static let attribute = "_gradient_op_type"

  /// Adds a gradient under a new name that begins with `prefix`.
  package static func add(_ prefix: String, _ backward: @escaping RecordedCall.Backward) -> String {
    known.withLock { known in
      let name = "\(prefix)-\(known.count)"
      known[name] = .call(backward)
      return name
    }
  }

  /// Adds a gradient under a name of its own.
  ///
  /// - Throws: `ALREADY_EXISTS` when there is one of that name, or an op that has one.
  package static func register(_ name: String, _ gradient: @escaping OfOperation) throws {
    let isOps = OpRegistry.standard[name].map { op in
      if case .none = op.gradient { false } else { true }
    }
    let isNew = known.withLock { known in
      guard isOps != true, known[name] == nil else { return false }
      known[name] = .operation(gradient)
      return true
    }
    guard isNew else {
      throw TFError(.alreadyExists, "Registering two gradient with name '\(name)'!")
    }
  }

  /// The name of the gradient that attributes ask for; nil where it is the op's own.
  static func name(_ attrs: Attrs) -> String? {
    guard !attrs.isEmpty, case .bytes(let bytes)? = attrs[attribute] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The gradients by the entry of that name; nil where there is none.
  static func gradients(
    _ name: String, of call: RecordedCall, _ gradients: [GradientValue?], _ wanted: [Bool]
  ) throws -> [GradientValue?]? {
    switch known.withLock({ $0[name] }) {
    case nil: return nil
    case .call(let backward)?: return try backward(gradients, wanted)
    case .operation(let backward)?:
      guard let operation = try call.outputs.first?.op else {
        throw TFError.unimplemented("the gradient '\(name)' is for operations of a graph only")
      }
      let given = try gradients.indices.map { index in
        try gradients[index]?.tensor() ?? BasicOps.zerosLike(call.outputs[index])
      }
      let results = try backward(operation, given)
      guard results.count == wanted.count else {
        throw TFError.invalidArgument(
          """
          Num gradients \(results.count) generated for op \(operation.name) do not match num \
          inputs \(wanted.count)
          """)
      }
      return results.map { $0.map { .dense($0) } }
    }
  }
}

extension SharedAPI {
  /// Has operations of type `opType`, and those for which `Graph.gradientOverrideMap` names it,
  /// take their gradients from `gradient`. Follows `tf.RegisterGradient`.
  ///
  ///     try tf.registerGradient("Clipped") { operation, gradients in
  ///       [try tf.clipByValue(gradients[0], -1, 1)]
  ///     }
  ///
  /// - Parameters:
  ///   - opType: the type of an op that has no gradient, or any other name.
  ///   - gradient: gives one gradient per input of the operation, nil where there is none, from one
  ///     per output.
  /// - Throws: `ALREADY_EXISTS` when the name has a gradient.
  public static func registerGradient(
    _ opType: String,
    _ gradient:
      @escaping @Sendable (_ operation: Operation, _ gradients: [Tensor]) throws ->
      [Tensor?]
  ) throws {
    try CustomGradients.register(opType, gradient)
  }
}

extension Graph {
  /// Runs `body`; operations of the types in `map` that it adds to this graph have the gradients
  /// that `map` names: of `tf.registerGradient`, or of other ops. Follows
  /// `tf.Graph.gradient_override_map`.
  ///
  ///     try graph.gradientOverrideMap(["Round": "Identity"]) { try tf.round(x) }
  ///
  /// - Parameter map: from the types of ops to the names of gradients.
  public func gradientOverrideMap<R>(_ map: [String: String], _ body: () throws -> R) rethrows -> R
  {
    try Environment.current.opening(self).overridingGradients(map).run(body)
  }
}
