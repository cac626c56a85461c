import CKernels

/// Runs each op at once.
package final class EagerInterpreter: Interpreter {
  /// What the names of variables begin with, `a/b/`; ops have no names.
  package let nameScope: String

  private init(nameScope: String) { self.nameScope = nameScope }

  /// That of calls outside any scope.
  static let top = EagerInterpreter(nameScope: "")

  package var programGraph: (any ProgramGraph)? { nil }
  package var isBuildingFunction: Bool { false }

  package func scoped(_ name: String?) -> any Interpreter {
    guard let name, !name.isEmpty else { return Self.top }
    return EagerInterpreter(nameScope: name.hasSuffix("/") ? name : nameScope + name + "/")
  }

  /// What ran has run: there is nothing to wait for.
  package func waiting(for _: [Tensor]?, nodes _: [Int]) -> any Interpreter { self }

  package func onDevice(_ device: String?) throws -> any Interpreter {
    try DeviceName.check(device)
    return self
  }

  package func colocated(with _: Tensor?, node _: Int?, ignoringExisting _: Bool)
    -> any Interpreter
  { self }

  /// Only operations of graphs ask for gradients by name.
  package func overridingGradients(_ map: [String: String]) -> any Interpreter { self }

  package var flow: (any FlowContext)? { nil }
  /// Branches and loops run at once.
  package func inside(_ flow: (any FlowContext)?) -> any Interpreter { self }

  package func inGroup(_: String) -> any Interpreter { self }

  package func seeds(_ seed: Int?, _ state: EnvironmentState) -> RandomSeeds {
    state.seeds.next(seed)
  }

  package func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name _: String?, _ state: EnvironmentState
  ) throws -> [Tensor] {
    try Self.apply(op, inputs, attrs, state.execution)
  }

  package func perform(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name _: String?, _ state: EnvironmentState
  ) throws -> Int? {
    _ = try Self.apply(op, inputs, attrs, state.execution)
    return nil
  }

  package static func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs,
    _ execution: @autoclosure () -> ExecutionContext
  ) throws -> [Tensor] {
    let floatState = jk_float_enter()
    defer { jk_float_leave(floatState) }
    let cache = EagerCache.current
    let slot = cache.slot(op, inputs)
    if let entry = cache.entries[slot], entry.matches(op, inputs, attrs) {
      do {
        guard let specialisation = entry.specialisation else {
          return try entry.kernel.run(inputs, execution())
        }
        return try specialisation.run(inputs)
      } catch let error as TFError {
        throw error.at(node: nil, op: op.name)
      }
    }
    return try applySlowly(op, inputs, attrs, execution(), cache, slot)
  }

  @inline(never)
  private static func applySlowly(
    _ op: OpDef, _ given: [Tensor], _ attrs: Attrs, _ execution: ExecutionContext,
    _ cache: EagerCache, _ slot: Int
  ) throws -> [Tensor] {
    for input in given {
      if case .symbolic(let reference) = input.payload {
        throw TFError.invalidArgument(
          """
          \(reference.name) is a symbolic tensor of a graph and cannot be used in an eager call of \
          \(op.name); use it inside the graph or function that made it
          """
        )
      }
    }
    let kernel = try PreparedKernel(op: op, node: "", attrs: attrs, inputTypes: given.map(\.dtype))
    let inputs = try given.enumerated().map { index, input in
      kernel.refInputs[index] ? input : try input.dereferenced().settled()
    }
    if case .raw(let specialise) = kernel.body {
      do {
        let specialisation = try kernel.specialise(
          specialise, shapes: inputs.map(\.dims), values: inputs, valuesStay: false)
        let outputs = try specialisation.run(inputs)
        if let values = EagerCache.values(of: inputs, used: specialisation.usedValues) {
          cache.entries[slot] = EagerCache.Entry(
            op: op, attrs: attrs, shapes: inputs.map(\.dims), values: values, kernel: kernel,
            specialisation: specialisation)
        }
        return outputs
      } catch let error as TFError {
        throw error.at(node: nil, op: op.name)
      } catch is NeedsValue {
        throw TFError.internal("the shape rule does not infer the output shape").at(
          node: nil, op: op.name)
      }
    }
    let outputs = try kernel.run(inputs, execution)
    // What a kernel keeps from run to run belongs to one call where the op is stateful.
    if !op.isStateful, case .dynamic = kernel.body {
      cache.entries[slot] = EagerCache.Entry(
        op: op, attrs: attrs, shapes: inputs.map(\.dims), values: [], kernel: kernel,
        specialisation: nil)
    }
    return outputs
  }
}

/// The latest specialised kernels of one thread.
final class EagerCache {
  /// The value of an input.
  struct Value {
    let input: Int
    let bytes: [UInt8]
  }

  private static let mostValueBytes = 128

  /// The values of the inputs that `used` marks; nil where they are too long to be compared at each
  /// call.
  static func values(of inputs: [Tensor], used: UInt64) -> [Value]? {
    if used == 0 { return [] }
    var values: [Value] = []
    for index in inputs.indices where index >= 63 || used >> UInt64(index) & 1 != 0 {
      guard case .buffer = inputs[index].payload, inputs[index].bytes.count <= mostValueBytes else {
        return nil
      }
      values.append(Value(input: index, bytes: Array(inputs[index].bytes)))
    }
    return values
  }

  final class Entry {
    let op: OpDef
    let attrs: Attrs
    let shapes: [Shape]
    /// The inputs whose values the specialisation is for, such as axes.
    let values: [Value]
    let kernel: PreparedKernel
    /// nil where the kernel is dynamic.
    let specialisation: PreparedKernel.Specialisation?

    init(
      op: OpDef, attrs: Attrs, shapes: [Shape], values: [Value], kernel: PreparedKernel,
      specialisation: PreparedKernel.Specialisation?
    ) {
      self.op = op
      self.attrs = attrs
      self.shapes = shapes
      self.values = values
      self.kernel = kernel
      self.specialisation = specialisation
    }

    func matches(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs) -> Bool {
      guard self.op === op, shapes.count == inputs.count else { return false }
      for index in inputs.indices {
        if kernel.inputTypes[index] != inputs[index].dtype || shapes[index] != inputs[index].dims {
          return false
        }
        guard case .buffer = inputs[index].payload else { return false }
      }
      for value in values where !value.bytes.elementsEqual(inputs[value.input].bytes) {
        return false
      }
      return (attrs.isEmpty && self.attrs.isEmpty) || self.attrs == attrs
    }
  }

  var entries = [Entry?](repeating: nil, count: 256)

  func slot(_ op: OpDef, _ inputs: [Tensor]) -> Int {
    var hash = UInt(bitPattern: Unmanaged.passUnretained(op).toOpaque()) >> 4
    for index in inputs.indices {
      let dims = inputs[index].dims
      hash = hash &* 31 &+ UInt(inputs[index].dtype.rawValue)
      for axis in 0..<dims.rank { hash = hash &* 31 &+ UInt(bitPattern: dims[axis]) }
    }
    return Int((hash ^ (hash >> 17)) & 255)
  }

  /// This thread's cache.
  static var current: EagerCache {
    let slot = jk_thread_slot()!
    if let existing = slot.pointee {
      return Unmanaged<EagerCache>.fromOpaque(existing).takeUnretainedValue()
    }
    let cache = EagerCache()
    slot.pointee = Unmanaged.passRetained(cache).toOpaque()
    jk_thread_slot_release { Unmanaged<EagerCache>.fromOpaque($0!).release() }
    return cache
  }
}
