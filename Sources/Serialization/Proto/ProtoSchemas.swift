import CProtos
import CoreOps

/// The kinds of a field's values, with the numbers of `FieldDescriptorProto.Type`.
package enum ProtoType: Int, Sendable {
  case double = 1, float, int64, uint64, int32, fixed64, fixed32, bool, string, group, message
  case bytes, uint32, enumeration, sfixed32, sfixed64, sint32, sint64

  /// How values are encoded.
  package var wireType: Int {
    switch self {
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    case .string, .message, .bytes: 2
    case .group: 3
    default: 0
    }
  }

  /// The type in `.proto` files: `sint64`.
  package var name: String { self == .enumeration ? "enum" : "\(self)" }

  /// The C++ type, as messages name it.
  package var cppName: String {
    switch self {
    case .sfixed32, .sint32: "int32"
    case .sfixed64, .sint64: "int64"
    case .fixed32: "uint32"
    case .fixed64: "uint64"
    case .bytes: "string"
    case .group: "message"
    default: name
    }
  }
}

/// A field of a message.
package struct ProtoField: Sendable {
  package let name: String
  package let fullName: String
  package let number: Int
  package let type: ProtoType
  package let isRepeated: Bool
  /// Whether its options say that numbers stand behind one tag.
  package let isPacked: Bool
  /// The message or the enumeration that its values are of, without the point before it.
  package let typeName: String
  /// What the schema says of the default, in its own text.
  package let defaultText: String?
}

/// The schema of a message.
package struct ProtoMessage: Sendable {
  package let name: String
  package fileprivate(set) var fields: [ProtoField]
}

/// Schemas of messages, as a `FileDescriptorSet` has them.
package final class ProtoSchemas: Sendable {
  package typealias EnumValue = (name: String, number: Int32)

  package let messages: [String: ProtoMessage]
  package let enums: [String: [EnumValue]]

  private init(_ builder: Builder) {
    messages = builder.messages
    enums = builder.enums
  }

  /// The schemas that a source names: `bytes://` with a serialized `FileDescriptorSet`, the path of
  /// a file with one, or `local://` for those of TensorFlow that Janus has.
  ///
  /// - Throws: `INVALID_ARGUMENT` where the source is none.
  package static func from(_ source: [UInt8]) throws -> ProtoSchemas {
    if source.isEmpty || source == Array("local://".utf8) { return local }
    let prefix = Array("bytes://".utf8)
    do {
      if source.starts(with: prefix) {
        return try ProtoSchemas(descriptors: Array(source[prefix.count...]))
      }
      return try ProtoSchemas(
        descriptors: readFile(String(decoding: source, as: UTF8.self)))
    } catch let error as TFError {
      let name = String(decoding: source.prefix(200), as: UTF8.self)
      throw TFError.invalidArgument(
        """
        Source does not represent serialized file descriptor set proto. This may be due to a \
        missing dependency on the file containing REGISTER_DESCRIPTOR_POOL("\(name)", ...); \
        \(error.message)
        """)
    }
  }

  /// - Throws: `DATA_LOSS` when the bytes are no `FileDescriptorSet`.
  package convenience init(descriptors: [UInt8]) throws {
    var builder = Builder()
    try descriptors.withUnsafeBytes { try builder.add(set: $0) }
    self.init(builder)
  }

  private static let local: ProtoSchemas = {
    var builder = Builder()
    for schema in [
      jk_schema_graph_def(), jk_schema_meta_graph_def(), jk_schema_saved_model(),
      jk_schema_tensor_proto(), jk_schema_saved_object_graph(), jk_schema_checkpoint_state(),
      jk_schema_op_list(),
    ] { builder.add(schema!) }
    builder.addExamples()
    return ProtoSchemas(builder)
  }()
}

/// Collects schemas.
private struct Builder {
  var messages: [String: ProtoMessage] = [:]
  var enums: [String: [ProtoSchemas.EnumValue]] = [:]
  /// Extensions before the messages that they extend are there.
  private var extensions: [(message: String, field: ProtoField)] = []

  /// Reads the fields of a message that have a length or a number.
  private func fields(
    _ bytes: UnsafeRawBufferPointer, _ block: (Int, UnsafeRawBufferPointer) throws -> Void,
    _ number: (Int, UInt64) -> Void = { _, _ in }
  ) throws {
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      switch tag.wireType {
      case 0: number(tag.number, try reader.varint())
      case 2: try block(tag.number, reader.block())
      default: try reader.skip(tag.wireType)
      }
    }
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  mutating func add(set bytes: UnsafeRawBufferPointer) throws {
    var files: [UnsafeRawBufferPointer] = []
    try fields(bytes) { number, block in if number == 1 { files.append(block) } }
    for file in files {
      var package = ""
      var parts: [(Int, UnsafeRawBufferPointer)] = []
      try fields(file) { number, block in
        if number == 2 { package = text(block) } else { parts.append((number, block)) }
      }
      try add(parts, scope: package, kinds: (message: 4, enumeration: 5, extension: 7), depth: 0)
    }
    for (message, field) in extensions {
      // Extensions are found by their full names.
      messages[message]?.fields.append(field)
    }
  }

  private mutating func add(
    _ parts: [(Int, UnsafeRawBufferPointer)], scope: String,
    kinds: (message: Int, enumeration: Int, extension: Int), depth: Int
  ) throws {
    guard depth < 100 else { throw TFError(.dataLoss, "messages are nested too deep") }
    let prefix = scope.isEmpty ? "" : scope + "."
    for (number, block) in parts {
      switch number {
      case kinds.message: try add(message: block, prefix, depth: depth)
      case kinds.enumeration: try add(enumeration: block, prefix)
      case kinds.extension:
        let (field, extendee) = try field(block, prefix, isExtension: true)
        extensions.append((extendee, field))
      default: break
      }
    }
  }

  private mutating func add(message bytes: UnsafeRawBufferPointer, _ prefix: String, depth: Int)
    throws
  {
    var name = ""
    var parts: [(Int, UnsafeRawBufferPointer)] = []
    try fields(bytes) { number, block in
      if number == 1 { name = text(block) } else { parts.append((number, block)) }
    }
    let full = prefix + name
    let own = try parts.filter { $0.0 == 2 }.map {
      try field($0.1, full + ".", isExtension: false).field
    }
    messages[full] = ProtoMessage(name: full, fields: own)
    try add(
      parts, scope: full, kinds: (message: 3, enumeration: 4, extension: 6), depth: depth + 1)
  }

  private mutating func add(enumeration bytes: UnsafeRawBufferPointer, _ prefix: String) throws {
    var name = ""
    var values: [ProtoSchemas.EnumValue] = []
    try fields(bytes) { number, block in
      switch number {
      case 1: name = text(block)
      case 2:
        var value: ProtoSchemas.EnumValue = ("", 0)
        try fields(block) {
          if $0 == 1 { value.name = text($1) }
        } _: {
          if $0 == 2 { value.number = Int32(truncatingIfNeeded: $1) }
        }
        values.append(value)
      default: break
      }
    }
    enums[prefix + name] = values
  }

  private func field(_ bytes: UnsafeRawBufferPointer, _ prefix: String, isExtension: Bool) throws
    -> (field: ProtoField, extendee: String)
  {
    var (name, typeName, extendee) = ("", "", "")
    var (number, label, type) = (0, 1, 0)
    var isPacked = false
    var defaultText: String?
    try fields(bytes) { field, block in
      switch field {
      case 1: name = text(block)
      case 2: extendee = text(block)
      case 6: typeName = text(block)
      case 7: defaultText = text(block)
      case 8:
        try fields(block) { _, _ in
        } _: {
          if $0 == 2 { isPacked = $1 != 0 }
        }
      default: break
      }
    } _: {
      switch $0 {
      case 3: number = Int(truncatingIfNeeded: $1)
      case 4: label = Int(truncatingIfNeeded: $1)
      case 5: type = Int(truncatingIfNeeded: $1)
      default: break
      }
    }
    guard let type = ProtoType(rawValue: type), number > 0, number < 1 << 29 else {
      throw TFError(.dataLoss, "the field \(prefix)\(name) has type \(type) and number \(number)")
    }
    func plain(_ name: String) -> String { name.hasPrefix(".") ? String(name.dropFirst()) : name }
    let field = ProtoField(
      name: isExtension ? prefix + name : name, fullName: prefix + name, number: number, type: type,
      isRepeated: label == 3, isPacked: isPacked, typeName: plain(typeName),
      defaultText: defaultText)
    return (field, plain(extendee))
  }

  /// Adds the schema of a message that protobuf-c has, and those of its parts.
  mutating func add(_ schema: UnsafePointer<ProtobufCMessageDescriptor>) {
    let name = String(cString: schema.pointee.name)
    guard messages[name] == nil else { return }
    messages[name] = ProtoMessage(name: name, fields: [])
    let list = UnsafeBufferPointer(
      start: schema.pointee.fields, count: Int(schema.pointee.n_fields))
    let fields = list.map { field in
      var typeName = ""
      if field.type == PROTOBUF_C_TYPE_MESSAGE, let part = field.descriptor {
        let part = part.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
        typeName = String(cString: part.pointee.name)
        add(part)
      } else if field.type == PROTOBUF_C_TYPE_ENUM, let values = field.descriptor {
        let values = values.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        typeName = String(cString: values.pointee.name)
        enums[typeName] = UnsafeBufferPointer(
          start: values.pointee.values, count: Int(values.pointee.n_values)
        ).map { (String(cString: $0.name), $0.value) }
      }
      let own = String(cString: field.name)
      return ProtoField(
        name: own, fullName: "\(name).\(own)", number: Int(field.id), type: Self.type(field.type),
        isRepeated: field.label == PROTOBUF_C_LABEL_REPEATED,
        isPacked: field.flags & PROTOBUF_C_FIELD_FLAG_PACKED.rawValue != 0, typeName: typeName,
        defaultText: nil)
    }
    messages[name]?.fields = fields
  }

  private static func type(_ type: ProtobufCType) -> ProtoType {
    switch type {
    case PROTOBUF_C_TYPE_INT32: .int32
    case PROTOBUF_C_TYPE_SINT32: .sint32
    case PROTOBUF_C_TYPE_SFIXED32: .sfixed32
    case PROTOBUF_C_TYPE_INT64: .int64
    case PROTOBUF_C_TYPE_SINT64: .sint64
    case PROTOBUF_C_TYPE_SFIXED64: .sfixed64
    case PROTOBUF_C_TYPE_UINT32: .uint32
    case PROTOBUF_C_TYPE_FIXED32: .fixed32
    case PROTOBUF_C_TYPE_UINT64: .uint64
    case PROTOBUF_C_TYPE_FIXED64: .fixed64
    case PROTOBUF_C_TYPE_FLOAT: .float
    case PROTOBUF_C_TYPE_DOUBLE: .double
    case PROTOBUF_C_TYPE_BOOL: .bool
    case PROTOBUF_C_TYPE_ENUM: .enumeration
    case PROTOBUF_C_TYPE_STRING: .string
    case PROTOBUF_C_TYPE_BYTES: .bytes
    default: .message
    }
  }

  /// Adds the messages of `tf.train`, which have no schema of protobuf-c.
  mutating func addExamples() {
    func add(
      _ message: String,
      _ fields: [(name: String, type: ProtoType, repeated: Bool, packed: Bool, of: String)]
    ) {
      let name = "tensorflow." + message
      messages[name] = ProtoMessage(
        name: name,
        fields: fields.enumerated().map { index, field in
          ProtoField(
            name: field.name, fullName: "\(name).\(field.name)", number: index + 1,
            type: field.type, isRepeated: field.repeated, isPacked: field.packed,
            typeName: field.of.isEmpty ? "" : "tensorflow." + field.of, defaultText: nil)
        })
    }
    add("BytesList", [("value", .bytes, true, false, "")])
    add("FloatList", [("value", .float, true, true, "")])
    add("Int64List", [("value", .int64, true, true, "")])
    add(
      "Feature",
      [
        ("bytes_list", .message, false, false, "BytesList"),
        ("float_list", .message, false, false, "FloatList"),
        ("int64_list", .message, false, false, "Int64List"),
      ])
    for (message, field, entry, value) in [
      ("Features", "feature", "FeatureEntry", "Feature"),
      ("FeatureLists", "feature_list", "FeatureListEntry", "FeatureList"),
    ] {
      add(message, [(field, .message, true, false, "\(message).\(entry)")])
      add(
        "\(message).\(entry)",
        [("key", .string, false, false, ""), ("value", .message, false, false, value)])
    }
    add("FeatureList", [("feature", .message, true, false, "Feature")])
    add("Example", [("features", .message, false, false, "Features")])
    add(
      "SequenceExample",
      [
        ("context", .message, false, false, "Features"),
        ("feature_lists", .message, false, false, "FeatureLists"),
      ])
  }
}
