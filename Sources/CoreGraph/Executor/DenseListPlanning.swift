import CoreOps

/// A list that a plan keeps in one block of memory, as far as planning has come with it.
struct PlannedList: Sendable, Equatable {
  /// The node that made it, and how many loops are around that node.
  struct Origin: Sendable, Hashable {
    let depth: Int
    let node: Int
  }

  let origin: Origin
  var list: DenseList
  /// How often a tensor array was changed before: only who follows the last change may see it.
  var version = 0

  var refusal: NotDense { NotDense(origins: [origin]) }

  /// The list after one more change.
  func next(_ versions: inout [Origin: Int]) -> PlannedList {
    guard list.rules != nil else { return self }
    var next = self
    next.version += 1
    versions[origin] = next.version
    return next
  }
}

/// What a variable of a loop is when the loop has lists in blocks of memory.
enum ListVariable: Sendable, Equatable {
  case list(PlannedList)
  /// A tensor array's handle, which says nothing at run time.
  case handle(PlannedList.Origin)

  var origin: PlannedList.Origin {
    switch self {
    case .list(let list): list.origin
    case .handle(let origin): origin
    }
  }
}

/// Lists turned out to be used in a way that one block of memory does not allow.
struct NotDense: Error {
  let origins: Set<PlannedList.Origin>
}

extension DenseList {
  /// How a plan passes the list on: its bytes, none as long as nothing was put.
  var memoryShape: Shape { Shape([byteCount ?? 0]) }
}

extension LinearPlanner {
  /// Plans an op on lists in one block of memory.
  ///
  /// - Returns: false when it has to run as any other.
  /// - Throws: `NotDense` when such a list can't be used in this way.
  mutating func placeList(_ node: ExecutionPlan.PlannedNode, _ position: Int) throws -> Bool {
    guard let role = node.kernel.op.list else { return false }
    guard let input = role.list.map({ node.inputs[$0] }) else {
      let origin = PlannedList.Origin(depth: depth, node: position)
      guard !sparse.contains(origin) else { return false }
      return try role.action == .create ? create(role, node, origin) : show(role, node, origin)
    }
    guard case .list(let planned) = known[input] else { return false }
    try checkArray(planned, role, node)
    switch role.action {
    case .forward:
      roots[node.firstOutput] = roots[input]
      known[node.firstOutput] = .list(planned)
    case .length:
      setConstant(node.firstOutput, try Tensor(scalar: Int32(clamping: planned.list.count)))
    case .read: try read(planned, input, role, node)
    case .write: try write(planned, input, role, node, position)
    case .fill: try fill(planned, role, node)
    case .stack: try stack(planned, input, role, node)
    case .create: return false
    }
    return true
  }

  /// Throws `NotDense` when an input is a list in one block of memory, or a handle of one.
  func refuseLists(_ node: ExecutionPlan.PlannedNode) throws {
    let origins = node.inputs.compactMap { known[$0].variable?.origin }
    if !origins.isEmpty { throw NotDense(origins: Set(origins)) }
  }

  /// The inputs of a loop that are lists in one block of memory.
  func listVariables(_ node: ExecutionPlan.PlannedNode) throws -> [Int: ListVariable] {
    var variables: [Int: ListVariable] = [:]
    var arrays: Set<PlannedList.Origin> = []
    for (index, input) in node.inputs.enumerated() {
      guard let variable = known[input].variable else { continue }
      variables[index] = variable
      guard case .list(let planned) = variable, planned.list.rules != nil else { continue }
      // Two variables that are one array would each be a copy of it.
      guard isCurrent(planned), arrays.insert(planned.origin).inserted else {
        throw planned.refusal
      }
    }
    return variables
  }

  /// Throws `NotDense` unless the lists among the fetches are the variables of the loop whose body
  /// this is, changed in place.
  func checkFetchedLists() throws {
    for (index, value) in plan.fetches.enumerated() {
      let variable = isBody ? variables[index] : nil
      switch known[value] {
      case .list(let planned):
        guard case .list(let given)? = variable, given.origin == planned.origin,
          case .feed(index)? = roots[value],
          isCurrent(planned)
        else { throw planned.refusal }
      case .handle(let origin):
        guard variable == .handle(origin), value == plan.feeds[index] else {
          throw NotDense(origins: [origin])
        }
      case .value, .shape, .nothing:
        if let variable { throw NotDense(origins: [variable.origin]) }
      }
    }
  }

  // MARK: - Ops

  private mutating func create(
    _ role: ListRole, _ node: ExecutionPlan.PlannedNode, _ origin: PlannedList.Origin
  ) throws -> Bool {
    // What is wrong with the arguments is found when the op itself runs.
    guard let list = try? DenseList.made(by: node.kernel, role, node.inputs.map { known[$0].value })
    else { return false }
    var output = node.firstOutput
    if role.isArray {
      roots[output] = .constant(Tensor(.resource, objects: [nil], dims: Shape()))
      known[output] = .handle(origin)
      versions[origin] = 0
      output += 1
    }
    roots[output] = .constant(try Tensor.zeros(.uint8, [0]))
    known[output] = .list(PlannedList(origin: origin, list: list))
    return true
  }

  /// A list of the rows of a tensor is that tensor's memory.
  private mutating func show(
    _ role: ListRole, _ node: ExecutionPlan.PlannedNode, _ origin: PlannedList.Origin
  ) throws -> Bool {
    guard let value = role.value.map({ node.inputs[$0] }), let shape = role.shape,
      let declared = try? known[node.inputs[shape]].value?.listShape(),
      let dims = known[value].shape,
      let list = DenseList.rows(of: plan.valueTypes[value], dims, declared: declared)
    else { return false }
    roots[node.firstOutput] = roots[value]
    known[node.firstOutput] = .list(PlannedList(origin: origin, list: list))
    return true
  }

  private mutating func read(
    _ planned: PlannedList, _ input: Int, _ role: ListRole, _ node: ExecutionPlan.PlannedNode
  ) throws {
    var list = planned.list
    let declared = try declaredShape(role, node, planned)
    // A variable whose elements only become known later in the body.
    if list.element == nil, case .feed? = roots[input] {
      list.element = try? declared.merged(with: list.declared).known
    }
    guard let element = list.element, let shape = list.expecting(declared),
      try elementType(role, node) == list.dtype
    else { throw planned.refusal }
    let index = try place(role, node, planned)
    add(
      list.read(shape, index: plan.valueTypes[index]), node, inputs: [input, index],
      outputs: [addComputed(list.dtype, element, for: node.firstOutput)],
      rows: list.readRows(shape, index: plan.valueTypes[index]))
    known[node.firstOutput] = .shape(element)
  }

  private mutating func write(
    _ planned: PlannedList, _ input: Int, _ role: ListRole, _ node: ExecutionPlan.PlannedNode,
    _ position: Int
  ) throws {
    var list = planned.list
    guard let value = role.value.map({ node.inputs[$0] }), plan.valueTypes[value] == list.dtype,
      let item = known[value].shape, list.declared.isCompatible(with: PartialShape(item)),
      list.element == nil || list.element == item,
      try role.isArray || !node.kernel.bool("resize_if_index_out_of_bounds")
    else { throw planned.refusal }
    list.element = item
    list.ownsMemory = true
    let index = try place(role, node, planned)
    let output = node.firstOutput
    var isVariable = false
    if case .feed? = roots[input] { isVariable = true }
    if isVariable && !isBody || isNeeded(input, after: position) || !planned.list.ownsMemory {
      // What a condition writes to an array would have to be seen by the body.
      guard list.rules == nil || !isVariable, planned.list.element != nil else {
        throw planned.refusal
      }
      let memory = try addMemory(list, planned, for: output)
      add(
        planned.list.ownsMemory ? list.copy() : list.take(), node, inputs: [input],
        outputs: [memory])
    } else if planned.list.element == nil, !isVariable {
      add(list.clear(), node, inputs: [], outputs: [try addMemory(list, planned, for: output)])
    } else {
      roots[output] = roots[input]
    }
    change(planned, list, output)
    add(
      list.write(index: plan.valueTypes[index]), node, inputs: [output, index, value], outputs: [],
      rows: list.writeRows(index: plan.valueTypes[index]))
  }

  private mutating func fill(
    _ planned: PlannedList, _ role: ListRole, _ node: ExecutionPlan.PlannedNode
  ) throws {
    var list = planned.list
    guard let value = role.value.map({ node.inputs[$0] }), let rows = known[value].shape,
      list.element == nil,
      let shown = DenseList.rows(of: plan.valueTypes[value], rows, declared: list.declared),
      shown.dtype == list.dtype, shown.count == list.count, namesAllPlaces(role, node, list)
    else { throw planned.refusal }
    list.element = shown.element
    let memory = try addMemory(list, planned, for: node.firstOutput)
    add(list.take(), node, inputs: [value], outputs: [memory])
    change(planned, list, node.firstOutput)
  }

  private mutating func stack(
    _ planned: PlannedList, _ input: Int, _ role: ListRole, _ node: ExecutionPlan.PlannedNode
  ) throws {
    let list = planned.list
    guard let dims = list.stacked,
      let shape = list.expecting(try declaredShape(role, node, planned)),
      try elementType(role, node) == list.dtype,
      try role.isArray
        ? list.count > 0 && namesAllPlaces(role, node, list)
        : fits(node.kernel.int("num_elements"), list)
    else { throw planned.refusal }
    if let check = list.readAll(shape) { add(check, node, inputs: [input], outputs: []) }
    if case .constant(let tensor)? = roots[input] {
      setConstant(node.firstOutput, Tensor(dtype: list.dtype, dims: dims, payload: tensor.payload))
    } else {
      roots[node.firstOutput] = roots[input]
      views[node.firstOutput] = dims
      known[node.firstOutput] = .shape(dims)
    }
  }

  // MARK: - What the ops expect

  private func checkArray(
    _ planned: PlannedList, _ role: ListRole, _ node: ExecutionPlan.PlannedNode
  ) throws {
    guard role.action == .forward || role.isArray == (planned.list.rules != nil), isCurrent(planned)
    else {
      throw planned.refusal
    }
    guard let handle = role.handle else { return }
    guard case .handle(planned.origin) = known[node.inputs[handle]] else { throw planned.refusal }
  }

  private func isCurrent(_ planned: PlannedList) -> Bool {
    planned.list.rules == nil || planned.version == versions[planned.origin]
  }

  private func elementType(_ role: ListRole, _ node: ExecutionPlan.PlannedNode) throws -> DType {
    try node.kernel.type(role.isArray ? "dtype" : "element_dtype")
  }

  private func declaredShape(
    _ role: ListRole, _ node: ExecutionPlan.PlannedNode, _ planned: PlannedList
  ) throws -> PartialShape {
    guard let input = role.shape else {
      return role.isArray && role.action == .stack
        ? try node.kernel.shape("element_shape") : .unknown
    }
    guard let shape = try? known[node.inputs[input]].value?.listShape() else {
      throw planned.refusal
    }
    return shape
  }

  /// The value that says at which place, a scalar.
  private func place(
    _ role: ListRole, _ node: ExecutionPlan.PlannedNode, _ planned: PlannedList
  ) throws -> Int {
    guard let input = role.index.map({ node.inputs[$0] }), known[input].shape?.rank == 0 else {
      throw planned.refusal
    }
    return input
  }

  private func namesAllPlaces(
    _ role: ListRole, _ node: ExecutionPlan.PlannedNode, _ list: DenseList
  ) -> Bool {
    guard let index = role.index, let value = known[node.inputs[index]].value, value.dims.rank == 1,
      let places = try? value.integers()
    else { return false }
    return places.count == list.count && places.elementsEqual(0..<list.count)
  }

  private func fits(_ count: Int, _ list: DenseList) -> Bool { count < 0 || count == list.count }

  /// Whether a later node reads what lies in the memory of `value`.
  private func isNeeded(_ value: Int, after position: Int) -> Bool {
    guard let root = roots[value] else { return false }
    return roots.indices.contains {
      roots[$0]?.isSameMemory(as: root) == true && lastReaders[$0] > position
    }
  }

  // MARK: - Steps

  private mutating func addMemory(_ list: DenseList, _ planned: PlannedList, for value: Int) throws
    -> Int
  {
    guard list.byteCount != nil else { throw planned.refusal }
    return addComputed(.uint8, list.memoryShape, for: value)
  }

  private mutating func addComputed(_ dtype: DType, _ dims: Shape, for value: Int) -> Int {
    let index = computed.count
    computed.append(Computed(dtype: dtype, dims: dims, step: steps.count, lastUse: steps.count))
    roots[value] = .computed(index)
    return index
  }

  private mutating func add(
    _ run: @escaping Run, _ node: ExecutionPlan.PlannedNode, inputs: [Int], outputs: [Int],
    rows: RowForm? = nil
  ) {
    for input in inputs { use(input, at: steps.count) }
    steps.append(
      .fixed(
        run: RunSpec(run: run, rows: rows), origin: StepOrigin(node.kernel), inputs: inputs,
        outputs: outputs))
  }

  private mutating func change(_ planned: PlannedList, _ list: DenseList, _ output: Int) {
    var changed = planned
    changed.list = list
    known[output] = .list(changed.next(&versions))
  }
}
