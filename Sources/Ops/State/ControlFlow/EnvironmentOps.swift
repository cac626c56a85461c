import CKernels
package import CoreOps
import Glibc

/// What a program asks of the place where it runs: time, devices, versions.
package struct EnvironmentOps: OpFamily {
  package static let family: Self = define(Self())

  package let deviceIndex: OpDef = OpDef(
    "DeviceIndex",
    """
    -> index: int32
    device_names: list(string)
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      // Everything runs on a CPU; what is not listed counts as the last.
      let names = try context.strings("device_names")
      let index = Int32(names.firstIndex(of: "CPU") ?? names.count)
      return { _ in [try Tensor(scalar: index)] }
    }, gradient: .zero)

  package let graphVersion: OpDef = OpDef(
    "GraphDefVersion",
    """
    -> version: int32
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: Int32(clamping: $0.execution.graphVersion))] },
    gradient: .zero)

  package let timestamp: OpDef = OpDef(
    "Timestamp",
    """
    -> ts: double
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { _ in [try Tensor(scalar: seconds())] }, gradient: .zero)

  package let deadline: OpDef = OpDef(
    "GetDeadline",
    """
    -> deadline_from_epoch_micros: int64
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      let deadline = run.execution.cancellation.deadline
      guard deadline != 0 else { throw TFError.invalidArgument("Deadline has not ben set.") }
      let left = Double(deadline &- jk_now()) * 1e-9
      return [try Tensor(scalar: Int((seconds() + left) * 1e6))]
    }, gradient: .zero)

  package let tensorFloat: OpDef = OpDef(
    "IsTensorFloat32Enabled",
    """
    -> enabled: bool
    """, stateful: true, shape: ShapeRules.scalar,
    // The switch for GPUs, which is on unless a program turns it off.
    kernel: .run { _ in [try Tensor(scalar: true)] }, gradient: .zero)

  package let checkPinned: OpDef = OpDef(
    "CheckPinned",
    """
    tensor: T -> output: T
    T: type
    """, shape: ShapeRules.passing,
    kernel: .run { _ in throw TFError.invalidArgument("not pinned") },
    gradient: .none("TensorFlow has no gradient for it"))

  package let abort: OpDef = OpDef(
    "Abort",
    """
    ->
    error_msg: string = ''
    exit_without_error: bool = false
    """, shape: { _ in [] },
    kernel: .dynamic { context in
      let message = try context.string("error_msg")
      return { _ in
        // The run ends, and not the process as in TensorFlow.
        throw TFError(.aborted, message.isEmpty ? "Abort was run" : message)
      }
    }, gradient: .none("it has no outputs"))

  package let fact: OpDef = OpDef(
    "Fact",
    """
    -> fact: string
    """, shape: ShapeRules.scalar,
    kernel: .run { _ in [try Tensor(strings: ["0! == 1"], dims: Shape())] }, gradient: .zero)

  /// Seconds since 1970.
  private static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}
