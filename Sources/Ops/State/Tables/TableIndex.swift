import CKernels
import CoreOps
import Glibc

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
  /// The bytes of the strings, by where they are; those of removed keys stay until there are many.
  private var text: [UInt8] = []
  private var spans: [Range<Int>] = []
  private var unused = 0
  /// By slot; of an integer it is the integer.
  private var hashes: [UInt] = []
  private var next: [Slot] = []
  /// The bucket of each slot's key.
  private var homes: [Int32] = []
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

  /// Calls `body` with the slot of each key, nil for one that is not there: on several threads
  /// where there are many, and not for all keys when the run is told to end.
  func find(_ keys: Tensor, _ body: (_ position: Int, _ slot: Int?) -> Void) {
    inParallel(keys.dims.elementCount, grain: 4096) { range in
      if isString { findStrings(keys, range, body) } else { findIntegers(keys, range, body) }
    }
  }

  private func findStrings(
    _ keys: Tensor, _ range: Range<Int>, _ body: (_ position: Int, _ slot: Int?) -> Void
  ) {
    keys.strings.withElements { elements in
      buckets.withUnsafeBufferPointer { buckets in
        hashes.withUnsafeBufferPointer { hashes in
          next.withUnsafeBufferPointer { next in
            homes.withUnsafeBufferPointer { homes in
              spans.withUnsafeBytes { spans in
                text.withUnsafeBytes { text in
                  var table = jk_string_table()
                  table.buckets = buckets.baseAddress
                  table.width = buckets.count
                  table.first = first
                  table.hashes = UnsafeRawPointer(hashes.baseAddress)?.assumingMemoryBound(
                    to: UInt64.self)
                  table.next = next.baseAddress
                  table.homes = homes.baseAddress
                  table.spans = spans.baseAddress?.assumingMemoryBound(to: (Int64, Int64).self)
                  table.text = text.baseAddress
                  table.text_size = text.count
                  Self.find(elements, range, &table, body)
                }
              }
            }
          }
        }
      }
    }
  }

  /// Finds keys some at a time.
  private static func find(
    _ keys: StringElements, _ range: Range<Int>, _ table: inout jk_string_table,
    _ body: (_ position: Int, _ slot: Int?) -> Void
  ) {
    let most = 256
    withUnsafeTemporaryAllocation(of: Slot.self, capacity: most) { slots in
      var start = range.lowerBound
      while start < range.upperBound {
        let end = min(start + most, range.upperBound)
        keys.starts.withMemoryRebound(to: Int64.self, capacity: keys.count + 1) { starts in
          jk_find_strings(&table, keys.bytes, starts, start, end, slots.baseAddress)
        }
        for position in start..<end {
          let slot = slots[position &- start]
          body(position, slot < 0 ? nil : Int(slot))
        }
        start = end
      }
    }
  }

  private func findIntegers(
    _ keys: Tensor, _ range: Range<Int>, _ body: (_ position: Int, _ slot: Int?) -> Void
  ) {
    // Bounds are known, and checks of them are what look-ups would spend their time on.
    buckets.withUnsafeBufferPointer { buckets in
      integers.withUnsafeBufferPointer { integers in
        next.withUnsafeBufferPointer { next in
          homes.withUnsafeBufferPointer { homes in
            let chains = Chains(
              buckets: buckets, integers: integers, next: next, homes: homes, first: first)
            if keys.dtype == .int32 {
              let elements = keys.elements(Int32.self)
              for position in range { body(position, chains.slot(of: Int(elements[position]))) }
            } else {
              let elements = keys.elements(Int.self)
              for position in range { body(position, chains.slot(of: elements[position])) }
            }
          }
        }
      }
    }
  }

  /// The links of integer keys.
  private struct Chains {
    let buckets: UnsafeBufferPointer<Slot>
    let integers: UnsafeBufferPointer<Int>
    let next: UnsafeBufferPointer<Slot>
    let homes: UnsafeBufferPointer<Int32>
    let first: Slot

    @inline(__always)
    func slot(of key: Int) -> Int? {
      let bucket = TableIndex.place(UInt(bitPattern: key), buckets.count)
      let before = buckets[bucket]
      if before == TableIndex.isEmpty { return nil }
      var slot = before == TableIndex.atStart ? first : next[Int(before)]
      while integers[Int(slot)] != key {
        slot = next[Int(slot)]
        if slot == TableIndex.none || homes[Int(slot)] != Int32(truncatingIfNeeded: bucket) {
          return nil
        }
      }
      return Int(slot)
    }
  }

  private func isEqual(
    _ text: UnsafeRawBufferPointer, _ span: Range<Int>, _ key: UnsafeRawBufferPointer
  ) -> Bool {
    span.count == key.count
      && (key.isEmpty
        || memcmp(text.baseAddress! + span.lowerBound, key.baseAddress!, key.count) == 0)
  }

  /// The slot of the key at a position, by its hash.
  private func slot(_ hash: UInt, _ keys: Tensor, _ position: Int) -> Int? {
    guard isString else { return slot(hash) { _ in true } }
    let strings = keys.strings
    defer { withExtendedLifetime(strings) {} }
    let key = strings.bytes(position)
    return text.withUnsafeBytes { text in slot(hash) { isEqual(text, spans[$0], key) } }
  }

  private func slot(_ hash: UInt, _ isKey: (Int) -> Bool) -> Int? {
    let bucket = place(hash)
    if buckets[bucket] == Self.isEmpty { return nil }
    var slot = start(of: bucket)
    repeat {
      if hashes[Int(slot)] == hash, isKey(Int(slot)) { return Int(slot) }
      slot = next[Int(slot)]
    } while slot != Self.none && homes[Int(slot)] == Int32(truncatingIfNeeded: bucket)
    return nil
  }

  private func place(_ hash: UInt) -> Int { Self.place(hash, buckets.count) }

  @inline(__always)
  private static func place(_ hash: UInt, _ width: Int) -> Int {
    // Division of short numbers takes a third of the time.
    hash >> 32 == 0
      ? Int(UInt32(truncatingIfNeeded: hash) % UInt32(truncatingIfNeeded: width))
      : Int(hash % UInt(bitPattern: width))
  }

  private func start(of bucket: Int) -> Slot {
    buckets[bucket] == Self.atStart ? first : next[Int(buckets[bucket])]
  }

  // MARK: - Changes

  /// Adds the key at a position unless it is there.
  ///
  /// - Returns: its slot, and whether it is new.
  mutating func insert(_ keys: Tensor, _ position: Int) throws -> (slot: Int, isNew: Bool) {
    let hash = hash(keys, position)
    if let known = slot(hash, keys, position) { return (known, false) }
    if count >= buckets.count || buckets.count == 1 {
      guard let larger = Self.growth.first(where: { $0 > max(count, 2 * buckets.count - 1, 11) })
      else { throw TFError.resourceExhausted("the table has too many keys") }
      rehash(larger)
    }
    let slot = free.popLast() ?? Slot(next.count)
    let isAdded = Int(slot) == next.count
    if isAdded {
      next.append(Self.none)
      hashes.append(hash)
      homes.append(0)
    }
    hashes[Int(slot)] = hash
    if isString {
      if unused > 1 << 16, unused > text.count / 2 { compact() }
      let (start, strings) = (text.count, keys.strings)
      text.append(contentsOf: strings.bytes(position))
      withExtendedLifetime(strings) {}
      if isAdded { spans.append(start..<text.count) } else { spans[Int(slot)] = start..<text.count }
    } else if isAdded {
      integers.append(Int(bitPattern: hash))
    } else {
      integers[Int(slot)] = Int(bitPattern: hash)
    }
    link(slot, place(hash))
    count += 1
    return (Int(slot), true)
  }

  private func hash(_ keys: Tensor, _ position: Int) -> UInt {
    if isString {
      let strings = keys.strings
      defer { withExtendedLifetime(strings) {} }
      return UInt(MurmurHash.hash(strings.bytes(position)))
    }
    let integer =
      keys.dtype == .int32
      ? Int(keys.elements(Int32.self)[position]) : keys.elements(Int.self)[position]
    return UInt(bitPattern: integer)
  }

  /// Leaves out the bytes of removed keys.
  private mutating func compact() {
    var kept: [UInt8] = []
    kept.reserveCapacity(text.count - unused)
    for slot in slots {
      let start = kept.count
      kept.append(contentsOf: text[spans[slot]])
      spans[slot] = start..<kept.count
    }
    text = kept
    unused = 0
  }

  private mutating func link(_ slot: Slot, _ bucket: Int) {
    homes[Int(slot)] = Int32(truncatingIfNeeded: bucket)
    if buckets[bucket] == Self.isEmpty {
      next[Int(slot)] = first
      if first != Self.none { buckets[Int(homes[Int(first)])] = slot }
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
    let hash = hash(keys, position)
    guard let slot = slot(hash, keys, position) else { return nil }
    let bucket = place(hash)
    let (start, following) = (buckets[bucket], next[slot])
    var before = start
    if self.start(of: bucket) != Slot(slot) {
      before = self.start(of: bucket)
      while next[Int(before)] != Slot(slot) { before = next[Int(before)] }
    }
    let followingBucket = following == Self.none ? nil : Int(homes[Int(following)])
    if followingBucket != bucket {
      // What follows is of another bucket, which is linked from here.
      if let followingBucket { buckets[followingBucket] = before }
      if before == start { buckets[bucket] = Self.isEmpty }
    }
    if before == Self.atStart { first = following } else { next[Int(before)] = following }
    if isString {
      unused += spans[slot].count
      spans[slot] = 0..<0
    }
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
      let builder = try StringBuilder(count: slots.count, byteCount: text.count - unused)
      try text.withUnsafeBytes { text in
        for slot in slots {
          try builder.append(UnsafeRawBufferPointer(rebasing: text[spans[slot]]))
        }
      }
      return Tensor(strings: try builder.finish(), dims: [slots.count])
    }
    if dtype == .int32 {
      return try Tensor(slots.map { Int32(truncatingIfNeeded: integers[$0]) }, dims: [slots.count])
    }
    return try Tensor(slots.map { integers[$0] }, dims: [slots.count])
  }

  /// A key as messages show it.
  func text(_ slot: Int) -> String {
    isString ? String(decoding: text[spans[slot]], as: UTF8.self) : "\(integers[slot])"
  }
}

/// Calls `body` with the parts of 0..<count, on several threads where there are more than `grain`.
/// When the run is told to end, parts are left out.
private func inParallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  withoutActuallyEscaping(body) { body in
    var job = body
    withUnsafeMutablePointer(to: &job) { job in
      jk_parallel_for(
        count, grain,
        { context, begin, end in
          context!.assumingMemoryBound(to: ((Range<Int>) -> Void).self).pointee(begin..<end)
        }, job)
    }
  }
}
