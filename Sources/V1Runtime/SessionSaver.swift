import CoreGraph
import CoreOps
import Glibc
import Serialization
public import V1Graph
public import Variables

/// What saves and restores the variables of a session: the part of `tf.train.Saver` that sessions
/// which look after themselves need.
public protocol SessionSaver: Sendable {
  /// Saves the variables.
  ///
  /// - Parameters:
  ///   - session: whose variables they are.
  ///   - path: what the names of the files begin with, before `-STEP`.
  ///   - globalStep: nil for names without one.
  /// - Returns: what the names of the files begin with.
  func saveVariables(of session: Session, to path: String, globalStep: Int?) throws -> String

  /// Gives the variables the values that were saved.
  func restoreVariables(of session: Session, from path: String) throws
}

/// Saves the variables of a graph by their names, and adds nothing to the graph.
public final class VariableSaver: SessionSaver {
  private let variables: [Variable]
  private let keeper: Lock<CheckpointKeeper>

  /// - Parameters:
  ///   - varList: nil for the global variables of the default graph.
  ///   - maxToKeep: how many checkpoints stay.
  public init(_ varList: [Variable]? = nil, maxToKeep: Int = 5) throws {
    variables = try varList ?? API.globalVariables()
    keeper = Lock(CheckpointKeeper(maxToKeep: maxToKeep))
  }

  public func saveVariables(of session: Session, to path: String, globalStep: Int?) throws
    -> String
  {
    let prefix = globalStep.map { "\(path)-\($0)" } ?? path
    let values = try session.run(variables)
    let writer = try CheckpointWriter(prefix)
    for (variable, value) in zip(variables, values) {
      try writer.add(variable.op?.name ?? variable.name, value)
    }
    try writer.finish()
    try keeper.withLock { try $0.saved(prefix) }
    return prefix
  }

  public func restoreVariables(of session: Session, from path: String) throws {
    guard V1Train.checkpointExists(path) else {
      throw TFError.invalidArgument("The passed save_path is not a valid checkpoint: \(path)")
    }
    let reader = try CheckpointReader(path)
    for variable in variables {
      try variable.load(reader.tensor(variable.op?.name ?? variable.name), session: session)
    }
  }
}

extension GraphKeys {
  /// What saves the variables of a graph.
  static let savers = "savers"
}
