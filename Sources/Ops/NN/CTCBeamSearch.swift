import Glibc
import CoreOps

/// A search for the likeliest label sequences that keeps the best prefixes after each step.
struct BeamSearch {
  /// The logarithm of the probability of a prefix: of its paths that end with a blank, with a
  /// label, and of both.
  private struct Score {
    var total = -Double.infinity
    var blank = -Double.infinity
    var label = -Double.infinity
  }

  /// A prefix: its last label after the prefix `parent`.
  private struct Prefix {
    var parent: Int
    var label: Int
    var children: [Int: Int] = [:]
    var before = Score()
    var now = Score()
  }

  private let width: Int
  private let classes: Int
  private var prefixes: [Prefix] = []
  /// The prefixes that are kept, best first.
  private var beam: [Int] = []
  private var pace = Pace()

  init(width: Int, classes: Int) {
    self.width = width
    self.classes = classes
    var root = Prefix(parent: -1, label: -1)
    root.now = Score(total: 0, blank: 0)
    prefixes = [root]
    beam = [0]
  }

  private static func addLogs(_ a: Double, _ b: Double) -> Double {
    let (less, more) = a < b ? (a, b) : (b, a)
    return less == -.infinity ? more : more + log1p(exp(less - more))
  }

  /// Puts a prefix into the beam, and what falls out of it to rest.
  private mutating func keep(_ prefix: Int) {
    let score = prefixes[prefix].now.total
    var low = 0
    var high = beam.count
    while low < high {
      let middle = (low + high) / 2
      if prefixes[beam[middle]].now.total >= score { low = middle + 1 } else { high = middle }
    }
    beam.insert(prefix, at: low)
    if beam.count > width, let dropped = beam.popLast() { prefixes[dropped].now = Score() }
  }

  private func isCandidate(_ score: Score) -> Bool {
    guard score.total > -.infinity else { return false }
    guard beam.count >= width, let last = beam.last else { return true }
    return score.total > prefixes[last].now.total
  }

  /// - Throws: when the run is to end.
  mutating func step(_ logits: CTCOps.Logits) throws {
    var most = -Double.infinity
    for label in 0..<classes { most = max(most, logits[label]) }
    var sum = 0.0
    for label in 0..<classes { sum += exp(logits[label] - most) }
    let norm = most + log(sum)
    let branches = beam
    beam = []
    for branch in branches { prefixes[branch].before = prefixes[branch].now }
    for branch in branches {
      var prefix = prefixes[branch]
      if prefix.parent >= 0 {
        let parent = prefixes[prefix.parent]
        if parent.now.total > -.infinity {
          // A repeated label is a new one only after a blank.
          let from = prefix.label == parent.label ? parent.before.blank : parent.before.total
          prefix.now.label = Self.addLogs(prefix.now.label, from)
        }
        prefix.now.label += logits[prefix.label] - norm
      }
      prefix.now.blank = prefix.before.total + logits[classes - 1] - norm
      prefix.now.total = Self.addLogs(prefix.now.blank, prefix.now.label)
      prefixes[branch] = prefix
      keep(branch)
    }
    for branch in branches where isCandidate(prefixes[branch].before) {
      try pace.step(classes)
      for label in 0..<(classes - 1) { grow(branch, label, logits[label] - norm) }
    }
  }

  /// Lets a prefix get longer by `label`, if that is not in the beam already.
  private mutating func grow(_ branch: Int, _ label: Int, _ seen: Double) {
    let child: Int
    if let known = prefixes[branch].children[label] {
      child = known
      if prefixes[child].now.total > -.infinity { return }
    } else {
      child = prefixes.count
    }
    let before = prefixes[branch].before
    let score = seen + (label == prefixes[branch].label ? before.blank : before.total)
    let now = Score(total: score, label: score)
    if child < prefixes.count {
      prefixes[child].before = Score()
      prefixes[child].now = Score()
    }
    guard isCandidate(now) else { return }
    if child == prefixes.count {
      prefixes.append(Prefix(parent: branch, label: label))
      prefixes[branch].children[label] = child
    }
    prefixes[child].now = now
    keep(child)
  }

  /// The sequences in the beam, best first.
  func paths(merge: Bool) -> [(labels: [Int], probability: Double)] {
    beam.map { leaf in
      var labels: [Int] = []
      var last = -1
      var prefix = leaf
      while prefixes[prefix].parent >= 0 {
        if !merge || prefixes[prefix].label != last { labels.append(prefixes[prefix].label) }
        last = prefixes[prefix].label
        prefix = prefixes[prefix].parent
      }
      return (labels.reversed(), prefixes[leaf].now.total)
    }
  }
}
