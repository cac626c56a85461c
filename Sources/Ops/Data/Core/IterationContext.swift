import CKernels
package import CoreOps

/// A run through a dataset. One thread at a time uses it.
package final class DatasetIterator {
  package typealias Advance = (ExecutionContext) throws -> [Tensor]?

  private let advance: Advance

  /// - Parameter advance: gives the next element; nil at the end, and whenever it is called after
  ///   that.
  package init(_ advance: @escaping Advance) { self.advance = advance }

  /// The next element, nil when there are no more.
  ///
  /// - Throws: `CANCELLED` or `DEADLINE_EXCEEDED` when the run is to end; `RESOURCE_EXHAUSTED` when
  ///   iterators are nested deeper than the stack goes; what the dataset's functions throw.
  package func next(_ run: ExecutionContext) throws -> [Tensor]? {
    try run.cancellation.check()
    guard jk_stack_left() > ExecutionContext.leastStack else {
      throw TFError.resourceExhausted("the iterators of a dataset are nested too deep")
    }
    return try advance(run)
  }

  /// Passes over up to `count` elements.
  ///
  /// - Returns: whether there were as many.
  func skip(_ count: Int, _ run: ExecutionContext) throws -> Bool {
    var left = count
    while left > 0 {
      guard try next(run) != nil else { return false }
      left -= 1
    }
    return true
  }
}

/// What the iterators of one run through a dataset share.
package final class IterationContext {
  /// The kinds of the datasets whose iterators are being made, from the outermost on.
  var kinds: [String] = []
  /// Which input was taken, at each dataset with several on the way to the iterator being made.
  private(set) var path: [Int] = []
  /// The states of random ops, by function: each run through a dataset starts with new ones.
  private var generators: [String: RandomGenerators] = [:]
  private let seeds: SeedLog
  /// The dataset that is gone through; nil for one that a function made on the way.
  private let root: DatasetObject?
  private let outer: IterationContext?

  /// - Parameters:
  ///   - root: the dataset that is gone through.
  ///   - seeds: those that an earlier run drew, to be drawn again.
  package init(_ root: DatasetObject, repeating seeds: SeedLog = SeedLog()) {
    self.root = root
    self.seeds = seeds
    outer = nil
  }

  private init(inside outer: IterationContext) {
    root = nil
    seeds = outer.seeds
    self.outer = outer
  }

  /// That of a dataset which a function makes on the way.
  var nested: IterationContext { IterationContext(inside: outer ?? self) }

  func generators(of function: String) -> RandomGenerators {
    if let outer { return outer.generators(of: function) }
    if let known = generators[function] { return known }
    let made = RandomGenerators()
    generators[function] = made
    return made
  }

  /// The seeds of the next generator of this run: those drawn at this place before where a run is
  /// repeated.
  func seeds(_ draw: () -> (UInt64, UInt64)) -> (UInt64, UInt64) { seeds.next(draw) }

  var drawnSeeds: SeedLog { seeds }

  /// Does `body`, which makes an iterator, at that place.
  func at<R>(_ place: [Int], _ body: () throws -> R) rethrows -> R {
    let before = path
    path = place
    defer { path = before }
    return try body()
  }

  /// What a dataset keeps from run to run: as TensorFlow makes datasets anew before it goes through
  /// them, one that is part of several has as many, and so has one that stands in several places.
  ///
  /// - Parameter own: what the dataset keeps where a function made it.
  func kept<Kept: TensorObject>(_ own: Kept, _ make: () -> Kept) -> Kept {
    root?.kept(own, at: path, make) ?? own
  }
}

/// The seeds that a run drew, in order.
package final class SeedLog {
  private(set) var values: [(UInt64, UInt64)]
  private var position = 0

  /// - Parameter values: the first seeds, in order.
  package init(_ values: [(UInt64, UInt64)] = []) { self.values = values }

  func next(_ draw: () -> (UInt64, UInt64)) -> (UInt64, UInt64) {
    if position == values.count { values.append(draw()) }
    position += 1
    return values[position - 1]
  }
}
