import CoreOps

/// Operations on a resource that have to wait, in the order in which they came, and what came of
/// those that no longer do.
///
/// Whoever changes the resource serves those that wait, so that an operation is woken once, when it
/// is done, and a thousand that wait cost a change nothing.
struct WaitLine<Request: Sendable, Outcome: Sendable>: Sendable {
  struct Entry: Sendable {
    fileprivate let ticket: ObjectIdentifier
    /// Tells it from an operation that had the same ticket's address and left.
    fileprivate let number: Int
    fileprivate let call: WakeCall
    var request: Request
  }

  private struct Place: Sendable {
    let ticket: ObjectIdentifier
    let number: Int
  }

  /// The places of those that wait, and of some that have left.
  private var order = Deque<Place>()
  private var waiting: [ObjectIdentifier: Entry] = [:]
  private var outcomes: [ObjectIdentifier: Result<Outcome, TFError>] = [:]
  private var next = 0

  init() {}

  /// Whether the operation came before: it waits, or its outcome was not claimed yet.
  func has(_ ticket: WaitTicket) -> Bool {
    let own = ObjectIdentifier(ticket)
    return waiting[own] != nil || outcomes[own] != nil
  }

  mutating func enter(_ ticket: WaitTicket, _ request: Request) {
    append(
      Entry(
        ticket: ObjectIdentifier(ticket), number: next, call: ticket.call, request: request))
    next += 1
  }

  private mutating func append(_ entry: Entry) {
    order.append(Place(ticket: entry.ticket, number: entry.number))
    waiting[entry.ticket] = entry
  }

  /// Takes the first out, to serve it: it is then done, or put back.
  mutating func popFirst() -> Entry? {
    while let place = order.popFirst() {
      guard let entry = waiting[place.ticket], entry.number == place.number else { continue }
      waiting[place.ticket] = nil
      return entry
    }
    return nil
  }

  mutating func putBack(_ entry: Entry) {
    order.prepend(Place(ticket: entry.ticket, number: entry.number))
    waiting[entry.ticket] = entry
  }

  mutating func done(_ entry: Entry, _ outcome: Result<Outcome, TFError>) {
    outcomes[entry.ticket] = outcome
    entry.call.wake()
  }

  /// Serves each operation that need not wait for those before it.
  ///
  /// - Parameter body: gives the outcome, or nil for an operation that has to wait.
  /// - Returns: whether any is done.
  mutating func serveAny(_ body: (Request) throws(TFError) -> Outcome?) -> Bool {
    var later: [Entry] = []
    var isChanged = false
    while let entry = popFirst() {
      do throws(TFError) {
        guard let outcome = try body(entry.request) else {
          later.append(entry)
          continue
        }
        done(entry, .success(outcome))
      } catch {
        done(entry, .failure(error))
      }
      isChanged = true
    }
    for entry in later { append(entry) }
    return isChanged
  }

  /// Ends all that wait.
  mutating func fail(_ error: TFError) {
    while let entry = popFirst() { done(entry, .failure(error)) }
  }

  /// What came of the operation; nil while it waits.
  mutating func claim(_ ticket: WaitTicket) throws -> Outcome? {
    try outcomes.removeValue(forKey: ObjectIdentifier(ticket))?.get()
  }

  /// The operation ended without its turn, or without taking its outcome.
  ///
  /// - Returns: what it asked for, or what it did not take.
  mutating func leave(_ ticket: ObjectIdentifier) -> (waited: Request?, unclaimed: Outcome?) {
    if let entry = waiting.removeValue(forKey: ticket) {
      // Places of those that left are dropped once they are many.
      if order.count > 2 * waiting.count + 32 {
        let places = (0..<order.count).map { order[$0] }
        order = Deque()
        for place in places where waiting[place.ticket]?.number == place.number {
          order.append(place)
        }
      }
      return (entry.request, nil)
    }
    return (nil, try? outcomes.removeValue(forKey: ticket)?.get())
  }
}
