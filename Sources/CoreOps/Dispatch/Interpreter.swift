/// Gives a meaning to ops: runs them, or adds them to a graph.
///
/// An interpreter does not change. What shapes a graph (a name scope, a device, nodes to wait for)
/// makes another interpreter, under which the calls of a closure go.
package protocol Interpreter: AnyObject, Sendable {
  /// - Parameter name: the node's name, where the caller wants one.
  func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _ state: EnvironmentState
  ) throws -> [Tensor]

  /// Applies an op without outputs.
  ///
  /// - Returns: the node that was added; nil where it ran at once.
  func perform(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _ state: EnvironmentState
  ) throws -> Int?

  /// The seeds of a random op that asks for `seed`.
  func seeds(_ seed: Int?, _ state: EnvironmentState) -> RandomSeeds

  /// The graph that calls add to; nil where they run at once.
  var programGraph: (any ProgramGraph)? { get }
  /// Whether the graph is that of a function.
  var isBuildingFunction: Bool { get }

  /// What names begin with, `a/b/`; empty at the top.
  var nameScope: String { get }
  /// The same under a further name scope.
  ///
  /// - Parameter name: taken as it is where it ends in `/`; empty or nil for the top.
  /// - Throws: `INVALID_ARGUMENT` for what cannot be part of a name.
  func scoped(_ name: String?) throws -> any Interpreter

  /// The same, in which new nodes also wait for those of `tensors` and for `nodes` of the graph.
  ///
  /// - Parameter tensors: nil for nothing at all, also not what was waited for till now.
  func waiting(for tensors: [Tensor]?, nodes: [Int]) throws -> any Interpreter

  /// The same on a device; nil for none.
  ///
  /// - Throws: `INVALID_ARGUMENT` for what is no device.
  func onDevice(_ device: String?) throws -> any Interpreter

  /// The same, in which new nodes are placed where the node of `tensor` is, or that one; nil for no
  /// place in particular.
  func colocated(with tensor: Tensor?, node: Int?, ignoringExisting: Bool) throws
    -> any Interpreter

  /// The same, in which new nodes of some ops ask for gradients by other names.
  func overridingGradients(_ map: [String: String]) -> any Interpreter

  /// The conditional or loop that new nodes belong to.
  var flow: (any FlowContext)? { get }
  /// The same, in which new nodes belong to a conditional or loop; nil for none.
  func inside(_ flow: (any FlowContext)?) -> any Interpreter

  /// The same, in which new nodes are in those groups of nodes that are placed together.
  func inGroup(_ group: String) -> any Interpreter
}

/// A branch of a conditional or a loop of a graph in TF-1's form, as CoreOps knows it.
package protocol FlowContext: AnyObject, Sendable {}

/// A graph that calls add to, as CoreOps knows it.
package protocol ProgramGraph: AnyObject, Sendable {
  /// What random ops follow.
  var seed: Int? { get set }
}

/// The graph of calls that are made where eager execution is off and no graph was opened.
package protocol DefaultGraph: AnyObject, Sendable {
  var interpreter: any Interpreter { get }
}

/// The session that `eval` and `run` of tensors and operations use.
package protocol DefaultSession: AnyObject, Sendable {}

/// Is told of the calls that are made while it is in force, as a gradient tape is.
package protocol CallRecorder: AnyObject, Sendable {
  /// - Returns: the outputs, where they need another identity to be told apart from inputs.
  func note(_ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ outputs: [Tensor]) -> [Tensor]
  /// Is told that a trainable variable is about to be read.
  func noteRead(of handle: Tensor)
}

extension CallRecorder {
  package func noteRead(of _: Tensor) {}
}
