package import CoreOps

/// Ops that hand tensors on from one place of a run to another, by name.
package struct RendezvousOps: OpFamily {
  package static let family: Self = define(Self())

  package let send = RendezvousOps.sendOp("Send")
  package let internalSend = RendezvousOps.sendOp("_Send")
  package let hostSend = RendezvousOps.sendOp("_HostSend")
  package let receive = RendezvousOps.receiveOp("Recv")
  package let internalReceive = RendezvousOps.receiveOp("_Recv")
  package let hostReceive = RendezvousOps.receiveOp("_HostRecv")

  private static let attributes = """
    tensor_name: string
    send_device: string
    send_device_incarnation: int
    recv_device: string
    client_terminated: bool = false
    """

  private static func sendOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      tensor: T ->
      T: type
      \(attributes)
      """, stateful: true, shape: { _ in [] },
      kernel: .dynamic { context in
        let key = try key(context)
        return { run in
          try Rendezvous.of(run.execution).put(run.inputs[0], key, run.execution.cancellation)
          return []
        }
      }, gradient: .none("TensorFlow has no gradient for it"))
  }

  private static func receiveOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      -> tensor: tensor_type
      tensor_type: type
      \(attributes)
      """, stateful: true, mayWait: true, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let key = try key(context)
        let dtype = context.outputTypes[0]
        return { run in
          let found = try Rendezvous.of(run.execution).take(
            key, run.execution.cancellation, run.ticket)
          guard let tensor = found else { throw WouldWait(name) }
          guard tensor.dtype == dtype else {
            throw TFError.invalidArgument(
              "\(key) was sent as \(tensor.dtype.name), \(dtype.name) was expected")
          }
          return [tensor]
        }
      }, gradient: .none("TensorFlow has no gradient for it"))
  }

  /// What a sender and a receiver must have in common.
  private static func key(_ context: KernelContext) throws -> String {
    try [
      context.string("send_device"), String(context.int("send_device_incarnation")),
      context.string("recv_device"), context.string("tensor_name"),
    ].joined(separator: ";")
  }
}

/// The tensors that were sent and not received yet, by run.
private final class Rendezvous: TensorObject {
  private struct Entry {
    /// Tells the run.
    weak var cancellation: Cancellation?
    let key: String
    let tensor: Tensor
  }

  /// A receiver that found nothing.
  private struct Receiver {
    let ticket: ObjectIdentifier
    let key: String
    let call: WakeCall
  }

  private let entries = Lock<[Entry]>([])
  private let receivers = Lock<[Receiver]>([])

  static func of(_ execution: ExecutionContext) throws -> Rendezvous {
    try execution.resources.findOrCreate("", "rendezvous") { Rendezvous() }
  }

  /// - Throws: `ABORTED` when the same was sent before and is still there.
  func put(_ tensor: Tensor, _ key: String, _ run: Cancellation) throws {
    try entries.withLock { entries in
      // What a run that is over sent is of no use any more.
      entries.removeAll { $0.cancellation == nil }
      if entries.contains(where: { $0.cancellation === run && $0.key == key }) {
        throw TFError(.aborted, "\(key) was sent twice and not received in between")
      }
      entries.append(Entry(cancellation: run, key: key, tensor: tensor))
    }
    // Those of other runs look again, and find nothing.
    for receiver in receivers.withLock({ $0 }) where receiver.key == key { receiver.call.wake() }
  }

  /// What was sent, or nil; the operation is woken when it is.
  func take(_ key: String, _ run: Cancellation, _ ticket: WaitTicket) -> Tensor? {
    receivers.withLock { receivers in
      let own = ObjectIdentifier(ticket)
      if receivers.contains(where: { $0.ticket == own }) { return }
      receivers.append(Receiver(ticket: own, key: key, call: ticket.call))
      ticket.whenLeft { [weak self] in
        self?.receivers.withLock { $0.removeAll { $0.ticket == own } }
      }
    }
    return entries.withLock { entries in
      guard let index = entries.firstIndex(where: { $0.cancellation === run && $0.key == key })
      else { return nil }
      return entries.remove(at: index).tensor
    }
  }
}
