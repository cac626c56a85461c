/// Gives out places in one block of memory so that values that live at different times share bytes.
struct ArenaPlanner {
  private(set) var size = 0
  private var free: [Range<Int>] = []
  private var taken: [Int: Range<Int>] = [:]

  /// A place for `bytes`, the best fitting free one or a new one at the end.
  mutating func take(_ bytes: Int, for owner: Int) -> Int {
    let need = max(64, (bytes + 63) & ~63)
    var best: Int?
    for (index, range) in free.enumerated() where range.count >= need {
      if best == nil || range.count < free[best!].count { best = index }
    }
    if let best {
      let range = free[best]
      if range.count == need {
        free.remove(at: best)
      } else {
        free[best] = range.lowerBound + need..<range.upperBound
      }
      taken[owner] = range.lowerBound..<range.lowerBound + need
      return range.lowerBound
    }
    // Grow from a free range at the end, if there is one.
    var start = size
    if let last = free.firstIndex(where: { $0.upperBound == size }) {
      start = free[last].lowerBound
      free.remove(at: last)
    }
    size = start + need
    taken[owner] = start..<size
    return start
  }

  mutating func hand(from old: Int, to new: Int) {
    taken[new] = taken.removeValue(forKey: old)
  }

  /// Frees the owner's place; nothing happens when it was handed on.
  mutating func free(_ owner: Int) {
    guard var range = taken.removeValue(forKey: owner) else { return }
    var index = 0
    while index < free.count {
      if free[index].upperBound == range.lowerBound {
        range = free[index].lowerBound..<range.upperBound
        free.remove(at: index)
      } else if free[index].lowerBound == range.upperBound {
        range = range.lowerBound..<free[index].upperBound
        free.remove(at: index)
      } else {
        index += 1
      }
    }
    free.append(range)
  }
}
