package import CoreOps
import Serialization

/// Files of events for TensorBoard, written by ops.
package struct SummaryWriterOps: OpFamily {
  package static let family: Self = define(Self())

  package let writer = OpDef(
    "SummaryWriter",
    """
    -> writer: resource
    shared_name: string = ''
    container: string = ''
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let (container, sharedName) = (
        try context.string("container"), try context.string("shared_name")
      )
      return { run in
        let name = sharedName.isEmpty ? run.node : sharedName
        let writer = try run.execution.resources.findOrCreate(container, name) {
          SummaryWriterObject(name: name)
        }
        return [Tensor(resource: writer)]
      }
    }, gradient: .none("a writer has no inputs"))

  package let createFile = OpDef(
    "CreateSummaryFileWriter",
    """
    writer: resource, logdir: string, max_queue: int32, flush_millis: int32, \
    filename_suffix: string ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      let folder = try run.text(1, "logdir")
      let most = Int(try run.scalar(2, "max_queue").elements(Int32.self)[0])
      let millis = Int(try run.scalar(3, "flush_millis").elements(Int32.self)[0])
      let suffix = try run.text(4, "filename_suffix")
      try require(!suffix.contains("/"), "filename_suffix must not contain '/', got '\(suffix)'")
      try run.inputs[0].summaryWriter().create {
        // A negative number of events never is too many.
        try EventFile(
          folder: folder, most: most < 0 ? .max : most, seconds: Double(millis) / 1000,
          suffix: suffix)
      }
      return []
    }, gradient: noGradient)

  package let flush = OpDef(
    "FlushSummaryWriter", "writer: resource ->", stateful: true, shape: { _ in [] },
    kernel: .run { run in
      try run.inputs[0].summaryWriter().open().flush()
      return []
    }, gradient: noGradient)

  package let close = OpDef(
    "CloseSummaryWriter", "writer: resource ->", stateful: true, shape: { _ in [] },
    kernel: .run { run in
      try run.inputs[0].summaryWriter().close()
      return []
    }, gradient: noGradient)

  package let summary = writing(
    "WriteSummary",
    """
    writer: resource, step: int64, tensor: T, tag: string, summary_metadata: string ->
    T: type
    """, ["T": [.plain, .string]]
  ) { run, summary in
    let metadata = try run.scalar(4, "summary_metadata").strings[0]
    try summary.add(
      tensor: run.inputs[2], tag: run.tag(3), metadata: metadata.isEmpty ? nil : Array(metadata))
  }

  package let scalar = writing(
    "WriteScalarSummary",
    """
    writer: resource, step: int64, tag: string, value: T ->
    T: \(realTypes)}
    """
  ) { run, summary in
    let value = run.inputs[3]
    try require(
      value.dims.elementCount > 0, "value must have an element, got shape \(value.dims)")
    summary.add(scalar: value.float(at: 0), tag: try run.tag(2))
  }

  package let histogram = writing(
    "WriteHistogramSummary",
    """
    writer: resource, step: int64, tag: string, values: T ->
    T: \(realTypes), bool} = float
    """
  ) { run, summary in
    let tag = try run.tag(2)
    try summary.add(
      histogramOf: run.inputs[3], tag: tag, name: String(decoding: tag, as: UTF8.self))
  }

  private static let realTypes = """
    {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64
    """

  package let image = writing(
    "WriteImageSummary",
    """
    writer: resource, step: int64, tag: string, tensor: T, bad_color: uint8 ->
    max_images: int >= 1 = 3
    T: {uint8, double, float, half} = float
    """, number: "max_images"
  ) { run, summary, most in
    let badColor = run.inputs[4]
    try require(
      badColor.dims.rank == 1, "bad_color must be a vector, got shape \(badColor.dims)")
    try require(most < 1 << 31, "max_images must be < 2^31")
    try summary.add(images: run.inputs[3], tag: run.tag(2), most: most, badColor: badColor)
  }

  package let audio = writing(
    "WriteAudioSummary",
    """
    writer: resource, step: int64, tag: string, tensor: float, sample_rate: float ->
    max_outputs: int >= 1 = 3
    """, number: "max_outputs"
  ) { run, summary, most in
    let rate = try run.scalar(4, "sample_rate").elements(Float.self)[0]
    try summary.add(audio: run.inputs[3], tag: run.tag(2), rate: rate, most: most)
  }

  package let rawProto = OpDef(
    "WriteRawProtoSummary", "writer: resource, step: int64, tensor: string ->", stateful: true,
    shape: { _ in [] },
    kernel: .run { run in
      let file = try run.inputs[0].summaryWriter().open()
      let step = try run.step()
      var all: [UInt8] = []
      var pace = Pace()
      for (index, message) in run.inputs[2].strings.enumerated() {
        try pace.step(message.count + 1)
        guard SummaryMessage.isValid(Array(message)) else {
          throw TFError(
            .dataLoss,
            "Bad tf.compat.v1.Summary binary proto tensor string at index \(index)")
        }
        // Messages one after the other are one with the values of all.
        all += message
      }
      try file.write(Event(.summary(all), step: step).serialized)
      return []
    }, gradient: noGradient)

  package let graph = OpDef(
    "WriteGraphSummary", "writer: resource, step: int64, tensor: string ->", stateful: true,
    shape: { _ in [] },
    kernel: .run { run in
      let file = try run.inputs[0].summaryWriter().open()
      let graph = Array(try run.scalar(2, "tensor").strings[0])
      try Event.checkGraph(graph)
      try file.write(Event(.graph(graph), step: run.step()).serialized)
      return []
    }, gradient: noGradient)

  package let importEvent = OpDef(
    "ImportEvent", "writer: resource, event: string ->", stateful: true, shape: { _ in [] },
    kernel: .run { run in
      let file = try run.inputs[0].summaryWriter().open()
      let event = Array(try run.scalar(1, "event").strings[0])
      try Event.check(event)
      try file.write(event)
      return []
    }, gradient: noGradient)

  private static let noGradient = Gradient.none("writing has no outputs")

  /// An op that writes an event with a summary.
  private static func writing(
    _ name: String, _ signature: String, _ types: [String: DTypeSet] = [:],
    _ add: @escaping @Sendable (DynamicContext, inout SummaryMessage) throws -> Void
  ) -> OpDef {
    writing(name, signature, types, number: nil) { run, summary, _ in try add(run, &summary) }
  }

  /// - Parameter number: the attribute that says how many images or sounds are taken.
  private static func writing(
    _ name: String, _ signature: String, _ types: [String: DTypeSet] = [:], number: String?,
    _ add: @escaping @Sendable (DynamicContext, inout SummaryMessage, Int) throws -> Void
  ) -> OpDef {
    OpDef(
      name, signature, stateful: true, shape: { _ in [] },
      kernel: .dynamic(types) { context in
        let most = try number.map { try context.int($0) } ?? 0
        return { run in
          let file = try run.inputs[0].summaryWriter().open()
          var summary = SummaryMessage()
          try add(run, &summary, most)
          try file.write(Event(.summary(summary.bytes), step: run.step()).serialized)
          return []
        }
      }, gradient: noGradient)
  }
}

extension DynamicContext {
  fileprivate func scalar(_ index: Int, _ name: String) throws -> Tensor {
    try require(inputs[index].dims.rank == 0, "\(name) must be a scalar")
    return inputs[index]
  }

  fileprivate func text(_ index: Int, _ name: String) throws -> String {
    try scalar(index, name).strings[0].text
  }

  fileprivate func tag(_ index: Int) throws -> [UInt8] {
    Array(try scalar(index, "tag").strings[0])
  }

  fileprivate func step() throws -> Int64 {
    try scalar(1, "step").elements(Int64.self)[0]
  }
}
