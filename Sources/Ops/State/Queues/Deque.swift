/// A list that grows and shrinks at both ends.
struct Deque<Element> {
  /// The elements from `head` on, around the end of the memory.
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count)
    return slots[place(index)]!
  }

  mutating func append(_ element: Element) {
    makeRoom()
    slots[place(count)] = element
    count += 1
  }

  mutating func prepend(_ element: Element) {
    makeRoom()
    head = head == 0 ? slots.count - 1 : head - 1
    slots[head] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head]
    slots[head] = nil
    head = place(1)
    count -= 1
    return element
  }

  mutating func removeAll() { self = Deque() }

  private func place(_ index: Int) -> Int {
    let place = head + index
    return place < slots.count ? place : place - slots.count
  }

  private mutating func makeRoom() {
    guard count == slots.count else { return }
    var larger: [Element?] = []
    larger.reserveCapacity(max(8, count * 2))
    for index in 0..<count { larger.append(slots[place(index)]) }
    larger += [Element?](repeating: nil, count: max(8, count * 2) - count)
    slots = larger
    head = 0
  }
}

extension Deque: Sendable where Element: Sendable {}
