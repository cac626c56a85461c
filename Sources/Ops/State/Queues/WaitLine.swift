import CoreOps

/// Operations on a resource that have to wait, in the order in which they came, and what came of
/// those that no longer do.
///
/// Whoever changes the resource serves those that wait, so that an operation is woken once, when it
/// is done, and a thousand that wait cost a change nothing.
struct WaitLine<Request: Sendable, Outcome: Sendable>: Sendable {
  struct Entry: Sendable {
    fileprivate let ticket: ObjectIdentifier
    fileprivate let call: WakeCall
    var request: Request
  }

  private var entries = Deque<Entry>()
  /// Nil for those that wait.
  private var outcomes: [ObjectIdentifier: Result<Outcome, TFError>?] = [:]

  init() {}

  /// Whether no operation waits.
  var isEmpty: Bool { entries.isEmpty }

  /// Whether the operation came before: it waits, or its outcome was not claimed yet.
  func has(_ ticket: WaitTicket) -> Bool { outcomes[ObjectIdentifier(ticket)] != nil }

  mutating func enter(_ ticket: WaitTicket, _ request: Request) {
    entries.append(
      Entry(ticket: ObjectIdentifier(ticket), call: ticket.call, request: request))
    outcomes[ObjectIdentifier(ticket)] = .some(nil)
  }

  /// Takes the first out, to serve it: it is then done, or put back.
  mutating func popFirst() -> Entry? { entries.popFirst() }

  mutating func putBack(_ entry: Entry) { entries.prepend(entry) }

  mutating func done(_ entry: Entry, _ outcome: Result<Outcome, TFError>) {
    outcomes[entry.ticket] = outcome
    entry.call.wake()
  }

  /// Serves each operation that need not wait for those before it.
  ///
  /// - Parameter body: gives the outcome, or nil for an operation that has to wait.
  /// - Returns: whether any is done.
  mutating func serveAny(_ body: (Request) throws(TFError) -> Outcome?) -> Bool {
    var waiting = Deque<Entry>()
    var isChanged = false
    while let entry = popFirst() {
      do throws(TFError) {
        guard let outcome = try body(entry.request) else {
          waiting.append(entry)
          continue
        }
        done(entry, .success(outcome))
      } catch {
        done(entry, .failure(error))
      }
      isChanged = true
    }
    entries = waiting
    return isChanged
  }

  /// Ends all that wait.
  mutating func fail(_ error: TFError) {
    while let entry = popFirst() { done(entry, .failure(error)) }
  }

  /// What came of the operation; nil while it waits.
  mutating func claim(_ ticket: WaitTicket) throws -> Outcome? {
    guard case .some(.some(let outcome)) = outcomes[ObjectIdentifier(ticket)] else { return nil }
    outcomes[ObjectIdentifier(ticket)] = nil
    return try outcome.get()
  }

  /// The operation ended without its turn, or without taking its outcome.
  ///
  /// - Returns: what it asked for, or what it did not take.
  mutating func leave(_ ticket: ObjectIdentifier) -> (waited: Request?, unclaimed: Outcome?) {
    guard let outcome = outcomes.removeValue(forKey: ticket) else { return (nil, nil) }
    guard let outcome else {
      return (entries.removeFirst { $0.ticket == ticket }?.request, nil)
    }
    return (nil, try? outcome.get())
  }
}
