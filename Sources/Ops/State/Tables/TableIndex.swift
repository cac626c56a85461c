import CoreOps

/// Where keys are: strings or integers by hash.
///
/// The keys are linked as in the C++ standard library's hash map, so that they come in TensorFlow's
/// order: a key comes first of all, or before those of its bucket.
struct TableIndex: Sendable {
  /// Places of keys; those that were removed are used again.
  typealias Slot = Int32

  /// What a bucket has for where its first key is linked from.
  private static let isEmpty: Slot = -1
  private static let atStart: Slot = -2
  private static let none: Slot = -1

  private(set) var count = 0
  private let isString: Bool
  private var integers: [Int] = []
  private var strings: [ByteString?] = []
  /// By slot; of an integer it is the integer.
  private var hashes: [UInt] = []
  private var next: [Slot] = []
  private var first = Self.none
  private var free: [Slot] = []
  private var buckets: [Slot] = [Self.isEmpty]

  /// The numbers of buckets that the library goes through.
  private static let growth: [Int] = [
    13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172_933, 351_061,
    712_697, 1_447_153, 2_938_679, 5_967_347, 12_117_689, 24_607_243, 49_969_847, 101_473_717,
    206_062_531, 418_449_257, 849_749_479, 1_725_587_117,
  ]

  init(_ dtype: DType) { isString = dtype == .string }

  /// How many slots there are, used or not.
  var slotCount: Int { next.count }

  // MARK: - Finding

  /// Calls `body` with the slot of each key, nil for one that is not there.
  func find(_ keys: Tensor, _ body: (_ position: Int, _ slot: Int?) -> Void) throws {
    var pace = Pace()
    if isString {
      for (position, key) in keys.strings.enumerated() {
        try pace.step(16 + key.count / 8)
        body(position, slot(of: key))
      }
      return
    }
    func each<T: TensorScalar & FixedWidthInteger>(_: T.Type) throws {
      let elements = keys.elements(T.self)
      // Bounds are known, and checks of them are what look-ups would spend their time on.
      try buckets.withUnsafeBufferPointer { buckets in
        try integers.withUnsafeBufferPointer { integers in
          try next.withUnsafeBufferPointer { next in
            let chains = Chains(buckets: buckets, integers: integers, next: next, first: first)
            for position in elements.indices {
              try pace.step(8)
              body(position, chains.slot(of: Int(truncatingIfNeeded: elements[position])))
            }
          }
        }
      }
    }
    keys.dtype == .int32 ? try each(Int32.self) : try each(Int.self)
  }

  /// The links of integer keys.
  private struct Chains {
    let buckets: UnsafeBufferPointer<Slot>
    let integers: UnsafeBufferPointer<Int>
    let next: UnsafeBufferPointer<Slot>
    let first: Slot

    @inline(__always)
    func slot(of key: Int) -> Int? {
      let width = UInt(bitPattern: buckets.count)
      let bucket = UInt(bitPattern: key) % width
      let before = buckets[Int(bitPattern: bucket)]
      if before == TableIndex.isEmpty { return nil }
      var slot = before == TableIndex.atStart ? first : next[Int(before)]
      while integers[Int(slot)] != key {
        slot = next[Int(slot)]
        if slot == TableIndex.none || UInt(bitPattern: integers[Int(slot)]) % width != bucket {
          return nil
        }
      }
      return Int(slot)
    }
  }

  private func slot(of key: ByteString) -> Int? {
    let hash = UInt(key.withBytes { MurmurHash.hash($0) })
    return self.slot(hash) { strings[$0] == key }
  }

  private func slot(_ hash: UInt, _ isKey: (Int) -> Bool) -> Int? {
    let bucket = place(hash)
    if buckets[bucket] == Self.isEmpty { return nil }
    var slot = start(of: bucket)
    repeat {
      if hashes[Int(slot)] == hash, isKey(Int(slot)) { return Int(slot) }
      slot = next[Int(slot)]
    } while slot != Self.none && place(hashes[Int(slot)]) == bucket
    return nil
  }

  private func place(_ hash: UInt) -> Int { Int(hash % UInt(buckets.count)) }

  private func start(of bucket: Int) -> Slot {
    buckets[bucket] == Self.atStart ? first : next[Int(buckets[bucket])]
  }

  // MARK: - Changes

  /// Adds the key at a position unless it is there.
  ///
  /// - Returns: its slot, and whether it is new.
  mutating func insert(_ keys: Tensor, _ position: Int) throws -> (slot: Int, isNew: Bool) {
    let (hash, key) = key(keys, position)
    if let known = slot(hash, { isString ? strings[$0] == key : true }) { return (known, false) }
    if count >= buckets.count || buckets.count == 1 {
      guard let larger = Self.growth.first(where: { $0 > max(count, 2 * buckets.count - 1, 11) })
      else { throw TFError.resourceExhausted("the table has too many keys") }
      rehash(larger)
    }
    let slot: Slot
    if let reused = free.popLast() {
      slot = reused
      hashes[Int(slot)] = hash
      if isString { strings[Int(slot)] = key } else { integers[Int(slot)] = Int(bitPattern: hash) }
    } else {
      slot = Slot(next.count)
      next.append(Self.none)
      hashes.append(hash)
      if isString { strings.append(key) } else { integers.append(Int(bitPattern: hash)) }
    }
    link(slot, place(hash))
    count += 1
    return (Int(slot), true)
  }

  private func key(_ keys: Tensor, _ position: Int) -> (UInt, ByteString?) {
    if isString {
      let key = keys.strings[position]
      return (UInt(key.withBytes { MurmurHash.hash($0) }), key)
    }
    let integer =
      keys.dtype == .int32
      ? Int(keys.elements(Int32.self)[position]) : keys.elements(Int.self)[position]
    return (UInt(bitPattern: integer), nil)
  }

  private mutating func link(_ slot: Slot, _ bucket: Int) {
    if buckets[bucket] == Self.isEmpty {
      next[Int(slot)] = first
      if first != Self.none { buckets[place(hashes[Int(first)])] = slot }
      first = slot
      buckets[bucket] = Self.atStart
    } else if buckets[bucket] == Self.atStart {
      next[Int(slot)] = first
      first = slot
    } else {
      next[Int(slot)] = next[Int(buckets[bucket])]
      next[Int(buckets[bucket])] = slot
    }
  }

  private mutating func rehash(_ width: Int) {
    buckets = [Slot](repeating: Self.isEmpty, count: width)
    var slot = first
    first = Self.none
    while slot != Self.none {
      let following = next[Int(slot)]
      link(slot, place(hashes[Int(slot)]))
      slot = following
    }
  }

  /// Removes the key at a position.
  ///
  /// - Returns: the slot that it had.
  mutating func remove(_ keys: Tensor, _ position: Int) -> Int? {
    let (hash, key) = key(keys, position)
    guard let slot = slot(hash, { isString ? strings[$0] == key : true }) else { return nil }
    let bucket = place(hash)
    let (start, following) = (buckets[bucket], next[slot])
    var before = start
    if self.start(of: bucket) != Slot(slot) {
      before = self.start(of: bucket)
      while next[Int(before)] != Slot(slot) { before = next[Int(before)] }
    }
    let followingBucket = following == Self.none ? nil : place(hashes[Int(following)])
    if followingBucket != bucket {
      // What follows is of another bucket, which is linked from here.
      if let followingBucket { buckets[followingBucket] = before }
      if before == start { buckets[bucket] = Self.isEmpty }
    }
    if before == Self.atStart { first = following } else { next[Int(before)] = following }
    if isString { strings[slot] = nil }
    free.append(Slot(slot))
    count -= 1
    return slot
  }

  /// Removes all keys. As in the library, the buckets stay.
  mutating func removeAll() {
    let width = buckets.count
    self = TableIndex(isString ? .string : .int64)
    buckets = [Slot](repeating: Self.isEmpty, count: width)
  }

  // MARK: - All keys

  /// The slots of all keys in order.
  var slots: [Int] {
    var slots: [Int] = []
    slots.reserveCapacity(count)
    var slot = first
    while slot != Self.none {
      slots.append(Int(slot))
      slot = next[Int(slot)]
    }
    return slots
  }

  /// The keys of slots as a vector.
  func keys(_ slots: [Int], _ dtype: DType) throws -> Tensor {
    if isString {
      let builder = try StringBuilder(count: slots.count)
      for slot in slots { try builder.append(strings[slot]!) }
      return Tensor(strings: try builder.finish(), dims: [slots.count])
    }
    if dtype == .int32 {
      return try Tensor(slots.map { Int32(truncatingIfNeeded: integers[$0]) }, dims: [slots.count])
    }
    return try Tensor(slots.map { integers[$0] }, dims: [slots.count])
  }

  /// A key as messages show it.
  func text(_ slot: Int) -> String {
    isString ? strings[slot]?.text ?? "" : "\(integers[slot])"
  }
}
