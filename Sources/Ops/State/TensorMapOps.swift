package import CoreOps

/// Maps from tensors to tensors as values.
package struct TensorMapOps: OpFamily {
  package static let family: Self = define(Self())

  package let empty = OpDef(
    "EmptyTensorMap",
    """
    -> handle: variant
    """, shape: ShapeRules.scalar,
    kernel: .run { _ in [Tensor(map: [:])] }, gradient: .zero)

  package let size = OpDef(
    "TensorMapSize",
    """
    input_handle: variant -> size: int32
    """, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: Int32(clamping: try $0.inputs[0].tensorMap().count))] },
    gradient: .zero)

  package let insert = OpDef(
    "TensorMapInsert",
    """
    input_handle: variant, key: key_dtype, value: value_dtype -> output_handle: variant
    key_dtype: type
    value_dtype: type
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      var map = try run.inputs[0].tensorMap()
      map[try TensorKey(run.inputs[1])] = run.inputs[2]
      return [Tensor(map: map)]
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let lookup = OpDef(
    "TensorMapLookup",
    """
    input_handle: variant, key: key_dtype -> value: value_dtype
    key_dtype: type
    value_dtype: type
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("value_dtype")
      return { run in
        guard let value = try run.inputs[0].tensorMap()[TensorKey(run.inputs[1])] else {
          throw TFError.invalidArgument("Trying to lookup non-existent key.")
        }
        try require(
          value.dtype == dtype,
          "Type mismatch: actual \(value.dtype.signatureName) vs. expect \(dtype.signatureName)")
        return [value]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let erase = OpDef(
    "TensorMapErase",
    """
    input_handle: variant, key: key_dtype -> output_handle: variant
    key_dtype: type
    value_dtype: type
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      var map = try run.inputs[0].tensorMap()
      guard map.removeValue(forKey: try TensorKey(run.inputs[1])) != nil else {
        throw TFError.invalidArgument("Trying to erase non-existent item.")
      }
      return [Tensor(map: map)]
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let hasKey = OpDef(
    "TensorMapHasKey",
    """
    input_handle: variant, key: key_dtype -> has_key: bool
    key_dtype: type
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      [try Tensor(scalar: try run.inputs[0].tensorMap()[TensorKey(run.inputs[1])] != nil)]
    }, gradient: .zero)

  package let stackKeys = OpDef(
    "TensorMapStackKeys",
    """
    input_handle: variant -> keys: key_dtype
    key_dtype: type
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("key_dtype")
      return { run in
        let keys = try run.inputs[0].tensorMap().keys.map(\.tensor)
        guard let first = keys.first else {
          throw TFError.invalidArgument("TensorMapStackKeys cannot be called on empty map.")
        }
        for key in keys {
          try require(key.dtype == dtype, "Key does not match requested dtype.")
          try require(key.dims == first.dims, "Keys must all have the same shape.")
        }
        return [try Stacking.joined(keys, dtype, Shape([keys.count] + first.dims.dims))]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))
}

/// A tensor that is compared by its elements.
struct TensorKey: Hashable, Sendable {
  let tensor: Tensor

  /// - Throws: `INVALID_ARGUMENT` for resources and variants.
  init(_ tensor: Tensor) throws {
    guard tensor.dtype.isNumeric || tensor.dtype == .string else {
      throw TFError.invalidArgument("a \(tensor.dtype) tensor can't be a key")
    }
    self.tensor = tensor
  }

  static func == (a: TensorKey, b: TensorKey) -> Bool {
    guard a.tensor.dtype == b.tensor.dtype, a.tensor.dims == b.tensor.dims else { return false }
    if a.tensor.dtype == .string { return a.tensor.strings == b.tensor.strings }
    return a.tensor.bytes.elementsEqual(b.tensor.bytes)
  }

  func hash(into hasher: inout Hasher) {
    if tensor.dtype == .string {
      hasher.combine(tensor.strings)
    } else {
      hasher.combine(bytes: UnsafeRawBufferPointer(tensor.bytes))
    }
  }
}

/// What a variant tensor of the map ops holds.
final class TensorMap: TensorObject {
  let entries: [TensorKey: Tensor]
  init(_ entries: [TensorKey: Tensor]) { self.entries = entries }
}

extension Tensor {
  init(map: [TensorKey: Tensor]) { self.init(.variant, objects: [TensorMap(map)], dims: Shape()) }

  func tensorMap() throws -> [TensorKey: Tensor] {
    guard dtype == .variant, dims.rank == 0, let map = objects[0] as? TensorMap else {
      throw TFError.invalidArgument("Input handle is not a map.")
    }
    return map.entries
  }
}
