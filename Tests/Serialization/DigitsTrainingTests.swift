import CoreOps
import Glibc
import Ops
import TestSupport
import Testing
import V1Graph
@testable import Models

@testable import Serialization

/// A TF-1 program's MetaGraph and first checkpoint, trained on as TensorFlow 2.21 trained them: 84
/// steps with dropout, batch normalisation and Adam, with TensorFlow's loss at each.
///
/// The first loss comes before any update, and has to be TensorFlow's. Later ones part:
/// TensorFlow's own runs with one thread or two, with oneDNN or without, part from the record by up
/// to 0.016.
@Suite struct DigitsTrainingTests {
  private static let steps = 84

  private func example(_ name: String, file: String = #filePath) -> String {
    file.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Examples/digits/" + name
  }

  @Test func theLossesAreTensorFlows() throws {
    let model = try Model(contentsOf: example("model.meta"))
    let session = try Session(model: model, restoring: example("initial.ckpt"))
    let recorded = try JSON(readFile(example("training.json")))
    let losses = try #require(recorded["loss_curve"]?.array).compactMap(\.double)
    try #require(losses.count == Self.steps)
    let train = try NpzReader(example("train.npz"))
    let (images, labels) = (try train.read("images"), try train.read("labels"))
    for step in 0..<Self.steps {
      let start = step * 100 % 1400
      let loss = try session.run(
        fetches: ["total_loss"],
        feeds: [
          "images": images.rows(start, start + 100, dims: [100, 8, 8, 1]),
          "labels": labels.rows(start, start + 100, dims: [100]), "training": true,
        ], targets: ["train"])[0].scalar(Float.self)
      let tolerance = step == 0 ? 1e-5 : 0.032
      #expect(abs(Double(loss) - losses[step]) < tolerance, "step \(step): \(loss)")
      // For TensorFlow to go on from: see Tests/TensorFlow/digits.py.
      if step == Self.steps / 2 - 1, let path = getenv("JANUS_DIGITS_CHECKPOINT") {
        try session.save(to: String(cString: path), model.metaGraph(), Cancellation())
      }
    }
    let test = try NpzReader(example("test.npz"))
    let accuracy = try session.run(
      fetches: ["accuracy"],
      feeds: ["images": test.read("images"), "labels": test.read("labels")])[0].scalar(Float.self)
    // 97.48 % in the record.
    #expect(abs(accuracy - 0.9748) < 0.01, "\(accuracy)")
  }

  @Test func aSavedCheckpointGoesOnWhereItWasSaved() throws {
    let folder = try TemporaryFolder()
    let model = try Model(contentsOf: example("model.meta"))
    let train = try NpzReader(example("train.npz"))
    let feeds: [String: any TensorConvertible] = [
      "images": try train.read("images").rows(0, 100, dims: [100, 8, 8, 1]),
      "labels": try train.read("labels").rows(0, 100, dims: [100]),
    ]
    let first = try Session(model: model, restoring: example("initial.ckpt"))
    _ = try first.run(fetches: [], feeds: feeds, targets: ["train"])
    try first.save(to: folder.file("model.ckpt"), model.metaGraph(), Cancellation())
    let second = try Session(model: model, restoring: folder.file("model.ckpt"))
    for _ in 0..<3 {
      let losses = try [first, second].map {
        try $0.run(fetches: ["total_loss"], feeds: feeds, targets: ["train"])[0].scalar(Float.self)
      }
      #expect(losses[0] == losses[1])
    }
  }
}
