package import CoreOps
import Serialization

/// Summaries of tensors as messages, for TensorBoard.
package struct SummaryOps: OpFamily {
  package static let family: Self = define(Self())

  package let scalar = OpDef(
    "ScalarSummary",
    """
    tags: string, values: T -> summary: string
    T: \(realTypes)
    """, shape: ShapeRules.scalar,
    kernel: .run(["T": .reals]) { run in
      let (tags, values) = (run.inputs[0], run.inputs[1])
      let only = tags.dims.elementCount == 1 ? " (tag '\(tags.strings[0].text)')" : ""
      try require(
        tags.dims == values.dims,
        "tags and values are not the same shape: \(tags.dims) != \(values.dims)\(only)")
      var summary = SummaryMessage()
      for (index, tag) in tags.strings.enumerated() {
        summary.add(scalar: values.float(at: index), tag: Array(tag))
      }
      return [try Tensor(strings: [summary.bytes], dims: [])]
    }, gradient: .zero)

  package let histogram = OpDef(
    "HistogramSummary",
    """
    tag: string, values: T -> summary: string
    T: \(realTypes) = float
    """, shape: ShapeRules.scalar,
    kernel: .run(["T": .reals]) { run in
      try require(run.inputs[0].dims.rank == 0, "tags must be scalar")
      var summary = SummaryMessage()
      try summary.add(
        histogramOf: run.inputs[1], tag: Array(run.inputs[0].strings[0]), name: run.node)
      return [try Tensor(strings: [summary.bytes], dims: [])]
    }, gradient: .zero)

  fileprivate static let realTypes = """
    {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """

  package let image = OpDef(
    "ImageSummary",
    """
    tag: string, tensor: T -> summary: string
    max_images: int >= 1 = 3
    T: {uint8, float, half, double} = float
    bad_color: tensor = uint8[255, 0, 0, 255]
    """, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let most = try context.int("max_images")
      try require(most < 1 << 31, "max_images must be < 2^31")
      let badColor = try context.tensor("bad_color")
      try require(
        badColor.dtype == .uint8, "bad_color must be uint8, got \(badColor.dtype.signatureName)")
      try require(
        badColor.dims.rank == 1, "bad_color must be a vector, got shape \(badColor.dims)")
      return { run in
        try require(run.inputs[0].dims.rank == 0, "Tags must be a scalar")
        let sizes = run.inputs[1].dims.dims
        try require(
          sizes.count != 4 || (sizes[1] != 0 && sizes[2] != 0),
          "input tensor must have non-zero dims. Found: \(sizes).")
        var summary = SummaryMessage()
        try summary.add(
          images: run.inputs[1], tag: Array(run.inputs[0].strings[0]), most: most,
          badColor: badColor)
        return [try Tensor(strings: [summary.bytes], dims: [])]
      }
    }, gradient: .zero)

  package let audio = SummaryOps.audio("AudioSummary", attribute: true)
  package let audioV2 = SummaryOps.audio("AudioSummaryV2", attribute: false)

  /// - Parameter attribute: whether the sample rate is an attribute, and not an input.
  private static func audio(_ name: String, attribute: Bool) -> OpDef {
    OpDef(
      name,
      """
      tag: string, tensor: float\(attribute ? "" : ", sample_rate: float") -> summary: string
      \(attribute ? "sample_rate: float\n" : "")max_outputs: int >= 1 = 3
      """, shape: ShapeRules.scalar,
      kernel: .dynamic { context in
        let most = try context.int("max_outputs")
        let rate = attribute ? try context.float("sample_rate") : 0
        return { run in
          try require(run.inputs[0].dims.rank == 0, "Tag must be a scalar")
          try require(
            attribute || run.inputs[2].dims.elementCount == 1,
            "sample_rate must have one element, got shape \(run.inputs.last?.dims ?? [])")
          var summary = SummaryMessage()
          try summary.add(
            audio: run.inputs[1], tag: Array(run.inputs[0].strings[0]),
            rate: attribute ? rate : run.inputs[2].elements(Float.self)[0], most: most)
          return [try Tensor(strings: [summary.bytes], dims: [])]
        }
      }, gradient: .zero)
  }

  package let tensor = OpDef(
    "TensorSummary",
    """
    tensor: T -> summary: string
    T: type
    description: string = ''
    labels: list(string) = []
    display_name: string = ''
    """, shape: ShapeRules.scalar,
    kernel: .run(["T": [.plain, .string]]) { run in
      var summary = SummaryMessage()
      try summary.add(tensor: run.inputs[0], node: run.node)
      return [try Tensor(strings: [summary.bytes], dims: [])]
    }, gradient: .zero)

  package let tensorV2 = OpDef(
    "TensorSummaryV2",
    """
    tag: string, tensor: T, serialized_summary_metadata: string -> summary: string
    T: type
    """, shape: ShapeRules.scalar,
    kernel: .run(["T": [.plain, .string]]) { run in
      try require(run.inputs[0].dims.rank == 0, "tag must be scalar")
      try require(
        run.inputs[2].dims.rank == 0, "serialized_summary_metadata must be scalar")
      var summary = SummaryMessage()
      try summary.add(
        tensor: run.inputs[1], tag: Array(run.inputs[0].strings[0]),
        metadata: Array(run.inputs[2].strings[0]))
      return [try Tensor(strings: [summary.bytes], dims: [])]
    }, gradient: .zero)

  package let merge = OpDef(
    "MergeSummary",
    """
    inputs: N * string -> summary: string
    N: int >= 1
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      var summary = SummaryMessage()
      var tags: Set<[UInt8]> = []
      var pace = Pace()
      for input in run.inputs {
        for message in input.strings {
          try pace.step(message.count + 1)
          try summary.merge(Array(message), &tags)
        }
      }
      return [try Tensor(strings: [summary.bytes], dims: [])]
    }, gradient: .zero)
}
