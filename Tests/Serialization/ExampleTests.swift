import CoreOps
import Testing

@testable import Serialization

/// Examples as values: `tf.train.Example` and what it is made of.
@Suite struct ExampleTests {
  private let example = TrainExample(
    features: TrainFeatures(feature: [
      "b": TrainFeature(bytesList: TrainBytesList(value: ["x", ""])),
      "f": TrainFeature(floatList: TrainFloatList(value: [0.5, -1])),
      "i": TrainFeature(int64List: TrainInt64List(value: [1, -2, .max])),
      "n": TrainFeature(),
    ]))

  @Test func equalExamplesHaveTheBytesThatTensorFlowWrites() {
    let one = TrainExample(
      features: TrainFeatures(feature: [
        "a": TrainFeature(int64List: TrainInt64List(value: [1, 2]))
      ]))
    #expect(
      one.serializeToString() == [10, 13, 10, 11, 10, 1, 97, 18, 6, 26, 4, 10, 2, 1, 2])
  }

  @Test func whatIsWrittenIsReadBackAsTheSame() throws {
    #expect(try TrainExample.fromString(example.serializeToString()) == example)
    let sequence = TrainSequenceExample(
      context: example.features,
      featureLists: TrainFeatureLists(featureList: [
        "t": TrainFeatureList(feature: Array(example.features.feature.values)),
        "empty": TrainFeatureList(),
      ]))
    #expect(try TrainSequenceExample.fromString(sequence.serializeToString()) == sequence)
  }

  @Test func numbersMayStandEachBehindATag() throws {
    let bytes: [UInt8] = [10, 11, 10, 9, 18, 4, 26, 2, 8, 5, 10, 1, 97]
    let read = try TrainExample.fromString(bytes)
    #expect(read.features.feature["a"]?.int64List.value == [5])
  }

  @Test func theLastOfSeveralKindsCounts() throws {
    // Integers, then floats, then floats again: lists of one kind are joined.
    let value: [UInt8] = [26, 2, 8, 5, 18, 5, 13, 0, 0, 128, 63, 18, 5, 13, 0, 0, 0, 64]
    let entry = ExampleEncoder.field(1, [97]) + ExampleEncoder.field(2, value)
    let bytes = ExampleEncoder.field(1, ExampleEncoder.field(1, entry))
    let feature = try TrainExample.fromString(bytes).features.feature["a"]
    #expect(feature?.floatList.value == [1, 2])
    #expect(feature?.int64List.value == [])
  }

  @Test func fieldsThatTheSchemaDoesNotHaveArePassedOver() throws {
    let bytes = [16, 5, 29, 1, 2, 3, 4] + example.serializeToString() + [26, 1, 0]
    #expect(try TrainExample.fromString(bytes) == example)
  }

  @Test(arguments: [[10, 200], [10, 3, 10, 1, 255], [255]] as [[UInt8]])
  func damagedBytesAreRefused(bytes: [UInt8]) {
    #expect(throws: TFError.self) { try TrainExample.fromString(bytes) }
  }

  @Test(arguments: [
    "{", "{\"features\": 1}", "{\"features\": {\"feature\": []}}", "{} {}",
    #"{"features": {"feature": {"a": {"int64List": {"value": [1.5]}}}}}"#,
    #"{"features": {"feature": {"a": {"int64List": {"value": [01]}}}}}"#,
    #"{"features": {"feature": {"a": {"int64List": {"value": [9223372036854775808]}}}}}"#,
    #"{"features": {"feature": {"a": {"floatList": {"value": [1e40]}}}}}"#,
    #"{"features": {"feature": {"a": {"floatList": {"value": [NaN]}}}}}"#,
    #"{"features": {"feature": {"a": {"bytesList": {"value": ["a"]}}}}}"#,
    #"{"features": {"feature": {"a": {"bytesList": {}, "floatList": {}}}}}"#,
    #"{"features": {"feature": {"a": {}, "a": {}}}}"#,
    #"{"features": {"feature": {"\ud83d": {}}}}"#,
  ])
  func JSONThatIsNoExampleIsRefused(text: String) {
    #expect(throws: TFError.self) {
      try Array(text.utf8).withUnsafeBytes { try ExampleJSON.serialized($0) }
    }
  }

  @Test(arguments: [
    (
      #"{"features": {"feature": {"a": {"int64List": {"value": ["1", 2.0, 1e3, null]}}}}}"#,
      [1, 2, 1000, 0]
    ),
    (#"{'features': {feature: {a: {int64_list: {value: 7,}}}}}"#, [7]),
    (#"{"features": {"feature": {"a": {"int64List": {"value": [[1], [2, [3]]]}}}}}"#, [1, 2, 3]),
  ])
  func JSONMayHaveTheLibraryOtherSpellings(text: String, values: [Int64]) throws {
    let bytes = try Array(text.utf8).withUnsafeBytes { try ExampleJSON.serialized($0) }
    let example = try TrainExample.fromString(bytes)
    #expect(example.features.feature["a"]?.int64List.value == values)
  }

  @Test func tensorsAreReadBackFromTheirMessages() throws {
    for tensor in [
      try Tensor([1, 2, 3] as [Float], dims: [3, 1]), try Tensor(scalar: true),
      try Tensor(strings: ["a", ""], dims: [2]), try Tensor([] as [Int64], dims: [0, 2]),
    ] {
      let bytes = try tensor.serializedProto()
      let read = try bytes.withUnsafeBytes { try Tensor(serializedProto: $0) }
      #expect(read?.hasSameElements(as: tensor) == true)
    }
  }
}
