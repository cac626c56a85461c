public import CoreGraph
public import CoreOps

/// The name of a collection of a graph, and the type of what is in it.
///
/// A text stands for a collection of any type: `let key: CollectionKey<Tensor> = "my_losses"`.
public struct CollectionKey<Element: CollectionElement>: Sendable, Hashable,
  ExpressibleByStringLiteral
{
  /// As MetaGraphs name the collection.
  public let name: String

  public init(_ name: String) { self.name = name }
  public init(stringLiteral name: String) { self.name = name }
}

/// What collections of graphs hold: tensors, operations, variables, and what a program defines.
public protocol CollectionElement: Sendable {
  /// Itself, where a collection of another type holds it: the operation of a tensor; nil where it
  /// is nothing of the kind.
  static func fromCollection(_ element: any Sendable) -> Self?
}

extension CollectionElement {
  public static func fromCollection(_ element: any Sendable) -> Self? { element as? Self }
}

extension Tensor: CollectionElement {
  public static func fromCollection(_ element: any Sendable) -> Tensor? {
    if let variable = element as? Variable { return try? variable.asTensor() }
    return element as? Tensor
  }
}

extension Operation: CollectionElement {
  public static func fromCollection(_ element: any Sendable) -> Operation? {
    if let tensor = element as? Tensor { return try? tensor.op }
    if let variable = element as? Variable { return variable.op }
    return element as? Operation
  }
}

extension Variable: CollectionElement {}
extension Int: CollectionElement {}
extension Float: CollectionElement {}
extension Double: CollectionElement {}
extension Bool: CollectionElement {}
extension String: CollectionElement {}

/// The standard collections of a graph. Follows `tf.compat.v1.GraphKeys`.
public enum GraphKeys {
  /// Variables that are saved and shared.
  public static let globalVariables = CollectionKey<Variable>("variables")
  public static let variables = globalVariables
  /// Variables that optimizers train.
  public static let trainableVariables = CollectionKey<Variable>("trainable_variables")
  /// Variables of this process, which are not saved.
  public static let localVariables = CollectionKey<Variable>("local_variables")
  /// Variables that a model computes with.
  public static let modelVariables = CollectionKey<Variable>("model_variables")
  /// Variables of metrics.
  public static let metricVariables = CollectionKey<Variable>("metric_variables")
  /// Variables of which averages are kept.
  public static let movingAverageVariables = CollectionKey<Variable>("moving_average_variables")
  public static let concatenatedVariables = CollectionKey<Variable>("concatenated_variables")
  /// Tensors whose regularisation losses a program wants.
  public static let weights = CollectionKey<Variable>("weights")
  public static let biases = CollectionKey<Variable>("biases")
  public static let globalStep = CollectionKey<Variable>("global_step")
  /// What is to run beside a training step, such as updates of averages.
  public static let updateOps = CollectionKey<Operation>("update_ops")
  public static let trainOp = CollectionKey<Operation>("train_op")
  public static let initOp = CollectionKey<Operation>("init_op")
  public static let localInitOp = CollectionKey<Operation>("local_init_op")
  public static let readyOp = CollectionKey<Tensor>("ready_op")
  public static let readyForLocalInitOp = CollectionKey<Tensor>("ready_for_local_init_op")
  /// The initialisers of tables.
  public static let tableInitializers = CollectionKey<Operation>("table_initializer")
  public static let evalStep = CollectionKey<Variable>("eval_step")
  public static let losses = CollectionKey<Tensor>("losses")
  public static let regularizationLosses = CollectionKey<Tensor>("regularization_losses")
  public static let activations = CollectionKey<Tensor>("activations")
  public static let summaries = CollectionKey<Tensor>("summaries")
  public static let summaryOp = CollectionKey<Tensor>("summary_op")
  public static let assetFilepaths = CollectionKey<Tensor>("asset_filepaths")
}
