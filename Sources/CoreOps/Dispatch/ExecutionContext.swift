import CKernels

/// What a run owns or shares beyond its tensors: resources, the functions that it may call, and its
/// cancellation.
package final class ExecutionContext: Sendable {
  /// Variables, tables and the like, shared by the runs of one session.
  package let resources: ResourceContainer
  /// The states of random ops. Each traced function has its own, so that equal nodes of two do not
  /// share one.
  package let generators: RandomGenerators
  /// Runs the functions of a library; nil where there are none.
  package let functions: (any FunctionRunner)?
  package let cancellation: Cancellation
  /// Is told of each step; nil in most runs, which then spend no time on it.
  package let observer: (any RunObserver)?
  /// How many calls deep this is: a function that calls itself for ever is an error, not a crash.
  package let depth: Int
  /// The version of the code that wrote the graph of the run.
  package let graphVersion: Int

  package init(
    resources: ResourceContainer, generators: RandomGenerators = RandomGenerators(),
    functions: (any FunctionRunner)? = nil, cancellation: Cancellation = Cancellation(),
    observer: (any RunObserver)? = nil, depth: Int = 0,
    graphVersion: Int = ExecutionContext.latestGraphVersion
  ) {
    self.resources = resources
    self.generators = generators
    self.functions = functions
    self.cancellation = cancellation
    self.observer = observer
    self.depth = depth
    self.graphVersion = graphVersion
  }

  /// The version of the graphs of TensorFlow 2.21, as of those that are made here.
  package static let latestGraphVersion = 2474

  /// How many calls may be under way inside each other.
  package static let maximumDepth = 512
  /// The stack that a call must find, so that its kernels have enough. Measured: none takes as much
  /// as 100 KiB, libraries included, as loops have their memory elsewhere.
  package static let leastStack = 192 << 10

  /// The same with other functions to call.
  package func with(functions: any FunctionRunner) -> ExecutionContext {
    ExecutionContext(
      resources: resources, generators: generators, functions: functions,
      cancellation: cancellation, observer: observer, depth: depth, graphVersion: graphVersion)
  }

  /// The same with other states of random ops.
  package func with(generators: RandomGenerators) -> ExecutionContext {
    ExecutionContext(
      resources: resources, generators: generators, functions: functions,
      cancellation: cancellation, observer: observer, depth: depth, graphVersion: graphVersion)
  }

  /// The same for a run that ends by another wish and that others observe.
  package func with(cancellation: Cancellation, observer: (any RunObserver)?) -> ExecutionContext {
    ExecutionContext(
      resources: resources, generators: generators, functions: functions,
      cancellation: cancellation, observer: observer, depth: depth, graphVersion: graphVersion)
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
      resources: resources, generators: generators, functions: functions,
      cancellation: cancellation, observer: observer, depth: depth + 1,
      graphVersion: graphVersion)
  }

  /// For kernels that use neither resources nor functions.
  package static let plain = ExecutionContext(resources: ResourceContainer())
}

/// Runs functions of a graph's library for the kernels of `While`, `If` and `PartitionedCall`; the
/// executors implement it.
package protocol FunctionRunner: AnyObject, Sendable {
  func call(_ function: String, _ attrs: Attrs, _ inputs: [Tensor], _ execution: ExecutionContext)
    throws -> [Tensor]
}
