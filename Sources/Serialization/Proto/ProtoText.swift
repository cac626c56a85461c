import CProtos
import CoreOps

/// Reads messages in text by schemas that are known at run time only.
///
/// The parser works with the descriptors of protobuf-c, which are made here. Groups, which
/// protobuf-c does not have, are fields that there are not.
package final class ProtoText {
  private let schemas: ProtoSchemas
  private var made: [String: UnsafeMutablePointer<ProtobufCMessageDescriptor>] = [:]
  private var enums: [String: UnsafeMutablePointer<ProtobufCEnumDescriptor>] = [:]
  /// Gives all memory back.
  private var release: [() -> Void] = []

  package init(_ schemas: ProtoSchemas) { self.schemas = schemas }

  deinit { for body in release { body() } }

  /// The binary encoding of a message in text.
  ///
  /// - Throws: `INVALID_ARGUMENT` with line and column.
  package func parse(_ text: String, as message: String) throws -> [UInt8] {
    try TextFormat.parse(text, as: TextFormat.Schema(descriptor(message)))
  }

  private func memory<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
    memory.initialize(from: values, count: values.count)
    let count = values.count
    release.append {
      memory.deinitialize(count: count)
      memory.deallocate()
    }
    return memory
  }

  private func text(_ text: String) -> UnsafePointer<CChar> {
    UnsafePointer(memory(text.utf8CString.map { $0 }))
  }

  /// Where numbers begin that follow each other, as protobuf-c searches them.
  private func ranges(_ numbers: [Int]) -> (UInt32, UnsafeMutablePointer<ProtobufCIntRange>) {
    var ranges: [ProtobufCIntRange] = []
    for (index, number) in numbers.enumerated()
    where index == 0 || number != numbers[index - 1] + 1 {
      ranges.append(
        ProtobufCIntRange(start_value: Int32(number), orig_index: UInt32(index)))
    }
    let count = UInt32(ranges.count)
    ranges.append(ProtobufCIntRange(start_value: 0, orig_index: UInt32(numbers.count)))
    return (count, memory(ranges))
  }

  private func descriptor(_ name: String) -> UnsafeMutablePointer<ProtobufCMessageDescriptor> {
    if let descriptor = made[name] { return descriptor }
    let descriptor = memory([ProtobufCMessageDescriptor()])
    made[name] = descriptor
    var seen: Set<Int> = []
    let fields = (schemas.messages[name]?.fields ?? [])
      .filter { $0.type != .group && seen.insert($0.number).inserted }
      .sorted { $0.number < $1.number }
    descriptor.pointee.magic = UInt32(PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC)
    descriptor.pointee.name = text(name)
    descriptor.pointee.n_fields = UInt32(fields.count)
    descriptor.pointee.fields = UnsafePointer(memory(fields.map { self.field($0) }))
    // protobuf-c compares names as C does.
    let byName = fields.indices.sorted {
      fields[$0].name.utf8.lexicographicallyPrecedes(fields[$1].name.utf8)
    }
    descriptor.pointee.fields_sorted_by_name = UnsafePointer(memory(byName.map { UInt32($0) }))
    let (count, ranges) = ranges(fields.map(\.number))
    descriptor.pointee.n_field_ranges = count
    descriptor.pointee.field_ranges = UnsafePointer(ranges)
    return descriptor
  }

  private func field(_ field: ProtoField) -> ProtobufCFieldDescriptor {
    var descriptor = ProtobufCFieldDescriptor()
    descriptor.name = text(field.name)
    descriptor.id = UInt32(field.number)
    descriptor.label =
      field.isRepeated ? PROTOBUF_C_LABEL_REPEATED : PROTOBUF_C_LABEL_OPTIONAL
    descriptor.type = Self.type(field.type)
    if field.type == .message {
      descriptor.descriptor = UnsafeRawPointer(self.descriptor(field.typeName))
    } else if field.type == .enumeration {
      descriptor.descriptor = UnsafeRawPointer(enumeration(field.typeName))
    }
    return descriptor
  }

  private func enumeration(_ name: String) -> UnsafeMutablePointer<ProtobufCEnumDescriptor> {
    if let descriptor = enums[name] { return descriptor }
    let descriptor = memory([ProtobufCEnumDescriptor()])
    enums[name] = descriptor
    var seen: Set<Int32> = []
    let all = schemas.enums[name] ?? []
    let values = all.filter { seen.insert($0.number).inserted }.sorted { $0.number < $1.number }
    descriptor.pointee.magic = UInt32(PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC)
    descriptor.pointee.name = text(name)
    descriptor.pointee.n_values = UInt32(values.count)
    descriptor.pointee.values = UnsafePointer(
      memory(
        values.map {
          ProtobufCEnumValue(name: text($0.name), c_name: nil, value: $0.number)
        }))
    let names = all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    descriptor.pointee.n_value_names = UInt32(names.count)
    descriptor.pointee.values_by_name = UnsafePointer(
      memory(
        names.map { name in
          ProtobufCEnumValueIndex(
            name: text(name.name),
            index: UInt32(values.firstIndex { $0.number == name.number } ?? 0))
        }))
    let (count, ranges) = ranges(values.map { Int($0.number) })
    descriptor.pointee.n_value_ranges = count
    descriptor.pointee.value_ranges = UnsafePointer(ranges)
    return descriptor
  }

  private static func type(_ type: ProtoType) -> ProtobufCType {
    switch type {
    case .double: PROTOBUF_C_TYPE_DOUBLE
    case .float: PROTOBUF_C_TYPE_FLOAT
    case .int64: PROTOBUF_C_TYPE_INT64
    case .uint64: PROTOBUF_C_TYPE_UINT64
    case .int32: PROTOBUF_C_TYPE_INT32
    case .fixed64: PROTOBUF_C_TYPE_FIXED64
    case .fixed32: PROTOBUF_C_TYPE_FIXED32
    case .bool: PROTOBUF_C_TYPE_BOOL
    case .string: PROTOBUF_C_TYPE_STRING
    case .group, .message: PROTOBUF_C_TYPE_MESSAGE
    case .bytes: PROTOBUF_C_TYPE_BYTES
    case .uint32: PROTOBUF_C_TYPE_UINT32
    case .enumeration: PROTOBUF_C_TYPE_ENUM
    case .sfixed32: PROTOBUF_C_TYPE_SFIXED32
    case .sfixed64: PROTOBUF_C_TYPE_SFIXED64
    case .sint32: PROTOBUF_C_TYPE_SINT32
    case .sint64: PROTOBUF_C_TYPE_SINT64
    }
  }
}
