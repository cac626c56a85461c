/// An op's inputs, outputs and attributes, read from a text in TensorFlow's own words.
///
/// The first line is `inputs -> outputs`; each further line is an attribute:
///
///     values: N * T, axis: Tidx -> output: T
///     N: int >= 2
///     T: type
///     Tidx: {int32, int64} = int32
package struct Signature: Sendable {
  package struct Argument: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
      case fixed(DType)
      /// The dtype is the value of that attribute.
      case attr(String)
      /// As many tensors as the attribute of type `list(type)` has elements.
      case typeList(String)
    }
    package var name: String
    package var kind: Kind
    /// The attribute that says how many tensors of that one dtype there are.
    package var number: String?
    package var isRef: Bool
  }

  package struct Attribute: Sendable, Equatable {
    package var name: String
    /// `int`, `float`, `bool`, `string`, `type`, `shape`, `tensor`, `func`, or `list(…)` of one.
    package var type: String
    package var allowedTypes: DTypeSet?
    package var allowedStrings: [String]?
    package var minimum: Int?
    package var defaultValue: AttrValue?
  }

  package let name: String
  package let inputs: [Argument]
  package let outputs: [Argument]
  package let attributes: [Attribute]

  package func attr(_ name: String) -> Attribute? { attributes.first { $0.name == name } }

  /// Whether the inputs say what the attribute is.
  package func isInferred(_ name: String) -> Bool {
    inputs.contains { input in
      if input.number == name { return true }
      switch input.kind {
      case .fixed: return false
      case .attr(let attribute), .typeList(let attribute): return attribute == name
      }
    }
  }

  /// The flat positions of the tensors of input `name`.
  package func inputRange(_ name: String, _ attrs: Attrs) throws -> Range<Int> {
    try range(of: name, in: inputs, attrs)
  }

  package func outputRange(_ name: String, _ attrs: Attrs) throws -> Range<Int> {
    try range(of: name, in: outputs, attrs)
  }

  /// The name of input `index`: of one in a list, the list's and the number in it.
  package func inputName(_ index: Int, _ attrs: Attrs) throws -> String {
    var start = 0
    for argument in inputs {
      let isList: Bool
      if case .typeList = argument.kind { isList = true } else { isList = argument.number != nil }
      let count = try types(of: argument, attrs).count
      if index < start + count {
        return isList ? "\(argument.name)_\(index - start)" : argument.name
      }
      start += count
    }
    throw wrongCount(index + 1)
  }

  private func range(of name: String, in arguments: [Argument], _ attrs: Attrs) throws -> Range<Int>
  {
    var start = 0
    for argument in arguments {
      let count = try types(of: argument, attrs).count
      if argument.name == name { return start..<start + count }
      start += count
    }
    preconditionFailure("\(self.name) has no argument \(name)")
  }

  private func value(_ name: String, _ attrs: Attrs) throws -> AttrValue {
    if let value = attrs[name] ?? attr(name)?.defaultValue { return value }
    throw TFError.invalidArgument("NodeDef missing attr '\(name)' from Op<name=\(self.name)>")
  }

  /// The dtypes of an argument's tensors, once the attributes are known.
  package func types(of argument: Argument, _ attrs: Attrs) throws -> [DType] {
    let one: DType
    switch argument.kind {
    case .fixed(let dtype): one = dtype
    case .attr(let attribute):
      switch try value(attribute, attrs) {
      case .type(let dtype), .refType(let dtype): one = dtype
      default: throw TFError.invalidArgument("attr '\(attribute)' of \(name) is not a type")
      }
    case .typeList(let attribute):
      guard case .list(let values) = try value(attribute, attrs) else {
        throw TFError.invalidArgument("attr '\(attribute)' of \(name) is not a list of types")
      }
      return try values.map {
        switch $0 {
        case .type(let dtype), .refType(let dtype): return dtype
        default:
          throw TFError.invalidArgument("attr '\(attribute)' of \(name) is not a list of types")
        }
      }
    }
    guard let number = argument.number else { return [one] }
    guard case .int(let count) = try value(number, attrs), count >= 0, count < 1 << 24 else {
      throw TFError.invalidArgument("attr '\(number)' of \(name) is not a count")
    }
    return [DType](repeating: one, count: count)
  }

  package func inputTypes(_ attrs: Attrs) throws -> [DType] {
    try inputs.flatMap { try types(of: $0, attrs) }
  }

  package func outputTypes(_ attrs: Attrs) throws -> [DType] {
    if outputs.count == 1 { return try types(of: outputs[0], attrs) }
    return try outputs.flatMap { try types(of: $0, attrs) }
  }

  /// The attributes, completed with what the inputs' dtypes imply, and checked.
  ///
  /// - Throws: `INVALID_ARGUMENT` when inputs and attributes contradict each other or the
  ///   signature.
  package func resolve(inputTypes given: [DType], _ attrs: Attrs) throws -> Attrs {
    var attrs = attrs
    var position = 0
    for (index, argument) in inputs.enumerated() {
      let count = try flatCount(argument, index, given.count, position, attrs)
      guard position + count <= given.count else { throw wrongCount(given.count) }
      let types = given[position..<position + count]
      position += count
      if let number = argument.number, attrs[number] == nil { attrs[number] = .int(count) }
      switch argument.kind {
      case .fixed(let dtype):
        for type in types where type != dtype { throw wrongType(argument, dtype, type) }
      case .attr(let attribute):
        for type in types {
          switch attrs[attribute] {
          case nil: attrs[attribute] = .type(type)
          case .type(let expected), .refType(let expected):
            if expected != type { throw wrongType(argument, expected, type) }
          default: throw TFError.invalidArgument("attr '\(attribute)' of \(name) is not a type")
          }
        }
      case .typeList(let attribute):
        if attrs[attribute] == nil {
          attrs[attribute] = .types(Array(types))
        } else {
          for (expected, type) in zip(try self.types(of: argument, attrs), types)
          where expected != type {
            throw wrongType(argument, expected, type)
          }
        }
      }
    }
    guard position == given.count else { throw wrongCount(given.count) }
    try check(attrs)
    try checkRanges(attrs)
    return attrs
  }

  /// The integers that TensorFlow's kernels take with 64 bits; all others have 32.
  private static let wideAttributes: Set<String> = [
    "seed", "seed2", "minlength", "maxlength", "explicit_paddings", "num_buckets", "key",
    "select_cols", "hash_key", "range_max", "num_reserved_ids", "num_shards", "shard",
    "new_vocab_offset", "num_new_vocab", "old_vocab_size", "num_rows", "num_cols",
    "max_rows_in_memory", "num_loss_partitions", "num_inner_iterations", "tensor_id",
    "send_device_incarnation", "cpu_budget", "ram_budget", "slack_period",
    "buffer_size_min", "num_experiments", "num_elements_per_branch", "shard_size_bytes",
    "pending_snapshot_expiry_seconds", "num_reader_threads", "reader_buffer_size",
    "num_writer_threads", "writer_buffer_size", "hash", "initial_num_buckets",
    "memory_limit",
  ]

  /// - Throws: `INVALID_ARGUMENT` when an integer has more bits than kernels take.
  private func checkRanges(_ attrs: Attrs) throws {
    func check(_ value: AttrValue, _ name: String) throws {
      guard case .int(let value) = value, Int32(exactly: value) == nil else { return }
      throw TFError.invalidArgument("Attr \(name) has value \(value) out of range for an int32")
    }
    for attribute in attributes {
      guard attribute.type == "int" || attribute.type == "list(int)",
        let value = attrs[attribute.name], !Self.wideAttributes.contains(attribute.name)
      else { continue }
      if case .list(let values) = value {
        for value in values { try check(value, attribute.name) }
      } else {
        try check(value, attribute.name)
      }
    }
  }

  private func flatCount(
    _ argument: Argument, _ index: Int, _ total: Int, _ position: Int, _ attrs: Attrs
  ) throws -> Int {
    if let number = argument.number {
      if case .int(let count) = attrs[number] {
        guard count >= 0, count <= total else { throw wrongCount(total) }
        return count
      }
    } else if case .typeList(let attribute) = argument.kind {
      if case .list(let list) = attrs[attribute] { return list.count }
    } else {
      return 1
    }
    // The count is not given: the open arguments share what the later single ones leave.
    let later = inputs[index...]
    let open = later.filter { isOpen($0, attrs) }.count
    let closed = try later.reduce(0) {
      try $0 + (isOpen($1, attrs) ? 0 : flatCount($1, index, total, position, attrs))
    }
    let rest = total - position - closed
    guard rest >= 0, rest % open == 0 else { throw wrongCount(total) }
    return rest / open
  }

  private func isOpen(_ argument: Argument, _ attrs: Attrs) -> Bool {
    if let number = argument.number { return attrs[number] == nil }
    if case .typeList(let attribute) = argument.kind { return attrs[attribute] == nil }
    return false
  }

  /// Checks each attribute against the kind, the allowed values and the minimum the signature
  /// states.
  package func check(_ attrs: Attrs) throws {
    for attribute in attributes {
      guard let value = attrs[attribute.name] else {
        if attribute.defaultValue == nil {
          throw TFError.invalidArgument(
            "NodeDef missing attr '\(attribute.name)' from Op<name=\(name)>")
        }
        continue
      }
      try check(value, attribute)
    }
  }

  private func check(_ value: AttrValue, _ attribute: Attribute) throws {
    switch value {
    case .type(let dtype), .refType(let dtype):
      if let allowed = attribute.allowedTypes, !allowed.contains(dtype) {
        throw TFError.invalidArgument(
          """
          Value for attr '\(attribute.name)' of \(dtype.signatureName) is not in the list of \
          allowed values: \(allowed.dtypes.map(\.signatureName).joined(separator: ", "))\
          \(castHint(attribute.name, dtype, allowed))
          """
        )
      }
    case .bytes(let bytes):
      if let allowed = attribute.allowedStrings {
        let text = String(decoding: bytes, as: UTF8.self)
        if !allowed.contains(text) {
          throw TFError.invalidArgument(
            """
            Value for attr '\(attribute.name)' of \"\(text)\" is not in the list of allowed \
            values: \(allowed.map { "\"\($0)\"" }.joined(separator: ", "))
            """
          )
        }
      }
    case .int(let int):
      if let minimum = attribute.minimum, int < minimum {
        throw TFError.invalidArgument(
          "Value for attr '\(attribute.name)' of \(int) must be at least minimum \(minimum)")
      }
    case .list(let values):
      guard attribute.type.hasPrefix("list") else { break }
      if let minimum = attribute.minimum, values.count < minimum {
        throw TFError.invalidArgument(
          """
          Length for attr '\(attribute.name)' of \(values.count) must be at least minimum \
          \(minimum)
          """
        )
      }
      // The minimum is the list's length, not its elements'.
      var element = attribute
      element.minimum = nil
      for value in values { try check(value, element) }
    default: break
    }
  }

  private func wrongType(_ argument: Argument, _ expected: DType, _ got: DType) -> TFError {
    let hint =
      expected.isNumeric && got.isNumeric
      ? ": convert it with tf.cast(\(argument.name), .\(expected.caseName))" : ""
    return .invalidArgument(
      "input '\(argument.name)' expected type \(expected.name) but got \(got.name)\(hint)")
  }

  /// Which arguments have the dtype that attribute `name` does not take, and what to do.
  private func castHint(_ name: String, _ dtype: DType, _ allowed: DTypeSet) -> String {
    let names = inputs.compactMap { argument in
      if case .attr(name) = argument.kind { return "'\(argument.name)'" }
      return nil as String?
    }
    guard !names.isEmpty else { return "" }
    let said = "; it is the dtype of \(names.joined(separator: ", "))"
    guard dtype.isNumeric, let first = allowed.dtypes.first(where: \.isNumeric) else { return said }
    let target: DType = allowed.contains(.float32) ? .float32 : first
    return said + ": convert with tf.cast(…, .\(target.caseName))"
  }

  private func wrongCount(_ got: Int) -> TFError {
    .invalidArgument(
      """
      \(got) inputs do not fit Op<name=\(name)>, which takes \
      (\(inputs.map(\.name).joined(separator: ", ")))
      """
    )
  }
}
