package import CoreOps

extension DynamicContext {
  /// Takes the next tuple out of the queue in an input: a handle, or container and name.
  ///
  /// - Throws: as dequeuing: `WouldWait` while the queue is empty; `INVALID_ARGUMENT`; `NOT_FOUND`
  ///   where there is no queue of that name.
  package func dequeued(_ index: Int) throws -> [Tensor] {
    let handle = inputs[index]
    if handle.dtype == .resource {
      return try handle.resource(QueueObject.self).take(ticket)
    }
    guard handle.dtype == .string, handle.dims.elementCount == 2 else {
      throw TFError.invalidArgument(
        "Queue handle must have two elements, but had shape: \(handle.dims)")
    }
    let names = handle.strings.map(\.text)
    guard let queue: QueueObject = execution.resources.find(names[0], names[1]) else {
      throw TFError.notFound("Resource \(names[0])/\(names[1])/QueueInterface does not exist.")
    }
    return try queue.take(ticket)
  }
}
