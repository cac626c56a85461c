/// The families of ops.
package enum OpFamilies {
  /// Every family. A new op goes into a family; only a new family is named here.
  package static let all: [any OpFamily.Type] = [
    BasicOps.self,
    UnaryOps.self,
    BinaryOps.self,
    ComplexOps.self,
    BitwiseOps.self,
    GradientOps.self,
    SpecialOps.self,
    ActivationOps.self,
    ComparisonOps.self,
    CastOps.self,
    SelectOps.self,
    ReductionOps.self,
    SegmentOps.self,
    SparseSegmentOps.self,
    CountOps.self,
    SparseOps.self,
    SparseRowOps.self,
    SparseMathOps.self,
    SparseReductionOps.self,
    SetOps.self,
    RaggedOps.self,
    RaggedToDenseOps.self,
    SparseCountOps.self,
    MatchingOps.self,
    ScanOps.self,
    ShapeOps.self,
    SliceOps.self,
    GatherOps.self,
    JoinOps.self,
    PadOps.self,
    ScatterOps.self,
    RearrangeOps.self,
    DiagonalOps.self,
    SearchOps.self,
    ArrayOps.self,
    ConvolutionOps.self,
    AnyRankConvolutionOps.self,
    FusedConvolutionOps.self,
    FusedPaddingOps.self,
    MorphologyOps.self,
    RecurrentOps.self,
    FractionalPoolingOps.self,
    PoolingOps.self,
    NormalizationOps.self,
    LossOps.self,
    LRNOps.self,
    CTCOps.self,
    MatMulOps.self,
    EinsumOps.self,
    LinearAlgebraOps.self,
    SolverOps.self,
    FFTOps.self,
    RandomOps.self,
    StatelessRandomOps.self,
    GeneratorOps.self,
    ImageOps.self,
    ImageRegionOps.self,
    ResizeOps.self,
    CropOps.self,
    BoxOps.self,
    AudioOps.self,
    QuantizedOps.self,
    QuantizedMathOps.self,
    FakeQuantOps.self,
    UniformQuantOps.self,
    VariableOps.self,
    ReferenceVariableOps.self,
    VariableScatterOps.self,
    VariableSliceOps.self,
    TrainingOps.self,
    TensorArrayOps.self,
    StackOps.self,
    TensorListOps.self,
    TensorListBulkOps.self,
    TensorMapOps.self,
    ControlFlowOps.self,
    FunctionalOps.self,
    OptionalOps.self,
    DebugOps.self,
  ]
  /// The definitions of the families that were made so far.
  fileprivate static let definitions = Lock<[OpDef]>([])
  /// Whether a family is being made.
  @TaskLocal fileprivate static var isDefining = false

  /// Notes a definition; only what is made for a family is noted.
  static func note(_ definition: OpDef) {
    guard isDefining else { return }
    definitions.withLock { $0.append(definition) }
  }

  /// Makes the families that were not made before, and gives the definitions of all.
  static func define() -> [OpDef] {
    for family in all { family.define() }
    return definitions.withLock { $0 }
  }
}

/// A family of ops: a struct whose stored properties are the definitions, so that a definition is
/// one statement.
package protocol OpFamily: Sendable {
  /// The only instance, made by `define` when first used.
  static var family: Self { get }
}

extension OpFamily {
  /// Makes the instance. Each `OpDef` that is made meanwhile goes into the registry.
  static func define(_ make: @autoclosure () -> Self) -> Self {
    OpFamilies.$isDefining.withValue(true) { make() }
  }

  fileprivate static func define() { _ = family }
}
