import CKernels
import CoreGraph
import CoreOps

/// A function that a dataset calls for its elements, with the values that it takes from outside.
final class CapturedFunction: Sendable {
  fileprivate let name: String
  fileprivate let attrs: Attrs
  fileprivate let captured: [Tensor]
  fileprivate let runner: (any FunctionRunner)?
  /// The same, where plans can be had of it.
  fileprivate let table: FunctionTable?
  /// The results' dtypes, where the dataset states them.
  fileprivate let results: [DType]?

  /// - Parameters:
  ///   - function: the value of the node's attribute.
  ///   - captured: what follows the arguments of a call.
  ///   - execution: of the run that makes the dataset.
  init(
    _ function: (name: String, attrs: Attrs), captured: [Tensor], results: [DType]?,
    _ execution: ExecutionContext
  ) {
    (name, attrs) = function
    self.captured = captured
    self.results = results
    runner = execution.functions
    table = runner as? FunctionTable
  }

  /// The function as one run through the dataset calls it.
  func instance(_ context: IterationContext) -> FunctionInstance {
    FunctionInstance(self, context.generators(of: name))
  }

  /// The function with states of random ops of its own.
  func instance() -> FunctionInstance { FunctionInstance(self, RandomGenerators()) }
}

/// A function as one run through a dataset calls it.
final class FunctionInstance {
  private let function: CapturedFunction
  private let generators: RandomGenerators
  /// The function's plan, once it was called.
  private var plan: ExecutionPlan?
  /// The context of the last call, for calls of the same run.
  private var known: (outer: ExecutionContext, inner: ExecutionContext)?

  fileprivate init(_ function: CapturedFunction, _ generators: RandomGenerators) {
    self.function = function
    self.generators = generators
  }

  /// - Throws: what the function throws; `INVALID_ARGUMENT` when its results are not what the
  ///   dataset states; `RESOURCE_EXHAUSTED` when calls are nested too deep.
  func callAsFunction(_ arguments: [Tensor], _ run: ExecutionContext) throws -> [Tensor] {
    guard let runner = function.runner else {
      throw TFError.notFound(
        "Function \(function.name) is not defined: there is no function library here")
    }
    let inputs = function.captured.isEmpty ? arguments : arguments + function.captured
    let outputs = try outputs(inputs, run, context(run, runner), runner)
    guard let results = function.results else { return outputs }
    guard outputs.count == results.count,
      outputs.indices.allSatisfy({ outputs[$0].dtype == results[$0] })
    else {
      throw TFError.invalidArgument(
        """
        function \(function.name) returned \(DatasetObject.list(outputs.map(\.dtype))), \
        expected \(DatasetObject.list(results))
        """
      )
    }
    return outputs
  }

  private func outputs(
    _ inputs: [Tensor], _ run: ExecutionContext, _ inner: ExecutionContext,
    _ runner: any FunctionRunner
  ) throws -> [Tensor] {
    // A run that is observed hears of each call.
    guard let table = function.table, run.observer == nil else {
      return try runner.call(function.name, function.attrs, inputs, inner)
    }
    let plan = try self.plan ?? table.plan(function.name, function.attrs, run.cancellation)
    self.plan = plan
    return try plan.run(inputs, inner)
  }

  /// The same for a condition.
  func isTrue(_ arguments: [Tensor], _ run: ExecutionContext) throws -> Bool {
    let result = try self(arguments, run)
    guard result.count == 1, result[0].dtype == .bool, result[0].dims.elementCount == 1 else {
      throw TFError.invalidArgument("`predicate` must returns a scalar bool tensor.")
    }
    return result[0].elements(Bool.self)[0]
  }

  private func context(_ run: ExecutionContext, _ runner: any FunctionRunner) throws
    -> ExecutionContext
  {
    if let known, known.outer === run {
      guard jk_stack_left() > ExecutionContext.leastStack else { return try run.nested() }
      return known.inner
    }
    let inner = try run.nested().with(generators: generators).with(functions: runner)
    known = (run, inner)
    return inner
  }
}

extension DatasetObject {
  /// Dtypes as messages have them.
  static func list(_ types: [DType]) -> String {
    "(" + types.map(\.name).joined(separator: ", ") + ")"
  }
}
