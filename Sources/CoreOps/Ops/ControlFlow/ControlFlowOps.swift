/// The elements of TF-1 control flow. Executors give them their meaning.
package struct ControlFlowOps: OpFamily {
  package static let family: Self = define(Self())

  package let `switch` = ControlFlowOps.switchOp("Switch", "T")
  package let refSwitch = ControlFlowOps.switchOp("RefSwitch", "Ref(T)")
  package let merge = ControlFlowOps.mergeOp("Merge", "T")
  package let refMerge = ControlFlowOps.mergeOp("RefMerge", "Ref(T)")
  package let enter = ControlFlowOps.enterOp("Enter", "T")
  package let refEnter = ControlFlowOps.enterOp("RefEnter", "Ref(T)")
  package let exit = ControlFlowOps.passing("Exit", "T", .exit)
  package let refExit = ControlFlowOps.passing("RefExit", "Ref(T)", .exit)
  package let nextIteration = ControlFlowOps.passing("NextIteration", "T", .nextIteration)
  package let refNextIteration = ControlFlowOps.passing(
    "RefNextIteration", "Ref(T)", .nextIteration)

  package let loopCond = OpDef(
    "LoopCond",
    """
    input: bool -> output: bool
    """,
    shape: { [try $0.shape(0, rank: 0)] },
    kernel: .executor(.loopCond), gradient: .zero)

  package let controlTrigger = OpDef(
    "ControlTrigger",
    """
    ->
    """,
    shape: { _ in [] }, kernel: .executor(.noOp), gradient: .zero)

  /// What a rule for one node can't express: the gradient of a conditional or a loop is made for
  /// its whole context.
  private static let structural = Gradient.none(
    "its gradient follows from the conditional or loop that it is part of")

  private static func switchOp(_ name: String, _ type: String) -> OpDef {
    OpDef(
      name,
      """
      data: \(type), pred: bool -> output_false: \(type), output_true: \(type)
      T: type
      """,
      shape: { context in
        _ = try context.shape(1, rank: 0, "pred")
        context.passHandle(to: 0)
        context.passHandle(to: 1)
        return [context.shapes[0], context.shapes[0]]
      }, kernel: .executor(.switch), gradient: structural)
  }

  private static func mergeOp(_ name: String, _ type: String) -> OpDef {
    OpDef(
      name,
      """
      inputs: N * \(type) -> output: \(type), value_index: int32
      T: type
      N: int >= 1
      """,
      shape: { context in
        var handle = context.handle(0)
        for index in 1..<context.inputCount {
          handle = context.handle(index).flatMap { handle?.widened(with: $0) }
        }
        context.setHandle(0, handle)
        return [
          context.shapes.dropFirst().reduce(context.shapes[0]) { $0.widened(with: $1) }, .scalar,
        ]
      }, kernel: .executor(.merge), gradient: structural)
  }

  private static func enterOp(_ name: String, _ type: String) -> OpDef {
    OpDef(
      name,
      """
      data: \(type) -> output: \(type)
      T: type
      frame_name: string
      is_constant: bool = false
      parallel_iterations: int = 10
      """,
      shape: { context in
        context.passHandle()
        // A value that stays the same in all iterations keeps its shape.
        return [try context.bool("is_constant") ? context.shapes[0] : .unknown]
      }, kernel: .executor(.enter), gradient: structural)
  }

  private static func passing(_ name: String, _ type: String, _ primitive: ExecutorPrimitive)
    -> OpDef
  {
    OpDef(
      name,
      """
      data: \(type) -> output: \(type)
      T: type
      """,
      shape: ShapeRules.passing, kernel: .executor(primitive), gradient: structural)
  }
}
