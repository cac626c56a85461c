/// How an op runs. Three moments: *prepare* decodes attributes once, *specialise* fixes everything
/// for given input shapes, *run* is a closure over raw pointers.
package struct Kernel: Sendable {
  package enum Form: Sendable {
    /// Output shapes follow from the input shapes (and from inputs whose values the kernel asks
    /// for).
    case raw(@Sendable (KernelContext) throws -> Specialise)
    /// Looks at values to know its output shapes, or has strings, resources or variants: allocates
    /// its outputs.
    case dynamic(@Sendable (KernelContext) throws -> DynamicRun)
    /// Control flow or feeding, which executors interpret themselves.
    case executor(ExecutorPrimitive)
    /// One of the others, chosen by dtypes or attributes: numbers by a raw loop, strings
    /// dynamically.
    case choice(@Sendable (KernelContext) throws -> Kernel)
  }

  package var form: Form
  /// The dtypes that it runs with, by type attribute. An attribute that is not named may be
  /// anything.
  package var types: [String: DTypeSet]
  /// How it takes strings, resources and variants, where it is written for plain elements.
  package var objects: ObjectHandling?

  package static func raw(
    _ types: [String: DTypeSet] = [:], objects: ObjectHandling? = nil,
    prepare: @escaping @Sendable (KernelContext) throws -> Specialise
  ) -> Kernel { Kernel(form: .raw(prepare), types: types, objects: objects) }

  package static func dynamic(
    _ types: [String: DTypeSet] = [:], objects: ObjectHandling? = nil,
    prepare: @escaping @Sendable (KernelContext) throws -> DynamicRun
  ) -> Kernel { Kernel(form: .dynamic(prepare), types: types, objects: objects) }

  /// A dynamic kernel that has nothing to prepare.
  package static func run(
    _ types: [String: DTypeSet] = [:], _ run: @escaping DynamicRun
  ) -> Kernel { Kernel(form: .dynamic { _ in run }, types: types) }

  /// A kernel that is chosen by dtypes or attributes.
  package static func choose(
    _ types: [String: DTypeSet] = [:],
    _ kernel: @escaping @Sendable (KernelContext) throws -> Kernel
  ) -> Kernel { Kernel(form: .choice(kernel), types: types) }

  package static func executor(_ primitive: ExecutorPrimitive) -> Kernel {
    Kernel(form: .executor(primitive), types: [:])
  }

  /// Checks that the dtypes in `attrs` are among the kernel's.
  package func checkTypes(_ context: some AttrAccess) throws {
    for (attribute, allowed) in types {
      for dtype in try attributeTypes(context, attribute) where !allowed.contains(dtype) {
        throw TFError.invalidArgument(
          """
          No OpKernel was registered to support Op '\(context.signature.name)' with \
          \(attribute)=\(dtype.signatureName); registered: \
          \(allowed.dtypes.map(\.signatureName).joined(separator: ", "))
          """
        )
      }
    }
  }

  private func attributeTypes(_ context: some AttrAccess, _ name: String) throws -> [DType] {
    if case .list = try context.attr(name) { return try context.types(name) }
    return [try context.type(name)]
  }
}

/// The nodes that executors interpret themselves.
package enum ExecutorPrimitive: Sendable {
  case feed, fetch, `switch`, merge, enter, exit, nextIteration, loopCond, noOp
}

/// What a kernel knows when it is prepared.
package struct KernelContext: AttrAccess {
  package let op: OpDef
  package let node: String
  package let attrs: Attrs
  package let inputTypes: [DType]
  package let outputTypes: [DType]

  package init(
    op: OpDef, node: String, attrs: Attrs, inputTypes: [DType], outputTypes: [DType]
  ) {
    self.op = op
    self.node = node
    self.attrs = attrs
    self.inputTypes = inputTypes
    self.outputTypes = outputTypes
  }

  package var signature: Signature { op.signature }
  package func inputRange(_ name: String) throws -> Range<Int> {
    try signature.inputRange(name, attrs)
  }
}

package typealias Specialise = @Sendable (SpecialiseContext) throws -> Specialised

/// The inputs' values as far as they are known. It records which of them were read.
package final class KnownValues {
  private let values: [Tensor?]
  private let partialShapes: [PartialShape?]
  /// The inputs that were read, as a bit set: what was inferred holds for their values only.
  package private(set) var used: UInt64 = 0

  /// - Parameter partialShapes: per input the shape that its integers describe, where some of them
  ///   are known; empty where there is none.
  package init(_ values: [Tensor?], partialShapes: [PartialShape?] = []) {
    self.values = values
    self.partialShapes = partialShapes
  }

  package subscript(index: Int) -> Tensor? {
    used |= Self.bit(index)
    return values[index]
  }

  package func partialShape(_ index: Int) -> PartialShape? {
    used |= Self.bit(index)
    return index < partialShapes.count ? partialShapes[index] : nil
  }

  /// Whether input `index` was looked at.
  package func isUsed(_ index: Int) -> Bool { used & Self.bit(index) != 0 }

  private static func bit(_ index: Int) -> UInt64 { 1 << UInt64(min(index, 63)) }
}

/// What is known when a kernel is specialised: shapes, and the values of some inputs.
package struct SpecialiseContext {
  package let inputs: [Shape]
  /// The output shapes that the shape rule inferred.
  package let outputs: [Shape]
  private let values: KnownValues
  /// Whether the inputs with known values keep them at every run, so that weights may be laid out
  /// once.
  private let valuesStay: Bool
  /// Whether few runs are expected with these shapes, so that what takes long to make for one size
  /// does not pay.
  package let isBrief: Bool

  package init(
    inputs: [Shape], outputs: [Shape], values: KnownValues, valuesStay: Bool, isBrief: Bool = false
  ) {
    self.isBrief = isBrief
    self.inputs = inputs
    self.outputs = outputs
    self.values = values
    self.valuesStay = valuesStay
  }

  /// The value of input `index`.
  ///
  /// - Throws: `NeedsValue` when it is not known yet; the op then runs dynamically.
  package func value(_ index: Int) throws -> Tensor {
    guard let value = values[index] else { throw NeedsValue(input: index) }
    return value
  }

  package func integers(_ index: Int) throws -> [Int] {
    inputs[index].elementCount == 0 ? [] : try value(index).integers()
  }

  /// The value of input `index` if it is the same at every run of a plan: a weight that may be laid
  /// out once.
  package func constant(_ index: Int) -> Tensor? { valuesStay ? values[index] : nil }
}

/// A kernel asked for a value that is only known at run time.
package struct NeedsValue: Error {
  package let input: Int
}

/// The addresses a kernel works on: inputs, then outputs, then the scratch memory.
package typealias Pointers = UnsafeMutablePointer<UnsafeMutableRawPointer>

package typealias Run = @Sendable (Pointers) throws -> Void

/// A kernel for fixed shapes.
package enum Specialised: Sendable {
  case run(RunSpec)
  /// The only output is input `of` under another shape.
  case alias(of: Int)
  /// The outputs are known already.
  case constant([Tensor])

  package static func run(scratch: Int = 0, overwrites: Int? = nil, _ run: @escaping Run)
    -> Specialised
  {
    .run(RunSpec(run: run, scratchBytes: scratch, overwrites: overwrites.map { [$0] } ?? []))
  }
}

/// What running a specialised kernel takes.
package struct RunSpec: Sendable {
  package var run: Run
  /// Memory that is the kernel's own while it runs, aligned to 64 bytes.
  package var scratchBytes: Int
  /// The inputs whose memory the first output may take, if no one else needs them.
  package var overwrites: [Int]
  /// The loop over elements, where the op is element-wise: what fusion works with.
  package var elementwise: ElementwiseLoop?
  /// How it runs in parts, where it does.
  package var rows: RowForm?
  /// The same as `run`, where that is one call of a C loop.
  package var direct: DirectLoop?

  package init(
    run: @escaping Run, scratchBytes: Int = 0, overwrites: [Int] = [],
    elementwise: ElementwiseLoop? = nil, rows: RowForm? = nil, direct: DirectLoop? = nil
  ) {
    self.run = run
    self.scratchBytes = scratchBytes
    self.overwrites = overwrites
    self.elementwise = elementwise
    self.rows = rows
    self.direct = direct
  }
}

/// How a kernel computes parts of its outputs from the same parts of its inputs, so that several
/// kernels can go through their parts side by side without waiting for each other in between.
///
/// Part i of n is the i-th n-th of the memory of each output, and of each input that is not shared.
package struct RowForm: Sendable {
  package let count: Int
  /// The inputs that every part reads as a whole.
  package let shared: [Int]
  /// Multiplications a part, roughly.
  package let work: Int
  /// The bytes of shared inputs that every call goes through, however few parts it runs.
  package let rereads: Int
  /// Runs a range of parts.
  package let run: @Sendable (Pointers, Range<Int>) throws -> Void

  package init(
    count: Int, shared: [Int] = [], work: Int, rereads: Int = 0,
    run: @escaping @Sendable (Pointers, Range<Int>) throws -> Void
  ) {
    self.count = count
    self.shared = shared
    self.work = work
    self.rereads = rereads
    self.run = run
  }
}

package typealias DynamicRun = @Sendable (DynamicContext) throws -> [Tensor]

/// What a dynamic kernel works on.
package struct DynamicContext {
  package let inputs: [Tensor]
  package let node: String
  package let execution: ExecutionContext
  private let place: WaitTicket?

  /// The place of an op that may wait. One that is tried only once has it for that time.
  package var ticket: WaitTicket { place ?? WaitTicket() }

  package init(
    inputs: [Tensor], node: String, execution: ExecutionContext, ticket: WaitTicket? = nil
  ) {
    self.inputs = inputs
    self.node = node
    self.execution = execution
    place = ticket
  }
}
