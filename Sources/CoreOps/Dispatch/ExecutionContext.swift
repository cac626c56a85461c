import CKernels

/// What a run owns or shares beyond its tensors: resources, the functions that it may call, and its
/// cancellation.
package final class ExecutionContext: Sendable {
  /// Variables, tables and the like, shared by the runs of one session.
  package let resources: ResourceContainer
  /// Runs the functions of a library; nil where there are none.
  package let functions: (any FunctionRunner)?
  package let cancellation: Cancellation
  /// Is told of each step; nil in most runs, which then spend no time on it.
  package let observer: (any RunObserver)?
  /// How many calls deep this is: a function that calls itself for ever is an error, not a crash.
  package let depth: Int

  package init(
    resources: ResourceContainer, functions: (any FunctionRunner)? = nil,
    cancellation: Cancellation = Cancellation(), observer: (any RunObserver)? = nil, depth: Int = 0
  ) {
    self.resources = resources
    self.functions = functions
    self.cancellation = cancellation
    self.observer = observer
    self.depth = depth
  }

  /// How many calls may be under way inside each other.
  package static let maximumDepth = 512
  /// The stack that a call must find, so that its kernels have enough. Measured: none takes as much
  /// as 100 KiB, libraries included, as loops have their memory elsewhere.
  package static let leastStack = 192 << 10

  /// The same with other functions to call.
  package func with(functions: any FunctionRunner) -> ExecutionContext {
    ExecutionContext(
      resources: resources, functions: functions, cancellation: cancellation, observer: observer,
      depth: depth)
  }

  /// The context of a call made here.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when calls are nested too deep.
  package func nested() throws -> ExecutionContext {
    guard depth < Self.maximumDepth, jk_stack_left() > Self.leastStack else {
      throw TFError.resourceExhausted(
        "function calls are nested more than \(depth) deep: does a function call itself?")
    }
    return ExecutionContext(
      resources: resources, functions: functions, cancellation: cancellation, observer: observer,
      depth: depth + 1)
  }

  /// Resources of eager calls outside any session.
  package static let eager = ExecutionContext(resources: ResourceContainer())
}

/// Runs functions of a graph's library for the kernels of `While`, `If` and `PartitionedCall`; the
/// executors implement it.
package protocol FunctionRunner: AnyObject, Sendable {
  func call(_ function: String, _ attrs: Attrs, _ inputs: [Tensor], _ execution: ExecutionContext)
    throws -> [Tensor]
}
