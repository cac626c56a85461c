import ArgumentParser
import CoreGraph
import CoreOps
import Glibc
import Serialization
import V1Graph

struct TourCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour", abstract: "Shows what Janus does, on the data in Examples.")

  @Option(help: "The folder with digits/frozen.pb and digits/test.npz.") var examples: String?
  @Option(help: "How many digits to draw.") var pictures = 6

  func run() throws {
    let folder = try examples ?? findExamples()
    let digits = try Digits(folder: folder + "/digits")
    try FrozenGraphTour(digits: digits, pictures: max(pictures, 0)).run()
  }

  /// `Examples` here, or beside the sources of a program that is run from its build folder.
  private func findExamples() throws -> String {
    var folders = ["Examples"]
    if let program = realpath("/proc/self/exe", nil) {
      var path = String(cString: program)
      free(program)
      while let slash = path.lastIndex(of: "/") {
        path = String(path[..<slash])
        folders.append(path + "/Examples")
      }
    }
    if let found = folders.first(where: { access($0 + "/digits/frozen.pb", R_OK) == 0 }) {
      return found
    }
    throw TFError.notFound(
      "there is no folder Examples here: run from the repository, or give --examples")
  }
}

/// Images of handwritten digits that the model was not trained on, and TensorFlow's answers.
struct Digits {
  let folder: String
  let images: Tensor
  let labels: [Int]
  let probabilities: Tensor

  init(folder: String) throws {
    self.folder = folder
    let arrays = try NpzReader(folder + "/test.npz")
    images = try arrays.read("images")
    labels = try arrays.read("labels").integers()
    probabilities = try arrays.read("probabilities")
    guard images.dtype == .float32, images.dims.dims == [labels.count, 8, 8, 1],
      probabilities.dtype == .float32, probabilities.dims.dims == [labels.count, 10]
    else {
      throw TFError.invalidArgument(
        "\(folder)/test.npz does not hold 8 by 8 images, labels and probabilities")
    }
  }

  /// The rows of an image as text, two characters a pixel.
  func picture(_ index: Int) -> [String] {
    let shades = [" ", "░", "▒", "▓", "█"]
    let pixels = images.elements(Float.self)
    let brightest = max(pixels.max() ?? 1, 1e-6)
    return (0..<8).map { row in
      (0..<8).map { column in
        let value = pixels[index * 64 + row * 8 + column] / brightest
        let shade = shades[min(max(Int(value * 5), 0), 4)]
        return shade + shade
      }.joined()
    }
  }
}

/// Loads a frozen TF-1 graph and classifies the images with it.
struct FrozenGraphTour {
  let digits: Digits
  let pictures: Int

  func run() throws {
    let path = digits.folder + "/frozen.pb"
    try printLine("A frozen TF-1 graph, trained by TensorFlow on handwritten digits: \(path)\n")
    let start = now()
    let definition = try GraphDef(contentsOf: path)
    let session = try Session(graph: Graph(importing: definition))
    let loaded = now()
    func classify() throws -> Tensor {
      try session.run("probabilities:0", feedDict: ["images:0": digits.images])
    }
    let answer = try classify()
    let first = now()
    var times: [Double] = []
    for _ in 0..<20 {
      let before = now()
      _ = try classify()
      times.append(now() - before)
    }
    let probabilities = try answer.scalars(Float.self)
    let answers = (0..<digits.labels.count).map { row in
      let scores = probabilities[row * 10..<row * 10 + 10]
      return scores.indices.max { scores[$0] < scores[$1] }.map { $0 - row * 10 } ?? 0
    }
    try show(answers, probabilities)
    let right = zip(answers, digits.labels).count { $0 == $1 }
    let difference =
      zip(probabilities, digits.probabilities.elements(Float.self)).map { abs($0 - $1) }.max() ?? 0
    let accuracy = Double(right) / Double(max(digits.labels.count, 1))
    try printLine("nodes                     \(definition.nodes.count)")
    try printLine("images                    \(digits.labels.count)")
    try printLine("answered rightly          \(right), which is \(decimal(accuracy * 100, 2)) %")
    try printLine("farthest from TensorFlow  \(difference) in a probability")
    try printLine("load                      \(decimal((loaded - start) * 1e3, 2)) ms")
    try printLine("first run                 \(decimal((first - loaded) * 1e3, 2)) ms")
    try printLine(
      "later runs                \(decimal(median(times.sorted()) * 1e3, 2)) ms for all images")
    guard difference < 1e-4 else {
      throw TFError.internal(
        "the probabilities are not TensorFlow's: they differ by up to \(difference)")
    }
  }

  /// Some digits side by side, a wrong answer among them if there is one.
  private func show(_ answers: [Int], _ probabilities: [Float]) throws {
    var shown = Array(answers.indices.prefix(pictures))
    if let wrong = answers.indices.first(where: { answers[$0] != digits.labels[$0] }),
      !shown.isEmpty
    {
      shown[shown.count - 1] = wrong
    }
    guard !shown.isEmpty else { return }
    let drawn = shown.map(digits.picture)
    for row in 0..<8 { try printLine("  " + drawn.map { $0[row] }.joined(separator: "   ")) }
    let captions = shown.map { index in
      let sure = Int((probabilities[index * 10 + answers[index]] * 100).rounded())
      let text =
        "\(answers[index]) (\(sure) %)"
        + (answers[index] == digits.labels[index] ? "" : " no, \(digits.labels[index])")
      return text + String(repeating: " ", count: max(16 - text.count, 0))
    }
    try printLine("  " + captions.joined(separator: "   ") + "\n")
  }
}
