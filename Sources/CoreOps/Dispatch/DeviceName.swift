/// A device, or a part of its name: `/job:a/replica:0/task:1/device:CPU:0`. Follows
/// `tf.DeviceSpec`.
package struct DeviceName: Sendable, Equatable {
  private var job: String?
  private var replica: Int?
  private var task: Int?
  private var type: String?
  private var index: Int?

  /// - Throws: `INVALID_ARGUMENT` for what is no device's name.
  package init(_ text: String) throws {
    for part in text.split(separator: "/") {
      let words = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      switch (words[0], words.count) {
      case ("job", 2): job = words[1]
      case ("replica", 2): replica = try Self.number(words[1])
      case ("task", 2): task = try Self.number(words[1])
      case ("device", 2...3):
        try setType(words[1], words.count == 3 ? words[2] : "*", text)
      case (let name, 1...2) where Self.types.contains(name.uppercased()):
        try setType(name, words.count == 2 ? words[1] : "*", text)
      default:
        throw TFError.invalidArgument(
          "Unknown attribute '\(words[0])' is encountered while parsing the device spec: '\(text)'."
        )
      }
    }
  }

  private static let types: Set = ["CPU", "GPU", "TPU", "XLA_CPU", "XLA_GPU"]

  private mutating func setType(_ name: String, _ number: String, _ text: String) throws {
    try require(
      type == nil, "Multiple device types are not allowed while parsing the device spec: \(text).")
    type = Self.types.contains(name.uppercased()) ? name.uppercased() : name
    index = number == "*" ? nil : try Self.number(number)
  }

  private static func number(_ text: String) throws -> Int {
    guard let number = Int(text) else {
      throw TFError.invalidArgument("invalid literal for int() with base 10: '\(text)'")
    }
    return number
  }

  /// - Throws: `INVALID_ARGUMENT` for what is no device's name.
  package static func check(_ text: String?) throws {
    if let text { _ = try DeviceName(text) }
  }

  /// This where it says something, and otherwise what `outer` says.
  package func merged(over outer: DeviceName) -> DeviceName {
    var result = self
    result.job = job ?? outer.job
    result.replica = replica ?? outer.replica
    result.task = task ?? outer.task
    if type == nil { (result.type, result.index) = (outer.type, outer.index) }
    return result
  }
}

extension DeviceName: CustomStringConvertible {
  package var description: String {
    var text = ""
    if let job { text += "/job:\(job)" }
    if let replica { text += "/replica:\(replica)" }
    if let task { text += "/task:\(task)" }
    if let type { text += "/device:\(type):\(index.map(String.init) ?? "*")" }
    return text
  }
}
