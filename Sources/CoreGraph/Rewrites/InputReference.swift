/// What an input of a node in a `GraphDef` refers to: `node:1`, `node`, `^node`, or in functions an
/// argument or `node:output:1`.
struct InputReference {
  var node: Substring
  var index: Int
  var isControl: Bool

  init(_ text: String) {
    isControl = text.hasPrefix("^")
    let body = isControl ? text.dropFirst() : text[...]
    guard let colon = body.firstIndex(of: ":") else {
      node = body
      index = 0
      return
    }
    node = body[..<colon]
    index = body.lastIndex(of: ":").flatMap { Int(body[body.index(after: $0)...]) } ?? 0
  }
}

extension NodeDef {
  /// The nodes that this one is placed with, which a part of a graph keeps.
  var colocated: [String] {
    guard case .list(let values)? = attrs["_class"] else { return [] }
    return values.compactMap { value in
      guard case .bytes(let bytes) = value else { return nil }
      let text = String(decoding: bytes, as: UTF8.self)
      return text.hasPrefix("loc:@") ? String(text.dropFirst(5)) : nil
    }
  }
}
