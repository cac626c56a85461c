import CoreOps
public import V1Graph

/// The processes of a job by their addresses. Follows `tf.compat.v1.train.ClusterSpec`.
public struct ClusterSpec: Sendable, Hashable {
  private let tasks: [String: [String]]

  /// - Parameter cluster: the addresses of each job's processes.
  public init(_ cluster: [String: [String]]) { tasks = cluster }

  public var jobs: [String] { tasks.keys.sorted() }
  public func asDict() -> [String: [String]] { tasks }

  /// Follows `ClusterSpec.num_tasks`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a job that is not there.
  public func numTasks(_ jobName: String) throws -> Int { try jobTasks(jobName).count }

  /// Follows `ClusterSpec.job_tasks`.
  public func jobTasks(_ jobName: String) throws -> [String] {
    guard let addresses = tasks[jobName] else {
      throw TFError.invalidArgument("No such job in cluster: \"\(jobName)\"")
    }
    return addresses
  }

  /// Follows `ClusterSpec.task_address`.
  public func taskAddress(_ jobName: String, _ taskIndex: Int) throws -> String {
    let addresses = try jobTasks(jobName)
    guard addresses.indices.contains(taskIndex) else {
      throw TFError.invalidArgument("No task with index \(taskIndex) in job '\(jobName)'")
    }
    return addresses[taskIndex]
  }
}

/// The server of a process, where that is the only one: Janus runs in one process. Follows
/// `tf.compat.v1.train.Server`.
public struct Server: Sendable {
  /// What sessions of this process are made with.
  public let target = ""

  /// - Parameters:
  ///   - cluster: nil for this process alone.
  ///   - jobName: that of this process.
  ///   - taskIndex: which of the job it is.
  /// - Throws: `UNIMPLEMENTED` for a cluster of several processes; `INVALID_ARGUMENT` for a process
  ///   that is not in it.
  public init(_ cluster: ClusterSpec? = nil, jobName: String? = nil, taskIndex: Int = 0) throws {
    guard let cluster else { return }
    let count = cluster.asDict().values.reduce(0) { $0 + $1.count }
    guard count <= 1 else {
      throw TFError.unimplemented(
        "tf.train.Server runs in one process, and the cluster has \(count): run the program alone")
    }
    if let job = jobName ?? cluster.jobs.first { _ = try cluster.taskAddress(job, taskIndex) }
  }

  /// Follows `Server.create_local_server`.
  public static func createLocalServer() throws -> Server { try Server() }
}

extension V1Train {
  public typealias ClusterSpec = V1Runtime.ClusterSpec
  public typealias Server = V1Runtime.Server

  /// The device that variables are placed on. Follows
  /// `tf.compat.v1.train.replica_device_setter`.
  ///
  /// - Parameters:
  ///   - psTasks: how many processes keep variables, which must be none.
  ///   - cluster: has the same in its job `ps`.
  /// - Returns: nil, for no device: all is in this process.
  /// - Throws: `UNIMPLEMENTED` for other processes.
  public static func replicaDeviceSetter(psTasks: Int = 0, cluster: ClusterSpec? = nil) throws
    -> String?
  {
    let count = try cluster.map { $0.jobs.contains("ps") ? try $0.numTasks("ps") : 0 } ?? psTasks
    guard count == 0 else {
      throw TFError.unimplemented(
        """
        tf.train.replicaDeviceSetter: variables stay in this process, and \(count) others are to \
        keep them: run the program alone
        """)
    }
    return nil
  }
}
