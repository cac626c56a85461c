import CoreGraph
public import CoreOps
public import V1Graph

// TensorFlow's names for the switches of `Behavior`.

extension V1API {
  /// Has calls add to the default graph where no graph is open, rather than run at once. Follows
  /// `tf.compat.v1.disable_eager_execution`.
  public static func disableEagerExecution() { change { $0.eagerExecution = false } }

  /// Has calls run at once where no graph is open. Follows `tf.compat.v1.enable_eager_execution`.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the default graph is in use.
  public static func enableEagerExecution() throws {
    try checkEagerCanBegin()
    change { $0.eagerExecution = true }
  }

  /// Sets all switches as TensorFlow 1 had them. Follows `tf.compat.v1.disable_v2_behavior`.
  public static func disableV2Behavior() { set(.v1) }

  /// Sets all switches as TensorFlow 2 has them. Follows `tf.compat.v1.enable_v2_behavior`.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the default graph is in use; the switches then stay.
  public static func enableV2Behavior() throws {
    try checkEagerCanBegin()
    set(.v2)
  }

  /// Has variables of graphs be resources, where they do not ask for the other kind.
  /// Follows `tf.compat.v1.enable_resource_variables`.
  public static func enableResourceVariables() { change { $0.resourceVariables = true } }
  /// Follows `tf.compat.v1.disable_resource_variables`.
  public static func disableResourceVariables() { change { $0.resourceVariables = false } }
  /// Follows `tf.compat.v1.resource_variables_enabled`.
  public static func resourceVariablesEnabled() -> Bool {
    Environment.current.behavior.resourceVariables
  }

  /// Has shapes be printed as TensorFlow 2 prints them, `(None, 1)`. Follows
  /// `tf.compat.v1.enable_v2_tensorshape`.
  public static func enableV2Tensorshape() { change { $0.v2TensorShape = true } }
  /// Follows `tf.compat.v1.disable_v2_tensorshape`.
  public static func disableV2Tensorshape() { change { $0.v2TensorShape = false } }

  /// Has `==` compare elements. Follows `tf.compat.v1.enable_tensor_equality`.
  public static func enableTensorEquality() { change { $0.tensorEquality = true } }
  /// Follows `tf.compat.v1.disable_tensor_equality`.
  public static func disableTensorEquality() { change { $0.tensorEquality = false } }

  /// Has `tf.cond`, `tf.whileLoop` and their kin be made of functions. Follows
  /// `tf.compat.v1.enable_control_flow_v2`.
  public static func enableControlFlowV2() { change { $0.controlFlowV2 = true } }
  /// Follows `tf.compat.v1.disable_control_flow_v2`.
  public static func disableControlFlowV2() { change { $0.controlFlowV2 = false } }
  /// Follows `tf.compat.v1.control_flow_v2_enabled`: functions always have it.
  public static func controlFlowV2Enabled() -> Bool {
    let environment = Environment.current
    return environment.isBuildingFunction || environment.behavior.controlFlowV2
  }

  private static func change(_ change: (inout Behavior) -> Void) {
    Environment.current.state.change(change)
  }

  private static func set(_ behavior: Behavior) {
    change { current in
      let seedPolicy = current.seedPolicy
      current = behavior
      current.seedPolicy = seedPolicy
    }
  }

  private static func checkEagerCanBegin() throws {
    let state = Environment.current.state
    if !state.behavior.eagerExecution, state.currentGraph.isInUse {
      throw TFError.failedPrecondition(
        "tf.enable_eager_execution must be called at program startup.")
    }
  }
}

/// Runs `body` with other switches, and with a default graph, seeds and eager resources of its own.
///
/// What the switches say holds for the task and for what it starts, so that two can run side by
/// side. A graph that is open stays open.
public func withBehavior<R>(_ behavior: Behavior, _ body: () throws -> R) rethrows -> R {
  try Environment.current.with(state: EnvironmentState(behavior: behavior)).run(body)
}

/// Runs `body` with other switches, and with a default graph, seeds and eager resources of its own.
public func withBehavior<R>(
  _ behavior: Behavior, isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> R
) async rethrows -> R {
  try await Environment.current.with(state: EnvironmentState(behavior: behavior)).run(
    isolation: isolation, body)
}
