import CoreOps

/// What the making of one program shares with that of the branches and loops inside: the programs
/// that were made so far, and how much may be made ahead.
///
/// Functions may be called from many places, each of which would plan them, and all that they call,
/// again: without a memory of it, the work doubles with every level of conditionals.
final class Planning {
  /// A function's program, and what runs of it show.
  struct Planned: Sendable {
    let program: LinearProgram
    let learning: ShapeLearning
  }

  /// What a program was made for.
  private struct Key: Hashable {
    let plan: ObjectIdentifier
    let depth: Int
    let shapes: [Shape]
    let constants: [Int: AttrValue]
    let variables: [Int: ListVariable]
    let isBody: Bool

    static func == (a: Key, b: Key) -> Bool {
      a.plan == b.plan && a.depth == b.depth && a.shapes == b.shapes && a.isBody == b.isBody
        && a.constants == b.constants && a.variables == b.variables
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(plan)
      hasher.combine(depth)
      hasher.combine(shapes)
    }
  }

  /// That a function is planned when it is called, as enough was planned ahead.
  struct Postponed: Error {}

  /// Nodes that are planned ahead at most.
  private static let mostNodes = 1 << 17

  /// Of the run for which the program is made: planning is part of its time.
  let cancellation: Cancellation
  private var made: [Key: Planned] = [:]
  private var nodesLeft = mostNodes

  init(_ cancellation: Cancellation) { self.cancellation = cancellation }

  /// Counts the nodes of a program that is to be made.
  func count(_ nodes: Int) { nodesLeft -= nodes + 1 }

  /// The program of a function that a branch or a loop calls.
  ///
  /// - Parameters:
  ///   - old: what was made for the same shapes before and has shown to be wrong.
  ///   - depth, path, variables, isBody, isBrief: as for `LinearPlanner.program`.
  /// - Throws: as `LinearPlanner.program`; `Postponed`.
  func program(
    _ plan: ExecutionPlan, _ shapes: [Shape], constants: [Int: Tensor], depth: Int,
    path: Set<String>, variables: [Int: ListVariable] = [:], isBody: Bool = false,
    isBrief: Bool = false, old: ShapeLearning?
  ) throws -> Planned {
    guard nodesLeft > 0 else { throw Postponed() }
    let key = Key(
      plan: ObjectIdentifier(plan), depth: depth, shapes: shapes,
      constants: constants.mapValues { .tensor($0) }, variables: variables, isBody: isBody)
    if old == nil, let known = made[key] { return known }
    let learning = old ?? ShapeLearning()
    let planned = Planned(
      program: try LinearPlanner.program(
        plan, shapes, constants: constants, depth: depth, path: path, variables: variables,
        isBody: isBody, isBrief: isBrief, learning: learning, self),
      learning: learning)
    made[key] = planned
    return planned
  }
}
