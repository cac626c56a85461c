import CoreOps

/// A branch of a conditional, or a loop, of a graph in TF-1's form while its nodes are added.
///
/// What a node inside uses from outside comes in by a `Switch` or an `Enter`, and a node without
/// inputs waits for the branch or iteration to begin. Follows TensorFlow's `CondContext` and
/// `WhileContext`.
package final class ControlFlowContext: FlowContext {
  package enum Kind: Sendable {
    /// - Parameters:
    ///   - predicate: `pred_id` of the conditional.
    ///   - pivot: what nodes without inputs wait for.
    ///   - branch: which output of a `Switch` leads here.
    case branch(predicate: Endpoint, pivot: Endpoint, branch: Int)
    case loop(LoopOptions)
  }

  /// The nodes of a loop, as they come.
  package struct Loop: Sendable {
    package var maximumIterations: Endpoint?
    package var pivotForCondition: Endpoint?
    package var pivotForBody: Endpoint?
    package var pivot: Endpoint?
    package var enters: [Endpoint] = []
    package var exits: [Endpoint] = []
  }

  struct State: Sendable {
    /// The outputs that are known inside.
    var values: Set<Endpoint> = []
    /// What stands inside for an output of outside.
    var external: [Endpoint: Endpoint] = [:]
    var nested: [ControlFlowContext] = []
    var loop = Loop()
  }

  package let name: String
  package let outer: ControlFlowContext?
  package let kind: Kind
  private let state = Lock(State())

  init(_ name: String, _ kind: Kind, inside outer: ControlFlowContext?) {
    self.name = name
    self.outer = outer
    self.kind = kind
    if case .branch(let predicate, let pivot, _) = kind {
      state.withLock {
        $0.values = [predicate, pivot]
        $0.external[predicate] = predicate
      }
    }
    outer?.change { $0.nested.append(self) }
  }

  static func of(_ flow: any FlowContext) -> ControlFlowContext {
    guard let context = flow as? ControlFlowContext else {
      preconditionFailure("a branch or loop is of another kind")
    }
    return context
  }

  func change<R: Sendable>(_ body: (inout State) -> R) -> R { state.withLock(body) }

  package var values: Set<Endpoint> { change { $0.values } }
  package var external: [Endpoint: Endpoint] { change { $0.external } }
  package var nested: [ControlFlowContext] { change { $0.nested } }
  package var loop: Loop { change { $0.loop } }

  package var isLoop: Bool {
    if case .loop = kind { true } else { false }
  }

  /// The innermost loop that it is, or is in.
  var containingLoop: ControlFlowContext? { isLoop ? self : outer?.containingLoop }

  /// Whether it is `other`, or around it.
  func contains(_ other: ControlFlowContext?) -> Bool {
    var context = other
    while let current = context {
      if current === self { return true }
      context = current.outer
    }
    return false
  }

  /// What nodes without inputs wait for.
  var controlPivot: Endpoint? {
    switch kind {
    case .branch(_, let pivot, _): pivot
    case .loop: change { $0.loop.pivotForBody ?? $0.loop.pivotForCondition }
    }
  }

  /// Makes results known around it.
  func exitResult(_ results: [Endpoint]) { outer?.change { $0.values.formUnion(results) } }
}

/// How a loop runs, as `tf.while_loop` is told.
package struct LoopOptions: Sendable {
  package var parallelIterations: Int
  package var backProp: Bool
  package var swapMemory: Bool

  package init(parallelIterations: Int = 10, backProp: Bool = true, swapMemory: Bool = false) {
    self.parallelIterations = parallelIterations
    self.backProp = backProp
    self.swapMemory = swapMemory
  }
}
