import CoreOps

/// What runs in place of a kernel that calls functions: their plans are at hand.
protocol PlannedCall: Sendable {
  func run(_ inputs: [Tensor], _ outer: ExecutionContext) throws -> [Tensor]
}

/// An If or a Case with the plans of its branches at hand, each specialised for the shapes of its
/// inputs. Only the branch that is taken runs.
final class BranchStep: PlannedCall {
  /// For If: the branch where the condition holds, and the one where it does not.
  private let branches: [ExecutionPlan]
  private let names: [String]
  private let programs: [ShapeCache<Planning.Planned>]
  private let isCase: Bool
  private let takesScalarsOnly: Bool
  /// Inputs, after the first, that are the same at every run.
  private let constants: [Int: Tensor]
  /// How many calls and loops are around this one in the plan.
  private let depth: Int
  /// The branches around this one, and its own.
  private let path: Set<String>

  /// The functions of a node's branches; nil where it has none.
  static func functions(_ kernel: PreparedKernel) -> [(name: String, attrs: Attrs)]? {
    guard let attributes = FunctionCalls.branchAttributes(kernel.op.name) else { return nil }
    let functions = try? attributes.flatMap { try FunctionCalls.functions(kernel.attrs, $0) }
    return functions?.isEmpty == false ? functions : nil
  }

  /// - Returns: nil when a branch does not take or give what the node says, which its kernel then
  ///   refuses.
  init?(
    _ kernel: PreparedKernel, _ branches: [(name: String, plan: ExecutionPlan)],
    inputs: [Tensor?], depth: Int, path: Set<String>
  ) {
    names = branches.map(\.name)
    self.path = path.union(names)
    let branches = branches.map(\.plan)
    let types = Array(kernel.inputTypes.dropFirst())
    for branch in branches {
      guard branch.feeds.map({ branch.valueTypes[$0] }) == types,
        branch.fetches.map({ branch.valueTypes[$0] }) == kernel.outputTypes
      else { return nil }
    }
    self.branches = branches
    self.depth = depth
    isCase = kernel.op.name.hasSuffix("Case")
    takesScalarsOnly = FunctionCalls.wantsScalar(kernel.attrs)
    programs = branches.map { _ in ShapeCache(limit: 8) }
    var constants: [Int: Tensor] = [:]
    for (index, input) in inputs.dropFirst().enumerated() {
      if let input { constants[index] = input }
    }
    self.constants = constants
  }

  /// The outputs' shapes, where all branches give the same.
  ///
  /// - Parameter inputs: the shapes of all inputs of the node.
  func outputShapes(_ inputs: [Shape?], _ planning: Planning) throws -> [Shape?] {
    let unknown = [Shape?](repeating: nil, count: branches[0].fetches.count)
    let shapes = inputs.dropFirst().compactMap { $0 }
    guard shapes.count == inputs.count - 1, !branches.contains(where: \.hasFrames) else {
      return unknown
    }
    do {
      var common: [Shape?]?
      for index in branches.indices {
        let given = try program(index, shapes, planning).fetchShapes
        common = common.map { zip($0, given).map { $0 == $1 ? $0 : nil } } ?? given
      }
      return common ?? unknown
    } catch is NotDense {
      return unknown
    } catch {
      // What is wrong with a branch is found again when it runs, if it does.
      try planning.cancellation.check()
      return unknown
    }
  }

  func run(_ inputs: [Tensor], _ outer: ExecutionContext) throws -> [Tensor] {
    let index =
      try isCase
      ? FunctionCalls.branch(inputs[0], of: branches.count)
      : FunctionCalls.truth(inputs[0], scalar: takesScalarsOnly) ? 0 : 1
    let plan = branches[index]
    let arguments = Array(inputs.dropFirst())
    let execution = try outer.nested().with(functions: plan.functions)
    return try observing(execution.observer, .call, names[index]) {
      if plan.hasFrames { return try plan.run(arguments, execution) }
      return try program(index, arguments.map(\.dims), Planning(execution.cancellation))
        .run(arguments, execution)
    }
  }

  private func program(
    _ index: Int, _ shapes: [Shape], _ planning: @autoclosure () -> Planning
  ) throws -> LinearProgram {
    try programs[index].value(for: shapes) {
      !$0.program.isSuperseded
    } make: { old, isBrief in
      try planning().program(
        branches[index], shapes, constants: constants, depth: depth + 1, path: path,
        isBrief: isBrief, old: old?.learning)
    }.program
  }
}

extension LinearProgram {
  /// The shapes of what it gives, nil where they are known only when it has run.
  var fetchShapes: [Shape?] {
    layout.fetches.map { fetch in
      if let dims = fetch.dims { return dims }
      switch fetch.source {
      case .constant(let tensor): return tensor.dims
      case .feed(let index): return layout.feedShapes[index]
      case .heap(let index): return layout.heap[index].dims
      case .slot(let slot):
        let output = layout.dynamic.lazy.flatMap(\.outputs).first { $0.slot == slot }
        return output.flatMap { $0.isAssumed ? nil : $0.expected }
      case .arena: return nil
      }
    }
  }
}
