import CoreOps

/// How much a staging area holds.
struct StagingLimits: Sendable {
  /// The most tuples and bytes; 0 for no limit.
  let capacity: Int
  let bytes: Int

  init(_ context: some AttrAccess) throws {
    capacity = try context.int("capacity")
    bytes = try context.int("memory_limit")
  }

  /// - Throws: `RESOURCE_EXHAUSTED` when so many bytes never have room.
  func check(_ added: Int) throws {
    if bytes > 0, added > bytes {
      throw TFError.resourceExhausted(
        """
        Attempted to insert tensors with combined size of '\(added)' bytes into Staging Area with \
        a memory limit of '\(bytes)'.
        """
      )
    }
  }

  func hasRoom(count: Int, used: Int, for added: Int) -> Bool {
    (bytes == 0 || added <= bytes - used) && (capacity == 0 || count < capacity)
  }

  /// The bytes of tensors, as TensorFlow counts them.
  static func bytes(_ tensors: some Sequence<Tensor>) -> Int {
    tensors.reduce(0) { sum, tensor in
      switch tensor.dtype {
      case .string: sum + 24 * tensor.dims.elementCount + tensor.strings.byteCount
      case .resource, .variant: sum + 8 * tensor.dims.elementCount
      default: sum + tensor.bytes.count
      }
    }
  }

  /// - Throws: when a tuple is not what an op's outputs are.
  static func check(_ tuple: [Tensor], _ types: [DType], node: String) throws {
    try require(
      tuple.count == types.count, "Mismatch stage/unstage: \(tuple.count) vs. \(types.count)")
    for (index, (tensor, type)) in zip(tuple, types).enumerated() where tensor.dtype != type {
      throw TFError.internal(
        """
        Output \(index) of type \(tensor.dtype.signatureName) does not match declared output type \
        \(type.signatureName)
        """
      )
    }
  }
}
