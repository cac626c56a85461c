import CKernels
import CoreOps

/// Philox numbers one by one.
struct PhiloxSequence {
  private var generator: jk_philox
  private var numbers: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  init(_ seeds: (UInt64, UInt64)) { generator = jk_philox_from_seeds(seeds.0, seeds.1) }

  mutating func next() -> UInt32 {
    if used == 4 {
      withUnsafeMutableBytes(of: &numbers) {
        jk_philox_next(&generator, $0.baseAddress!.assumingMemoryBound(to: UInt32.self))
      }
      used = 0
    }
    used += 1
    switch used {
    case 1: return numbers.0
    case 2: return numbers.1
    case 3: return numbers.2
    default: return numbers.3
    }
  }
}

/// Gives the seeds of each run through a dataset: the resource of `AnonymousSeedGenerator`.
final class SeedGenerator: TensorObject {
  private struct State {
    var sequence: PhiloxSequence
  }

  private let seeds: (UInt64, UInt64)
  /// Whether each run has others.
  private let changes: Bool
  private let state: Lock<State>

  /// - Parameters:
  ///   - seeds: both 0 ask for random ones.
  ///   - changes: whether each run through the dataset has seeds of its own.
  init(_ seeds: (Int, Int), changes: Bool) {
    self.seeds = Self.definite(seeds)
    self.changes = changes
    state = Lock(State(sequence: PhiloxSequence(self.seeds)))
  }

  func next() -> (UInt64, UInt64) {
    guard changes else { return seeds }
    return state.withLock {
      let first = UInt64($0.sequence.next())
      return (first, UInt64($0.sequence.next()))
    }
  }

  /// Random seeds where both are 0.
  static func definite(_ seeds: (Int, Int)) -> (UInt64, UInt64) {
    if seeds == (0, 0) { return (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max)) }
    return (UInt64(bitPattern: Int64(seeds.0)), UInt64(bitPattern: Int64(seeds.1)))
  }
}

/// The seeds that a dataset has of its own.
struct OwnSeeds: Sendable {
  private let seeds: (Int, Int)
  private let changes: Bool
  private let own: SeedGenerator

  /// - Parameter seeds: both 0 ask for random ones.
  init(_ seeds: (Int, Int), changes: Bool) {
    let definite = SeedGenerator.definite(seeds)
    self.seeds = (Int(bitPattern: UInt(definite.0)), Int(bitPattern: UInt(definite.1)))
    self.changes = changes
    own = SeedGenerator(self.seeds, changes: changes)
  }

  /// The generator in a run through a dataset of which this one is part.
  func generator(_ context: IterationContext) -> SeedGenerator {
    context.kept(own) { SeedGenerator(seeds, changes: changes) }
  }
}

extension SeedGenerator {
  /// The generator of that handle; nil where a dummy stands for the dataset's own.
  static func of(_ handle: Tensor) throws -> SeedGenerator? {
    handle.objects.first is DummyResource ? nil : try handle.resource(SeedGenerator.self)
  }
}

/// Stands for a seed generator that the dataset makes for itself.
final class DummyResource: TensorObject {
  let kind: String
  init(_ kind: String) { self.kind = kind }
}

/// Frees a resource when it is let go of: here the handle itself does.
final class ResourceDeleter: TensorObject {}

extension Tensor {
  /// The variant with which TensorFlow frees an anonymous resource.
  static var deleter: Tensor { Tensor(.variant, objects: [ResourceDeleter()], dims: Shape()) }
}
