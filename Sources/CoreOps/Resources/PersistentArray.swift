/// An array of which a changed copy shares all but one path of nodes, so that a change costs
/// logarithmic time while older values live on.
package struct PersistentArray<Element: Sendable>: Sendable {
  /// Inner nodes have children, leaves have elements; all but those on the right edge are full.
  private final class Node: Sendable {
    let children: [Node]
    let elements: [Element]

    init(children: [Node]) {
      self.children = children
      elements = []
    }
    init(elements: [Element]) {
      self.elements = elements
      children = []
    }
  }

  private static var bits: Int { 4 }
  private static var width: Int { 1 << bits }

  package let count: Int
  /// The levels of inner nodes above the leaves.
  private let height: Int
  private let root: Node

  private init(count: Int, height: Int, root: Node) {
    self.count = count
    self.height = height
    self.root = root
  }

  package init() { self.init(count: 0, height: 0, root: Node(elements: [])) }

  package init(_ elements: [Element]) {
    var nodes = stride(from: 0, to: Swift.max(elements.count, 1), by: Self.width).map {
      Node(elements: Array(elements[$0..<Swift.min($0 + Self.width, elements.count)]))
    }
    var height = 0
    while nodes.count > 1 {
      nodes = stride(from: 0, to: nodes.count, by: Self.width).map {
        Node(children: Array(nodes[$0..<Swift.min($0 + Self.width, nodes.count)]))
      }
      height += 1
    }
    self.init(count: elements.count, height: height, root: nodes[0])
  }

  /// `count` times the same element, in nodes that are shared.
  package init(repeating element: Element, count: Int) {
    self = PersistentArray().extended(to: count, repeating: element)
  }

  /// As long as `length`, which is no less than the count, with the same element in every added
  /// place.
  package func extended(to length: Int, repeating element: Element) -> PersistentArray {
    precondition(length >= count)
    if length == count { return self }
    var full = [Node(elements: [Element](repeating: element, count: Self.width))]
    var (node, level, have) = (root, height, count)
    while length > Self.width << (Self.bits * level) { level += 1 }
    for lower in 0..<level {
      full.append(Node(children: [Node](repeating: full[lower], count: Self.width)))
    }
    func fresh(_ level: Int, _ count: Int) -> Node {
      let size = Self.width << (Self.bits * level)
      if count == size { return full[level] }
      if level == 0 { return Node(elements: [Element](repeating: element, count: count)) }
      return grown(Node(children: []), level, 0, count)
    }
    func grown(_ node: Node, _ level: Int, _ have: Int, _ want: Int) -> Node {
      if level == 0 {
        return Node(elements: node.elements + [Element](repeating: element, count: want - have))
      }
      let size = Self.width << (Self.bits * (level - 1))
      var children = node.children
      if have % size > 0 {
        let last = children.count - 1
        children[last] = grown(
          children[last], level - 1, have % size, Swift.min(size, want - last * size))
      }
      while children.count * size < want {
        children.append(fresh(level - 1, Swift.min(size, want - children.count * size)))
      }
      return Node(children: children)
    }
    if have == 0 {
      return PersistentArray(count: length, height: level, root: fresh(level, length))
    }
    // An old root that is lower than the new one becomes its first descendant.
    var low = height
    if low < level {
      let capacity = Self.width << (Self.bits * low)
      node = grown(node, low, have, capacity)
      have = capacity
      while low < level {
        node = Node(children: [node])
        low += 1
      }
    }
    return PersistentArray(count: length, height: level, root: grown(node, level, have, length))
  }

  /// The element at `index`, which must be in range.
  package subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count)
    var node = root
    var level = height
    while level > 0 {
      node = node.children[(index >> (Self.bits * level)) & (Self.width - 1)]
      level -= 1
    }
    return node.elements[index & (Self.width - 1)]
  }

  /// All elements in order.
  package var elements: [Element] {
    var result: [Element] = []
    result.reserveCapacity(count)
    func visit(_ node: Node) {
      result += node.elements
      node.children.forEach(visit)
    }
    visit(root)
    return result
  }

  /// With `element` at `index`, which must be in range.
  package func setting(_ index: Int, _ element: Element) -> PersistentArray {
    precondition(index >= 0 && index < count)
    func changed(_ node: Node, _ level: Int) -> Node {
      let position = (index >> (Self.bits * level)) & (Self.width - 1)
      if level == 0 {
        var elements = node.elements
        elements[position] = element
        return Node(elements: elements)
      }
      var children = node.children
      children[position] = changed(children[position], level - 1)
      return Node(children: children)
    }
    return PersistentArray(count: count, height: height, root: changed(root, height))
  }

  package func appending(_ element: Element) -> PersistentArray {
    if count == Self.width << (Self.bits * height) {
      var added = Node(elements: [element])
      for _ in 0..<height { added = Node(children: [added]) }
      return PersistentArray(
        count: count + 1, height: height + 1, root: Node(children: [root, added]))
    }
    let index = count
    func grown(_ node: Node, _ level: Int) -> Node {
      if level == 0 { return Node(elements: node.elements + [element]) }
      let position = (index >> (Self.bits * level)) & (Self.width - 1)
      if position < node.children.count {
        var children = node.children
        children[position] = grown(children[position], level - 1)
        return Node(children: children)
      }
      var added = Node(elements: [element])
      for _ in 1..<level { added = Node(children: [added]) }
      return Node(children: node.children + [added])
    }
    return PersistentArray(count: count + 1, height: height, root: grown(root, height))
  }

  /// The first `length` elements, which must be no more than there are.
  package func prefix(_ length: Int) -> PersistentArray {
    precondition(length >= 0 && length <= count)
    if length == count { return self }
    if length == 0 { return PersistentArray() }
    func cut(_ node: Node, _ level: Int, _ length: Int) -> Node {
      if level == 0 { return Node(elements: Array(node.elements.prefix(length))) }
      let size = Self.width << (Self.bits * (level - 1))
      var children = Array(node.children.prefix(length / size))
      if length % size > 0 {
        children.append(cut(node.children[length / size], level - 1, length % size))
      }
      return Node(children: children)
    }
    var (node, level) = (cut(root, height, length), height)
    while level > 0, node.children.count == 1 {
      node = node.children[0]
      level -= 1
    }
    return PersistentArray(count: length, height: level, root: node)
  }
}
