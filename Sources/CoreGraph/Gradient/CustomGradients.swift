import CoreOps

/// Gradients that programs give by a name, which a node's attribute `_gradient_op_type` asks for.
/// Follows TensorFlow's gradient registry.
package enum CustomGradients {
  private static let known = Lock<[String: RecordedCall.Backward]>([:])

  /// The attribute by which a node asks for a gradient other than its op's.
  package static let attribute = "_gradient_op_type"

  /// Adds a gradient under a new name that begins with `prefix`.
  package static func add(_ prefix: String, _ backward: @escaping RecordedCall.Backward) -> String {
    known.withLock { known in
      let name = "\(prefix)-\(known.count)"
      known[name] = backward
      return name
    }
  }

  static func named(_ attrs: Attrs) throws -> (name: String, backward: RecordedCall.Backward)? {
    guard case .bytes(let bytes)? = attrs[attribute] else { return nil }
    let name = String(decoding: bytes, as: UTF8.self)
    return known.withLock { $0[name] }.map { (name, $0) }
  }
}
