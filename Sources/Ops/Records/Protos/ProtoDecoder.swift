import CoreOps
import Serialization

/// Takes the values of chosen fields out of messages.
struct ProtoDecoder: Sendable {
  /// A field that is wanted, and the dtype of its output.
  struct Wanted: Sendable {
    let field: ProtoField
    let dtype: DType
    /// What stands for a value that is missing: a number as its bits, or a string.
    let number: UInt64
    let text: [UInt8]

    /// - Throws: `INVALID_ARGUMENT` where the dtype is not one that such values may have.
    init(_ field: ProtoField, _ dtype: DType, _ schemas: ProtoSchemas) throws {
      self.field = field
      self.dtype = dtype
      guard field.type.allows(dtype) else {
        throw TFError.invalidArgument(
          """
          Unexpected output type for \(field.fullName): \(field.type.cppName) to \
          DT_\(dtype.signatureName.uppercased())
          """)
      }
      text = dtype == .string ? Array((field.defaultText ?? "").utf8).unescaped(field.type) : []
      number = dtype == .string ? 0 : field.defaultBits(dtype, schemas)
    }
  }

  let fields: [Wanted]

  /// The sizes and the values of all messages.
  ///
  /// - Throws: `DATA_LOSS` where a message is damaged.
  func decode(_ messages: Tensor) throws -> [Tensor] {
    let strings = messages.strings
    var sizes = [Int32](repeating: 0, count: strings.count * fields.count)
    var widths = [Int](repeating: 1, count: fields.count)
    // A field that is asked for twice is found once.
    var places: [Int: Int] = [:]
    for (index, wanted) in fields.enumerated() where places[wanted.field.number] == nil {
      places[wanted.field.number] = index
    }
    var values = fields.map { _ in [[Value]]() }
    var pace = Pace()
    for index in strings.indices {
      let bytes = strings.bytes(index)
      try pace.step(bytes.count + 64)
      let found = try collect(bytes, places)
      for (field, own) in found.enumerated() {
        let count = fields[field].field.isRepeated ? own.count : min(own.count, 1)
        sizes[index * fields.count + field] = Int32(clamping: count)
        widths[field] = max(widths[field], count)
        values[field].append(own)
      }
    }
    return try withExtendedLifetime(strings) {
      [try Tensor(sizes, dims: Shape(messages.dims.dims + [fields.count]))]
        + (try fields.indices.map {
          try output(fields[$0], values[$0], widths[$0], messages.dims)
        })
    }
  }

  /// A value as it stands in a message.
  private enum Value {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
    /// One that a field of one value has behind the tag of many: TensorFlow counts it only.
    case counted
  }

  private func output(_ wanted: Wanted, _ all: [[Value]], _ width: Int, _ dims: Shape) throws
    -> Tensor
  {
    let dims = Shape(dims.dims + [width])
    guard let count = dims.checkedElementCount else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    let isRepeated = wanted.field.isRepeated
    if wanted.dtype == .string {
      let builder = try StringBuilder(count: count)
      for values in all {
        let own = isRepeated ? values[...] : values.suffix(1)
        for value in own {
          if case .bytes(let bytes) = value { try builder.append(bytes) }
        }
        for _ in own.count..<width { try builder.append(wanted.text) }
      }
      return Tensor(strings: try builder.finish(), dims: dims)
    }
    let tensor = try Tensor.uninitialized(wanted.dtype, dims)
    var place = 0
    for values in all {
      let own = isRepeated ? values[...] : values.suffix(1)
      for value in own {
        if case .number(let bits) = value {
          wanted.store(bits, tensor, place)
        } else {
          tensor.store(wanted.number, place)
        }
        place += 1
      }
      for _ in own.count..<width {
        tensor.store(wanted.number, place)
        place += 1
      }
    }
    return tensor
  }

  private func damaged(_ what: String) -> TFError { TFError(.dataLoss, what) }

  /// The values of each field in a message.
  private func collect(_ bytes: UnsafeRawBufferPointer, _ places: [Int: Int]) throws -> [[Value]] {
    var found = [[Value]](repeating: [], count: fields.count)
    var message = WireCursor(bytes)
    while !message.isAtEnd {
      let start = message.next
      guard let tag = message.varint().map({ UInt32(truncatingIfNeeded: $0) }), tag >> 3 > 0,
        tag & 7 != 4
      else { throw damaged("CountFields: Failed to consume entire buffer") }
      let (number, wireType) = (Int(tag >> 3), Int(tag & 7))
      guard let place = places[number] else {
        guard message.skipValue(wireType, number, depth: 0) else {
          throw damaged("Failed skipping unrequested field")
        }
        continue
      }
      let field = fields[place].field
      if wireType == 2, field.type.wireType != 2 {
        guard let length = message.length() else {
          throw damaged("CollectField: Failed reading packed size")
        }
        guard length <= message.count else {
          throw damaged("ReadPackedValues: Skipping packed field failed")
        }
        let block = WireCursor(message.next, count: length)
        _ = message.skip(length)
        try collect(packed: block, field, &found[place])
        continue
      }
      guard wireType == field.type.wireType else {
        guard message.skipValue(wireType, number, depth: 0) else {
          throw damaged("CollectField: Failed skipping malformed field")
        }
        continue
      }
      let value: Value?
      switch wireType {
      case 2: value = message.block().map { .bytes($0) }
      case 3:
        // A group stands with the tags around it.
        value =
          message.skipValue(3, number, depth: 0)
          ? .bytes(UnsafeRawBufferPointer(start: start, count: message.next - start)) : nil
      default: value = message.number(wireType).map { .number($0) }
      }
      guard let value else { throw damaged("ReadValue: Failed skipping field when counting") }
      found[place].append(value)
    }
    return found
  }

  private func collect(packed: WireCursor, _ field: ProtoField, _ values: inout [Value]) throws {
    var block = packed
    let wireType = field.type.wireType
    guard wireType != 3 else { throw damaged("TYPE_GROUP encountered as packed") }
    let size = wireType == 1 ? 8 : wireType == 5 ? 4 : 1
    guard block.count % size == 0 else {
      throw damaged("Illegal data length for packed fixed-size type: \(block.count)")
    }
    // A value takes more room than the byte that it may be.
    try MemoryLimit.room(for: block.count / size * MemoryLayout<Value>.stride)
    while !block.isAtEnd {
      guard let value = block.number(wireType) else { throw damaged("Corrupt packed varint") }
      values.append(field.isRepeated ? .number(value) : .counted)
    }
  }
}

extension WireCursor {
  /// A number of that wire type, as 64 bits.
  fileprivate mutating func number(_ wireType: Int) -> UInt64? {
    switch wireType {
    case 0: return varint()
    case 1:
      guard count >= 8 else { return nil }
      defer { _ = skip(8) }
      return UnsafeRawPointer(next).loadUnaligned(as: UInt64.self)
    default:
      guard count >= 4 else { return nil }
      defer { _ = skip(4) }
      return UInt64(UnsafeRawPointer(next).loadUnaligned(as: UInt32.self))
    }
  }

  /// Goes past a value, of a group past its end.
  fileprivate mutating func skipValue(_ wireType: Int, _ number: Int, depth: Int) -> Bool {
    switch wireType {
    case 0: return varint() != nil
    case 1: return skip(8)
    case 2: return block() != nil
    case 5: return skip(4)
    case 3:
      guard depth < 100 else { return false }
      while let tag = varint().map({ UInt32(truncatingIfNeeded: $0) }), tag >> 3 > 0 {
        if tag & 7 == 4 { return Int(tag >> 3) == number }
        guard skipValue(Int(tag & 7), Int(tag >> 3), depth: depth + 1) else { return false }
      }
      return false
    default: return false
    }
  }
}

extension ProtoDecoder.Wanted {
  /// Stores a value of a message as an element.
  fileprivate func store(_ bits: UInt64, _ tensor: Tensor, _ place: Int) {
    let value: UInt64
    switch field.type {
    case .int32, .enumeration, .sfixed32:
      value = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits)))
    case .sint32:
      let narrow = UInt32(truncatingIfNeeded: bits)
      let number = Int32(bitPattern: narrow >> 1) ^ -Int32(bitPattern: narrow & 1)
      value = UInt64(bitPattern: Int64(number))
    case .sint64:
      let number = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
      value = UInt64(bitPattern: number)
    case .uint32, .fixed32: value = UInt64(UInt32(truncatingIfNeeded: bits))
    case .bool: value = bits != 0 ? 1 : 0
    case .float where dtype == .float64:
      value = Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))).bitPattern
    default: value = bits
    }
    tensor.store(value, place)
  }
}

extension Tensor {
  /// Stores the lower bits of a number as an element.
  fileprivate func store(_ bits: UInt64, _ place: Int) {
    switch dtype.byteSize {
    case 1: elements(UInt8.self)[place] = UInt8(truncatingIfNeeded: bits)
    case 4: elements(UInt32.self)[place] = UInt32(truncatingIfNeeded: bits)
    default: elements(UInt64.self)[place] = bits
    }
  }
}

extension ProtoType {
  /// Whether values of the type may be elements of a tensor of that dtype.
  func allows(_ dtype: DType) -> Bool {
    switch self {
    case .double: dtype == .float64
    case .float: dtype == .float32 || dtype == .float64
    case .int64, .sfixed64, .sint64: dtype == .int64
    case .uint64, .fixed64: dtype == .uint64
    case .int32, .sint32, .sfixed32: dtype == .int32 || dtype == .int64
    case .uint32, .fixed32: dtype == .uint32 || dtype == .uint64
    case .bool: dtype == .bool
    case .enumeration: dtype == .int32
    case .string, .bytes, .message, .group: dtype == .string
    }
  }
}

extension ProtoField {
  /// The default as the bits of an element.
  fileprivate func defaultBits(_ dtype: DType, _ schemas: ProtoSchemas) -> UInt64 {
    if type == .enumeration {
      let values = schemas.enums[typeName] ?? []
      let value = defaultText.flatMap { name in values.first { $0.name == name } } ?? values.first
      return UInt64(bitPattern: Int64(value?.number ?? 0))
    }
    guard let text = defaultText else { return 0 }
    switch type {
    case .bool: return text == "true" ? 1 : 0
    case .double, .float:
      let value = Double(text) ?? 0
      return dtype == .float64 ? value.bitPattern : UInt64(Float(value).bitPattern)
    default: return Int(text).map { UInt64(bitPattern: Int64($0)) } ?? UInt64(text) ?? 0
    }
  }
}

extension [UInt8] {
  /// A default of bytes with C's escapes replaced; one of text is what it says.
  fileprivate func unescaped(_ type: ProtoType) -> [UInt8] {
    guard type == .bytes else { return self }
    var result: [UInt8] = []
    var rest = self[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
        result.append(byte)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = Int(escaped - UInt8(ascii: "0"))
        for _ in 0..<2 {
          guard let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit)
          else { break }
          value = value * 8 + Int(digit - UInt8(ascii: "0"))
          rest = rest.dropFirst()
        }
        result.append(UInt8(truncatingIfNeeded: value))
      default: result.append(escaped)
      }
    }
    return result
  }
}
