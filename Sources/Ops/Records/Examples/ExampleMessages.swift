import CoreOps

/// What is wrong with an example, in TensorFlow's words.
struct ExampleMessages: Sendable {
  let features: [FeatureSpec]
  /// What the examples are called; nil where they have no names.
  let names: StringBuffer?
  let isSingle: Bool

  /// An example that is no message.
  func broken(_ bytes: UnsafeRawBufferPointer) -> TFError {
    // The value may be megabytes.
    let most = 1000
    let text = String(decoding: bytes.prefix(most), as: UTF8.self)
    let rest = bytes.count > most ? "… (\(bytes.count) bytes)" : ""
    return .invalidArgument("Could not parse example input, value: '\(text)\(rest)'")
  }

  private func name(_ example: Int) -> String {
    names.map { $0[example].text } ?? "<unknown>"
  }

  private func refused(_ feature: Int, _ example: Int, _ what: String) -> TFError {
    let key = "Key: \(features[feature].name)"
    return .invalidArgument(
      isSingle
        ? "\(key).  \(what)" : "Name: \(name(example)), \(key), Index: \(example).  \(what)")
  }

  func unreadable(_ feature: Int, _ example: Int) -> TFError {
    let what = "Can't parse serialized Example"
    return refused(
      feature, example, isSingle ? "\(what): Parsing \(listName(feature))_list failed." : "\(what)."
    )
  }

  /// - Parameter tag: the first byte of the values that are there.
  func wrongType(_ feature: Int, _ tag: UInt8, _ example: Int) -> TFError {
    let spec = features[feature]
    let expected = spec.dtype.signatureName
    let actual = ValueList.dtype(tag: tag)?.signatureName ?? "INVALID"
    return refused(
      feature, example,
      spec.isDense
        ? "Data types don't match. Data type: \(actual) but expected type: \(expected)"
        : "Data types don't match. Expected type: \(expected), Actual type: \(actual)")
  }

  func wrongCount(_ feature: Int, _ count: Int, _ example: Int) -> TFError {
    if isSingle {
      return refused(
        feature, example,
        """
        Can't parse serialized Example: Some \(listName(feature))_list slice was not parsed.
        """)
    }
    return refused(
      feature, example,
      """
      Number of \(listName(feature)) values != expected.  Values size: \(count) but output shape: \
      \(shape(feature))
      """)
  }

  func notWhole(_ feature: Int, _ count: Int, _ example: Int) -> TFError {
    if isSingle, case .padded(let block, _) = features[feature].kind {
      return .invalidArgument(
        """
        Error while parsing feature with key \(features[feature].name): number of elements should \
        be divisible by \(block.elementCount), found \(count) instead
        """)
    }
    return refused(
      feature, example,
      """
      Number of \(listName(feature)) values is not a multiple of stride length. Saw \(count) values \
      but output shape is: \(shape(feature))
      """)
  }

  func missing(_ feature: Int, _ example: Int) -> TFError {
    let spec = features[feature]
    let what =
      "Feature: \(spec.name) (data type: \(spec.dtype.signatureName)) is required but could not be "
      + "found."
    return .invalidArgument(isSingle ? what : "Name: \(name(example)), \(what)")
  }

  private func listName(_ feature: Int) -> String {
    switch features[feature].dtype {
    case .string: "bytes"
    case .float32: "float"
    default: "int64"
    }
  }

  private func shape(_ feature: Int) -> String {
    switch features[feature].kind {
    case .dense(let shape, _): "\(shape)"
    case .padded(let block, _): "[\((["?"] + block.dims.map { "\($0)" }).joined(separator: ","))]"
    case .sparse, .ragged: "<unknown>"
    }
  }
}
