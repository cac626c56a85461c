import CKernels
import CoreOps

/// The order in which a queue gives its elements.
enum QueueOrder: Sendable, Equatable {
  case fifo
  /// As `fifo`; batches are padded to the largest element.
  case padding
  /// The smallest number in the first component first.
  case priority
  /// By chance, where at least `minimum` elements stay while the queue is open.
  case shuffle(minimum: Int, seed: Int, seed2: Int)

  /// TensorFlow's name of the op.
  var op: String {
    switch self {
    case .fifo: "FIFOQueue"
    case .padding: "PaddingFIFOQueue"
    case .priority: "PriorityQueue"
    case .shuffle: "RandomShuffleQueue"
    }
  }
}

/// The elements of a queue: tuples of tensors.
struct QueueStore: Sendable {
  typealias Tuple = [Tensor]

  /// In order, unless there is a heap or a generator.
  private var line = Deque<Tuple>()
  private var heap = Heap()
  private var shuffled: Shuffled?
  private let isHeap: Bool

  init(_ order: QueueOrder) {
    isHeap = order == .priority
    if case .shuffle(_, let seed, let seed2) = order { shuffled = Shuffled(seed, seed2) }
  }

  var count: Int { isHeap ? heap.items.count : shuffled?.tuples.count ?? line.count }

  mutating func append(_ tuple: Tuple) {
    if isHeap {
      heap.push(tuple)
    } else if shuffled != nil {
      shuffled!.tuples.append(tuple)
    } else {
      line.append(tuple)
    }
  }

  /// Takes out the tuple whose turn it is; there must be one.
  mutating func takeNext() -> Tuple {
    if isHeap { return heap.pop() }
    return shuffled != nil ? shuffled!.takeAny() : line.popFirst()!
  }

  /// Puts tuples back that were taken out in this order.
  mutating func restore(_ tuples: [Tuple]) {
    for tuple in tuples.reversed() {
      if isHeap || shuffled != nil { append(tuple) } else { line.prepend(tuple) }
    }
  }

  /// A heap with the smallest number first. Elements of one number come in the order of the C++
  /// standard library's heap, so that it is TensorFlow's.
  private struct Heap: Sendable {
    var items: [(priority: Int, tuple: Tuple)] = []

    mutating func push(_ tuple: Tuple) {
      let item = (tuple[0].elements(Int.self)[0], tuple)
      items.append(item)
      rise(item, from: items.count - 1)
    }

    mutating func pop() -> Tuple {
      let first = items[0].tuple
      let last = items.removeLast()
      if items.isEmpty { return first }
      // The gap goes down to a leaf, where the last item rises.
      var gap = 0
      while 2 * gap + 2 < items.count {
        let right = 2 * gap + 2
        let child = items[right].priority > items[right - 1].priority ? right - 1 : right
        items[gap] = items[child]
        gap = child
      }
      if 2 * gap + 2 == items.count {
        items[gap] = items[2 * gap + 1]
        gap = 2 * gap + 1
      }
      rise(last, from: gap)
      return first
    }

    private mutating func rise(_ item: (priority: Int, tuple: Tuple), from place: Int) {
      var gap = place
      while gap > 0, items[(gap - 1) / 2].priority > item.priority {
        items[gap] = items[(gap - 1) / 2]
        gap = (gap - 1) / 2
      }
      items[gap] = item
    }
  }

  /// Tuples that are taken by the numbers of a generator, as TensorFlow takes them.
  private struct Shuffled: Sendable {
    var tuples: [Tuple] = []
    private var generator: jk_philox
    /// The numbers of the last step that were not used, last first.
    private var numbers: [UInt32] = []

    init(_ seed: Int, _ seed2: Int) {
      var seeds = (UInt64(bitPattern: Int64(seed)), UInt64(bitPattern: Int64(seed2)))
      if seeds == (0, 0) { seeds = (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max)) }
      generator = jk_philox_from_seeds(seeds.0, seeds.1)
    }

    mutating func takeAny() -> Tuple {
      if numbers.isEmpty {
        numbers = [UInt32](unsafeUninitializedCapacity: 4) { memory, count in
          jk_philox_next(&generator, memory.baseAddress!)
          count = 4
        }
        numbers.reverse()
      }
      let index = Int(numbers.removeLast()) % tuples.count
      tuples.swapAt(index, tuples.count - 1)
      return tuples.removeLast()
    }
  }
}
