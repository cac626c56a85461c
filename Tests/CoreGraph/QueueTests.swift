import CoreGraph
import CoreOps
import Dispatch
import TestSupport
import Testing
import V1Graph

@Suite struct QueueTests {
  private static let component: Attrs = ["component_types": .types([.int32])]
  private static let components: Attrs = ["Tcomponents": .types([.int32])]

  /// A queue `q`, which `put` fills with `x` and `take` empties.
  private static func nodes(capacity: Int = -1) -> [NodeDef] {
    [
      node(
        "q", "FIFOQueueV2", [],
        [
          "component_types": .types([.int32]), "shapes": .shapes([.scalar]),
          "capacity": .int(capacity),
        ]), placeholderNode("x", .int32, .scalar),
      node("take", "QueueDequeueV2", ["q"], component),
      node("put", "QueueEnqueueV2", ["q", "x"], components),
      node("size", "QueueSizeV2", ["q"]), node("close", "QueueCloseV2", ["q"]),
      node("cancel", "QueueCloseV2", ["q"], ["cancel_pending_enqueues": .bool(true)]),
    ]
  }

  private func put(_ session: Session, _ values: Int32...) throws {
    for value in values { _ = try session.run(fetches: [], feeds: ["x": value], targets: ["put"]) }
  }

  private func take(_ session: Session, timeout: Double? = 30) throws -> Int {
    try session.run(fetches: ["take"], timeout: timeout)[0].ints[0]
  }

  @Test func whatGoesInFirstComesOutFirst() throws {
    let session = try session(Self.nodes())
    try put(session, 1, 2, 3)
    #expect(try session.run(fetches: ["size"])[0].ints == [3])
    #expect(try (take(session), take(session)) == (1, 2))
    try put(session, 4)
    #expect(try (take(session), take(session)) == (3, 4))
    #expect(try session.graph.shape(of: session.graph.endpoint(named: "take")) == .scalar)
  }

  @Test func stepsOfOneRunWaitForEachOther() throws {
    // The dequeue stands before the enqueue that it waits for.
    let session = try session(Self.nodes())
    for value in 1...3 {
      let taken = try session.run(
        fetches: ["take"], feeds: ["x": Int32(value)], targets: ["put"], timeout: 30)
      #expect(taken[0].ints == [value])
    }
    // And a full queue is emptied.
    let full = try CoreGraphTests.session(Self.nodes(capacity: 1))
    try put(full, 7)
    let taken = try full.run(
      fetches: ["take"], feeds: ["x": Int32(8)], targets: ["put"], timeout: 30)
    #expect(taken[0].ints == [7])
    #expect(try take(full) == 8)
  }

  @Test func aRunWaitsForAnother() async throws {
    let session = try session(Self.nodes())
    async let taken = inThread { try take(session) }
    try await inThread { try put(session, 5) }
    #expect(try await taken == 5)
  }

  @Test func timeOutsEndWhatWaits() throws {
    let session = try session(Self.nodes())
    expectError(.deadlineExceeded, "take") { _ = try take(session, timeout: 0.05) }
    // The operation has left its place.
    try put(session, 1)
    #expect(try take(session) == 1)
  }

  @Test(arguments: [false, true]) func cancellingEndsWhatWaits(sideBySide: Bool) async throws {
    let session = try session(Self.nodes(capacity: 1))
    let call = try session.callable(
      fetches: ["take"], feeds: sideBySide ? ["x"] : [], targets: sideBySide ? ["put"] : [])
    if sideBySide {
      // Both wait: the queue is full for one, and another run takes what there is.
      try put(session, 1)
      _ = try take(session)
    }
    let cancellation = Cancellation()
    async let outcome = inThread { () -> TFError? in
      do {
        _ = try call(sideBySide ? [t(.int32, 1)] : [], cancellation: cancellation)
        return nil
      } catch let error as TFError { return error }
    }
    cancellation.cancel()
    let error = try await outcome
    if !sideBySide {
      #expect(error?.code == .cancelled)
    }
  }

  @Test func closingTheSessionEndsWhatWaits() async throws {
    let session = try session(Self.nodes())
    async let outcome = inThread { () -> TFError? in
      do {
        _ = try take(session, timeout: nil)
        return nil
      } catch let error as TFError { return error }
    }
    session.close()
    let error = try await outcome
    #expect(error?.code == .cancelled)
    expectError(.cancelled, "Session has been closed.") { _ = try take(session) }
  }

  @Test func aClosedQueueGivesWhatItHas() throws {
    let session = try session(Self.nodes())
    try put(session, 1)
    _ = try session.run(fetches: [], targets: ["close"])
    expectError(.cancelled, "FIFOQueue 'q' is closed.") { try put(session, 2) }
    #expect(try take(session) == 1)
    expectError(
      .outOfRange, "is closed and has insufficient elements (requested 1, current size 0)"
    ) { _ = try take(session) }
    expectError(.cancelled, "already closed") {
      _ = try session.run(fetches: [], targets: ["close"])
    }
  }

  @Test func closingWakesWhatWaits() async throws {
    let session = try session(Self.nodes(capacity: 1))
    async let taken = inThread { () -> TFError? in
      do {
        _ = try take(session)
        return nil
      } catch let error as TFError { return error }
    }
    _ = try await inThread { try session.run(fetches: [], targets: ["cancel"]) }
    #expect(try await taken?.code == .outOfRange)
  }

  @Test func elementsOfAnotherShapeAreRefused() throws {
    var nodes = Self.nodes()
    nodes[1] = placeholderNode("x", .int32)
    let session = try session(nodes)
    expectError(.invalidArgument, "Shape mismatch in tuple component 0. Expected [], got [2]") {
      _ = try session.run(fetches: [], feeds: ["x": t(.int32, [1, 2])], targets: ["put"])
    }
  }

  /// Does `body` on a thread of its own: it may wait.
  private func inThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
  }
}

@Suite struct ResourceContainerTests {
  private final class Thing: TensorObject {
    let number: Int
    init(_ number: Int) { self.number = number }
  }
  private final class Other: TensorObject {}

  @Test func thingsOfDifferentKindsMayHaveOneName() throws {
    let container = ResourceContainer()
    let thing = try container.findOrCreate("", "a") { Thing(1) }
    let other = try container.findOrCreate("", "a") { Other() }
    let form = try container.findOrCreate("", "a", form: "other") { Thing(2) }
    let elsewhere = try container.findOrCreate("c", "a") { Thing(3) }
    #expect(try container.findOrCreate("localhost", "a") { Thing(4) } === thing)
    #expect([thing.number, form.number, elsewhere.number] == [1, 2, 3])
    #expect(container.remove(thing))
    #expect(container.find("", "a", as: Thing.self) == nil)
    #expect(container.find("", "a", as: Other.self) === other)
    #expect(container.count == 3)
  }

  @Test func makingOneResourceMayTakeAnother() throws {
    let container = ResourceContainer()
    let outer = try container.findOrCreate("", "outer") {
      Thing(try container.findOrCreate("", "inner") { Thing(20) }.number + 1)
    }
    #expect(outer.number == 21)
  }

  @Test func whatCouldNotBeMadeIsMadeLater() throws {
    let container = ResourceContainer()
    expectError(.notFound, "no file") {
      _ = try container.findOrCreate("", "a") { () -> Thing in throw TFError.notFound("no file") }
    }
    #expect(try container.findOrCreate("", "a") { Thing(5) }.number == 5)
  }

  @Test func aVariableAQueueAndAReferenceMayHaveOneName() throws {
    let shared: Attrs = ["dtype": .type(.float32), "shape": .shape(.scalar)]
    func named(_ name: String, _ op: String, _ attrs: Attrs) -> NodeDef {
      var attrs = attrs
      attrs["shared_name"] = .string("a")
      return node(name, op, [], attrs)
    }
    let session = try session([
      named("v", "VarHandleOp", shared), named("r", "VariableV2", shared),
      named("q", "FIFOQueueV2", ["component_types": .types([.float32])]),
      constantNode("one", .float32, 1), constantNode("two", .float32, 2),
      node("setV", "AssignVariableOp", ["v", "one"], ["dtype": .type(.float32)]),
      typed("setR", "Assign", ["r", "two"]), node("size", "QueueSizeV2", ["q"]),
      node("read", "ReadVariableOp", ["v"], ["dtype": .type(.float32)]),
    ])
    _ = try session.run(fetches: [], targets: ["setV", "setR"])
    #expect(try session.run(fetches: ["size"])[0].ints == [0])
    #expect(try session.run(fetches: ["read", "r"]).map(\.floats) == [[1], [2]])
  }
}
