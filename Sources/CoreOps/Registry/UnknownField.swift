/// A protocol buffer field outside the schema: its number, wire type and bytes (without the tag).
public struct UnknownField: Sendable, Hashable {
  public var number: Int
  public var wireType: Int
  public var bytes: [UInt8]

  public init(number: Int, wireType: Int, bytes: [UInt8]) {
    self.number = number
    self.wireType = wireType
    self.bytes = bytes
  }
}
