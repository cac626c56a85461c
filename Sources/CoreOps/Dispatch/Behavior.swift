/// The switches by which TensorFlow's two styles differ.
///
/// A switch changes what later calls do; what a program made before stays as it is. Follows
/// `tf.compat.v1.enable_v2_behavior` and the functions that it calls.
public struct Behavior: Sendable, Hashable, Codable {
  /// How a random op without a seed of its own gets one, where its graph has a seed.
  public enum SeedPolicy: String, Sendable, Codable, CaseIterable {
    /// The number of random ops before it that asked, as TensorFlow 2 counts.
    case randomOps
    /// The number of nodes before it, as TensorFlow 1 counted.
    case nodes
  }

  /// Whether calls run at once, rather than add to a graph. Follows
  /// `tf.compat.v1.enable_eager_execution`.
  public var eagerExecution: Bool
  /// Whether variables are resources unless they ask for the other kind. Follows
  /// `tf.compat.v1.enable_resource_variables`.
  public var resourceVariables: Bool
  /// Whether the elements of a shape are numbers. Follows `tf.compat.v1.enable_v2_tensorshape`.
  public var v2TensorShape: Bool
  /// Whether `==` compares elements. Follows `tf.compat.v1.enable_tensor_equality`.
  public var tensorEquality: Bool
  /// Whether conditionals and loops are made of functions. Follows
  /// `tf.compat.v1.enable_control_flow_v2`.
  public var controlFlowV2: Bool
  public var seedPolicy: SeedPolicy

  public init(
    eagerExecution: Bool, resourceVariables: Bool, v2TensorShape: Bool, tensorEquality: Bool,
    controlFlowV2: Bool, seedPolicy: SeedPolicy = .randomOps
  ) {
    self.eagerExecution = eagerExecution
    self.resourceVariables = resourceVariables
    self.v2TensorShape = v2TensorShape
    self.tensorEquality = tensorEquality
    self.controlFlowV2 = controlFlowV2
    self.seedPolicy = seedPolicy
  }

  private init(all isOn: Bool) {
    self.init(
      eagerExecution: isOn, resourceVariables: isOn, v2TensorShape: isOn, tensorEquality: isOn,
      controlFlowV2: isOn)
  }

  /// As after `tf.compat.v1.disable_v2_behavior()`.
  public static let v1 = Behavior(all: false)
  /// As TensorFlow 2 begins.
  public static let v2 = Behavior(all: true)
}

extension Behavior: CustomStringConvertible {
  /// The switches by name, `eagerExecution on, …`.
  public var description: String {
    let switches = [
      ("eagerExecution", eagerExecution), ("resourceVariables", resourceVariables),
      ("v2TensorShape", v2TensorShape), ("tensorEquality", tensorEquality),
      ("controlFlowV2", controlFlowV2),
    ]
    return switches.map { "\($0) \($1 ? "on" : "off")" }.joined(separator: ", ")
      + ", seedPolicy \(seedPolicy)"
  }
}

extension Behavior {
  /// All switches as one number, which threads read and write as one.
  var bits: UInt8 {
    let switches = [
      eagerExecution, resourceVariables, v2TensorShape, tensorEquality, controlFlowV2,
      seedPolicy == .nodes,
    ]
    return switches.enumerated().reduce(0) { $0 | ($1.element ? 1 << UInt8($1.offset) : 0) }
  }

  init(bits: UInt8) {
    func isOn(_ index: UInt8) -> Bool { bits & (1 << index) != 0 }
    self.init(
      eagerExecution: isOn(0), resourceVariables: isOn(1), v2TensorShape: isOn(2),
      tensorEquality: isOn(3), controlFlowV2: isOn(4), seedPolicy: isOn(5) ? .nodes : .randomOps)
  }

  static let eagerBit: UInt8 = 1
}
