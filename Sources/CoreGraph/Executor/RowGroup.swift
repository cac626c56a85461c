import CKernels
import CoreOps

/// Steps that go through the same parts of their values side by side: each thread runs its parts of
/// all the steps, block by block, and waits for the others only in the end. What passes between the
/// steps alone stays in the thread's cache.
final class RowGroup: Sendable {
  /// Where a member finds a value.
  enum Place: Sendable {
    /// Among the group's inputs and outputs.
    case table(Int)
    /// In the thread's scratch memory, which has room for one block.
    case scratch(offset: Int, partBytes: Int)
  }

  struct Member: Sendable {
    let form: RowForm
    let places: [Place]
    /// Whom its errors name.
    let origin: StepOrigin
  }

  private let members: [Member]
  private let count: Int
  private let grain: Int
  /// Parts that are run by all members before the next are.
  private let block: Int
  private let scratchBytes: Int

  /// - Parameters:
  ///   - count: parts, of which each member's are a multiple.
  ///   - block: as many as there is scratch memory for.
  init(_ members: [Member], count: Int, block: Int, scratchBytes: Int) {
    self.members = members
    self.count = count
    self.block = block
    self.scratchBytes = scratchBytes
    let work = members.reduce(0) { $0 + $1.form.work * ($1.form.count / count) }
    grain = max(1, Self.leastWork / 2 / max(work, 1))
  }

  /// Measured: splitting fewer multiplications than this costs more than it saves.
  static let leastWork = 300_000

  func run(_ pointers: Pointers) throws {
    var job = Job(group: Unmanaged.passUnretained(self), pointers: pointers, failure: Failure())
    withUnsafeMutablePointer(to: &job) { job in
      jk_parallel_for(
        count, grain,
        { context, begin, end in
          let job = context!.assumingMemoryBound(to: Job.self).pointee
          job.group.takeUnretainedValue().run(job.pointers, begin..<end, job.failure)
        }, job)
    }
    if let error = job.failure.first { throw error }
  }

  private struct Job {
    let group: Unmanaged<RowGroup>
    let pointers: Pointers
    let failure: Failure
  }

  /// The error of the first member that had one, as if each had run over all rows before the next.
  private final class Failure: Sendable {
    private let state = Lock<(member: Int, begin: Int, error: (any Error)?)>((.max, .max, nil))

    func note(_ error: any Error, member: Int, _ begin: Int) {
      state.withLock {
        if (member, begin) < ($0.member, $0.begin) { $0 = (member, begin, error) }
      }
    }

    var first: (any Error)? { state.withLock { $0.error } }
  }

  private func run(_ pointers: Pointers, _ range: Range<Int>, _ failure: Failure) {
    // Members from this on need not run any more.
    var limit = members.count
    withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 64) { scratch in
      withUnsafeTemporaryAllocation(
        of: UnsafeMutableRawPointer.self, capacity: Self.maximumPointers
      ) { own in
        let base = own.baseAddress!
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(start &+ block, range.upperBound)
          var position = 0
          while position < limit {
            let member = members[position]
            for (index, place) in member.places.enumerated() {
              switch place {
              case .table(let position): (base + index).initialize(to: pointers[position])
              case .scratch(let offset, let partBytes):
                // Where the value would begin, were all of it there.
                (base + index).initialize(to: scratch.baseAddress! + (offset &- start &* partBytes))
              }
            }
            let scale = member.form.count / count
            do {
              try member.form.run(base, start &* scale..<end &* scale)
            } catch {
              let placed = (error as? TFError).map(member.origin.place) ?? error
              failure.note(placed, member: position, start)
              limit = position
            }
            position &+= 1
          }
          start = end
        }
      }
    }
  }

  static let maximumPointers = 64
}
