package import CoreOps

/// Datasets that gather elements by a key that a function gives.
package struct GroupDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let groupByWindow = GroupDatasetOps.windowOp("GroupByWindowDataset", metadata: true)
  package let experimentalGroupByWindow = GroupDatasetOps.windowOp(
    "ExperimentalGroupByWindowDataset", metadata: false)
  package let groupByReducer = GroupDatasetOps.reducerOp("GroupByReducerDataset")
  package let experimentalGroupByReducer = GroupDatasetOps.reducerOp(
    "ExperimentalGroupByReducerDataset")

  private static func windowOp(_ name: String, metadata: Bool) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, \
        reduce_func_other_arguments: Treduce_func_other_arguments, \
        window_size_func_other_arguments: Twindow_size_func_other_arguments -> handle: variant
      key_func: func
      reduce_func: func
      window_size_func: func
      Tkey_func_other_arguments: list(type) >= 0
      Treduce_func_other_arguments: list(type) >= 0
      Twindow_size_func_other_arguments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1\(metadata ? "\nmetadata: string = ''" : "")
      """
    ) { context in
      let components = try DatasetDefinition.components(context)
      let functions = try functions(context, ["key", "window_size", "reduce"])
      return { run in
        let input = try run.dataset()
        let captured = zip(functions, [[DType.int64], [.int64], [.variant]]).map {
          $0.captured(run, results: $1)
        }
        return try DatasetObject(
          "GroupByWindow", components, cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let walk = GroupWalk(
            try input.makeIterator(context), input.components,
            captured.map { $0.instance(context) }
          ) { try NestedDataset.iterator($0, components, context) }
          return DatasetIterator { try walk.next($0) }
        }
      }
    }
  }

  private static func reducerOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, key_func_other_arguments: Tkey_func_other_arguments, \
        init_func_other_arguments: Tinit_func_other_arguments, \
        reduce_func_other_arguments: Treduce_func_other_arguments, \
        finalize_func_other_arguments: Tfinalize_func_other_arguments -> handle: variant
      key_func: func
      init_func: func
      reduce_func: func
      finalize_func: func
      Tkey_func_other_arguments: list(type) >= 0
      Tinit_func_other_arguments: list(type) >= 0
      Treduce_func_other_arguments: list(type) >= 0
      Tfinalize_func_other_arguments: list(type) >= 0
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """, stateful: true
    ) { context in
      let components = try DatasetDefinition.components(context)
      let functions = try functions(context, ["key", "init", "reduce", "finalize"])
      return { run in
        let input = try run.dataset()
        let captured = zip(functions, [[DType.int64], nil, nil, components.map(\.dtype)]).map {
          $0.captured(run, results: $1)
        }
        return try DatasetObject(
          "GroupByReducer", components, cardinality: DatasetObject.unknown, from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          let call = captured.map { $0.instance(context) }
          var states: [Int: [Tensor]] = [:]
          var keys: [Int]?
          return DatasetIterator { run in
            while keys == nil {
              guard let element = try source.next(run) else {
                keys = states.keys.sorted(by: >)
                break
              }
              let key = try GroupDatasetOps.number(call[0](element, run), "key_func")
              let state = try states[key] ?? call[1]([Tensor(scalar: key)], run)
              states[key] = try call[2](state + element, run)
            }
            guard let key = keys?.popLast(), let state = states.removeValue(forKey: key) else {
              return nil
            }
            return try call[3](state, run)
          }
        }
      }
    }
  }

  /// A function of the node, and where what it takes from outside stands.
  fileprivate struct Function: Sendable {
    let function: (name: String, attrs: Attrs)
    let others: Range<Int>

    func captured(_ run: DynamicContext, results: [DType]?) -> CapturedFunction {
      CapturedFunction(
        function, captured: DatasetDefinition.captured(run, others), results: results,
        run.execution)
    }
  }

  private static func functions(_ context: KernelContext, _ names: [String]) throws -> [Function] {
    try names.map {
      Function(
        function: try context.function("\($0)_func"),
        others: try context.inputRange("\($0)_func_other_arguments"))
    }
  }

  /// The scalar that a function gave.
  fileprivate static func number(_ results: [Tensor], _ name: String) throws -> Int {
    guard results.count == 1, results[0].dtype == .int64, results[0].dims.rank == 0 else {
      throw TFError.invalidArgument("`\(name)` must return a scalar int64.")
    }
    return results[0].elements(Int.self)[0]
  }
}

/// A run through the groups of a dataset's elements, each as a function makes it a dataset.
private final class GroupWalk {
  private let source: DatasetIterator
  private let components: [DatasetObject.Component]
  private let functions: [FunctionInstance]
  private let open: ([Tensor]) throws -> DatasetIterator
  private var groups: [Int: [[Tensor]]] = [:]
  private var sizes: [Int: Int] = [:]
  private var current: DatasetIterator?
  private var isOver = false

  init(
    _ source: DatasetIterator, _ components: [DatasetObject.Component],
    _ functions: [FunctionInstance], _ open: @escaping ([Tensor]) throws -> DatasetIterator
  ) {
    self.source = source
    self.components = components
    self.functions = functions
    self.open = open
  }

  func next(_ run: ExecutionContext) throws -> [Tensor]? {
    while true {
      if let element = try current?.next(run) { return element }
      current = nil
      while !isOver, current == nil {
        guard let element = try source.next(run) else {
          isOver = true
          break
        }
        let key = try GroupDatasetOps.number(functions[0](element, run), "key_func")
        let size = try size(key, run)
        groups[key, default: []].append(element)
        if groups[key]?.count == size { try flush(key, run) }
      }
      if isOver, current == nil {
        guard let key = groups.keys.min() else { return nil }
        try flush(key, run)
      }
    }
  }

  private func size(_ key: Int, _ run: ExecutionContext) throws -> Int {
    if let known = sizes[key] { return known }
    let size = try GroupDatasetOps.number(
      functions[1]([Tensor(scalar: key)], run), "window_size_func")
    try require(size > 0, "Window size must be greater than zero, but got \(size).")
    sizes[key] = size
    return size
  }

  private func flush(_ key: Int, _ run: ExecutionContext) throws {
    let elements = groups.removeValue(forKey: key) ?? []
    let group = try WindowDatasetOps.elements(elements, components)
    current = try open(functions[2]([Tensor(scalar: key), Tensor(dataset: group)], run))
  }
}
