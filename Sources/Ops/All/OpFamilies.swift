@_exported public import CoreOps
@_exported public import OpsFiles
@_exported public import OpsImage
@_exported public import OpsLinalg
@_exported public import OpsNN
@_exported public import OpsSparse
@_exported public import OpsState
@_exported public import OpsStrings

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
    SparseJoinOps.self,
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
    QueueOps.self,
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
    QuantizedArrayOps.self,
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
    LookupTableOps.self,
    TextFileTableOps.self,
    CheckpointOps.self,
    OldCheckpointOps.self,
    StringOps.self,
    SplitOps.self,
    RegexOps.self,
    ControlFlowOps.self,
    FunctionalOps.self,
    OptionalOps.self,
    DebugOps.self,
  ]
}

/// Makes the families. CoreOps calls it when the registry is first asked for: the registry is below
/// the modules that define ops.
@_cdecl("janus_define_ops")
public func defineOps() {
  for family in OpFamilies.all { family.define() }
}
