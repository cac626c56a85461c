import Glibc
package import CoreOps

/// The element types that boxes may have.
package protocol BoxScalar: TensorScalar, BinaryFloatingPoint {}
extension Float: BoxScalar {}
#if !(os(macOS) && arch(x86_64))
  extension Float16: BoxScalar {}
#endif

/// Greedy suppression of boxes that overlap better ones.
package enum BoxSuppression {
  /// The intersection of two boxes over their union; corners may come in any order.
  ///
  /// `min` and `max` give their first argument where one is not a number, so that such a box has
  /// the area 0 or one that is not a number, by which corner it is, as in TensorFlow.
  package static func overlap<T: BoxScalar>(_ boxes: UnsafePointer<T>, _ i: Int, _ j: Int) -> T {
    let (a, b) = (boxes + 4 * i, boxes + 4 * j)
    let (topA, leftA) = (min(a[0], a[2]), min(a[1], a[3]))
    let (topB, leftB) = (min(b[0], b[2]), min(b[1], b[3]))
    let (bottomA, rightA) = (max(a[0], a[2]), max(a[1], a[3]))
    let (bottomB, rightB) = (max(b[0], b[2]), max(b[1], b[3]))
    let areaA = (bottomA - topA) * (rightA - leftA)
    let areaB = (bottomB - topB) * (rightB - leftB)
    if areaA <= 0 || areaB <= 0 { return 0 }
    let height = max(min(bottomA, bottomB) - max(topA, topB), 0)
    let width = max(min(rightA, rightB) - max(leftA, leftB), 0)
    return height * width / (areaA + areaB - height * width)
  }

  /// A box that waits to be chosen.
  private struct Candidate<T: BoxScalar> {
    var index: Int
    var score: T
    /// The chosen boxes from here on have not been compared with it yet.
    var begin: Int

    /// Better scores first, then smaller indices.
    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      a.score > b.score || (a.score == b.score && a.index < b.index)
    }
  }

  /// Chooses up to `limit` boxes, best first.
  ///
  /// - Parameters:
  ///   - scores: boxes at or below `scoreThreshold` are never chosen.
  ///   - threshold: boxes that overlap a chosen one by more are dropped.
  ///   - sigma: when positive, overlapping boxes only lose score, by a Gaussian of the overlap.
  ///   - zeroesUnordered: whether an overlap that is not a number takes the score down to 0, so
  ///     that the box comes last; otherwise it counts as none.
  ///   - overlap: of two boxes.
  /// - Throws: when the run is to end.
  package static func select<T: BoxScalar>(
    scores: UnsafeBufferPointer<T>, limit: Int, threshold: T, scoreThreshold: T, sigma: T = 0,
    zeroesUnordered: Bool = true, overlap: (Int, Int) -> T
  ) throws -> [(index: Int, score: T)] {
    typealias Box = Candidate<T>
    var waiting: [Box] = []
    for index in scores.indices where scores[index] > scoreThreshold {
      waiting.append(Box(index: index, score: scores[index], begin: 0))
    }
    // The last is the best; one whose score sank goes back to its place.
    waiting.sort { Box.precedes($1, $0) }
    var chosen: [(index: Int, score: T)] = []
    let soft = sigma > 0
    let scale: T = soft ? -0.5 / sigma : 0
    var pace = Pace()
    while chosen.count < limit, var next = waiting.popLast() {
      try pace.step(chosen.count - next.begin + 1)
      let original = next.score
      var dropped = false
      for position in stride(from: chosen.count - 1, through: next.begin, by: -1) {
        let similarity = overlap(next.index, chosen[position].index)
        if !soft, similarity > threshold {
          dropped = true
          break
        }
        if soft {
          next.score *= T(expf(Float(scale * similarity * similarity)))
        } else if zeroesUnordered {
          // The weight of an overlap at or below the threshold is exp(0 · overlap²).
          if similarity.isNaN { next.score *= 0 }
          if similarity == -.infinity { next.score = .nan }
        }
        if next.score <= scoreThreshold { break }
      }
      next.begin = chosen.count
      if dropped { continue }
      if next.score == original {
        chosen.append((next.index, next.score))
      } else if next.score > scoreThreshold {
        var (low, high) = (0, waiting.count)
        while low < high {
          let middle = (low + high) / 2
          if Box.precedes(next, waiting[middle]) { low = middle + 1 } else { high = middle }
        }
        try pace.step(waiting.count - low)
        waiting.insert(next, at: low)
      }
    }
    return chosen
  }
}
