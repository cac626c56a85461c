public import CoreGraph
import CoreOps

/// A function that is traced once per combination of dtypes and shapes, and then run as a plan.
/// Follows `tf.function`.
public final class Function<each In: TensorStructure & Sendable, Out: TensorStructure & Sendable>:
  Sendable
{
  private struct Trace: Sendable {
    let signature: [(DType, PartialShape)]
    let structure: [Int]
    let function: ConcreteFunction
    /// The result's structure.
    let out: Out
  }

  private let body: @Sendable (repeat each In) throws -> Out
  private let traces = Lock<[Trace]>([])
  private static var limit: Int { 64 }

  public init(_ body: @escaping @Sendable (repeat each In) throws -> Out) { self.body = body }

  /// How often the body was traced.
  public var traceCount: Int { traces.withLock { $0.count } }

  /// - Throws: what the body throws while it is traced, and what its ops refuse.
  public func callAsFunction(_ inputs: repeat each In) throws -> Out {
    // Inside a graph or another function, the body is part of what is made there.
    guard Environment.current.isExecutingEagerly else { return try body(repeat each inputs) }
    var arguments: [Tensor] = []
    for input in repeat each inputs { arguments.append(contentsOf: input.tensors) }
    let trace = try trace(for: arguments, repeat each inputs)
    var results = try trace.function.call(arguments)[...]
    return trace.out.replacing(&results)
  }

  private func trace(for arguments: [Tensor], _ inputs: repeat each In) throws -> Trace {
    let found = traces.withLock { traces in
      traces.first { trace in
        var position = 0
        for input in repeat each inputs {
          if !input.follows(trace.structure, &position) { return false }
        }
        return trace.signature.count == arguments.count
          && arguments.indices.allSatisfy {
            trace.signature[$0].0 == arguments[$0].dtype
              && trace.signature[$0].1.isEqual(to: arguments[$0].dims)
          }
      }
    }
    if let found { return found }
    let signature = arguments.map { ($0.dtype, $0.shape) }
    var out: Out?
    let function = try ConcreteFunction(signature) { placeholders in
      var rest = placeholders[...]
      let result = try body(repeat (each inputs).replacing(&rest))
      out = result
      return result.tensors
    }
    guard let out else { throw TFError.internal("the function was not traced") }
    var structure: [Int] = []
    for input in repeat each inputs { input.describe(into: &structure) }
    let trace = Trace(
      signature: signature, structure: structure, function: function, out: out)
    traces.withLock { traces in
      traces.insert(trace, at: 0)
      if traces.count > Self.limit { traces.removeLast() }
    }
    return trace
  }
}
