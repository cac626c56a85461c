import CKernels
import Glibc
import Synchronization
public import CoreOps

/// Assertions, printing and checks.
package struct DebugOps: OpFamily {
  package static let family: Self = define(Self())

  package let assert: OpDef = OpDef(
    "Assert",
    """
    condition: bool, data: T ->
    T: list(type) >= 1
    summarize: int = 3
    """,
    stateful: true,
    shape: { context in
      let condition = context.shapes[0]
      try require(
        condition.rank == nil || condition.rank == 0, "In[0] should be a scalar: \(condition)")
      return []
    },
    kernel: .dynamic { context in
      let limit = try context.int("summarize")
      return { run in
        let condition = run.inputs[0]
        try require(condition.dims.rank == 0, "In[0] should be a scalar: \(condition.dims)")
        if condition.elements(Bool.self)[0] { return [] }
        let data = run.inputs.dropFirst().map { "[\($0.summary(limit: limit))]" }
        throw TFError.invalidArgument("assertion failed: " + data.joined(separator: " "))
      }
    }, gradient: .zero)

  package let print: OpDef = OpDef(
    "Print",
    """
    input: T, data: U -> output: T
    T: type
    U: list(type) >= 0
    message: string = ''
    first_n: int = -1
    summarize: int = 3
    """,
    stateful: true, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let message = try context.string("message")
      let (first, limit) = (try context.int("first_n"), try context.int("summarize"))
      let calls = Counter()
      return { run in
        if first < 0 || calls.next() < first {
          let data = run.inputs.dropFirst().map { "[\($0.summary(limit: limit))]" }
          try write(message + data.joined() + "\n", to: "stderr")
        }
        return [run.inputs[0]]
      }
    },
    gradient: .rule(needs: .inputs) { context in
      [try context.gradient()] + [Tensor?](repeating: nil, count: context.inputs.count - 1)
    })

  package let printV2: OpDef = OpDef(
    "PrintV2",
    """
    input: string ->
    output_stream: string = 'stderr'
    end: string = '\\n'
    """,
    stateful: true, shape: { _ in [] },
    kernel: .dynamic { context in
      let stream = try context.string("output_stream")
      let end = try context.string("end")
      let known = ["stdout", "stderr", "log(info)", "log(warning)", "log(error)"]
      try require(
        known.contains(stream) || stream.hasPrefix("file://"),
        """
        Unknown output stream: \(stream), valid streams are: \(known.joined(separator: ", ")), \
        file://<filename>
        """
      )
      return { run in
        let input = run.inputs[0]
        try require(input.dims.rank == 0, "PrintV2 takes a scalar, got shape \(input.dims)")
        try write(input.strings[0].text + end, to: stream)
        return []
      }
    }, gradient: .none("TensorFlow defines no gradient for PrintV2"))

  package let checkNumerics: OpDef = checking("CheckNumerics", signs: false)
  package let checkNumericsV2: OpDef = checking("CheckNumericsV2", signs: true)

  /// - Parameter signs: whether the message tells the infinities apart.
  private static func checking(_ name: String, signs: Bool) -> OpDef {
    OpDef(
      name,
      """
      tensor: T -> output: T
      T: {bfloat16, half, float, double}
      message: string
      """,
      stateful: true, shape: ShapeRules.same,
      kernel: .dynamic { context in
        let message = try context.string("message")
        return { run in
          let x = run.inputs[0]
          let found = jk_find_non_finite(Int32(x.dtype.rawValue), x.pointer, x.dims.elementCount)
          if found == 0 { return [x] }
          var kinds: [String] = []
          if signs {
            if found & 2 != 0 { kinds.append("-Inf") }
            if found & 4 != 0 { kinds.append("+Inf") }
          } else if found & 6 != 0 {
            kinds.append("Inf")
          }
          if found & 1 != 0 { kinds.append("NaN") }
          let list =
            kinds.count < 3
            ? kinds.joined(separator: " and ") : "\(kinds[0]), \(kinds[1]), and \(kinds[2])"
          throw TFError.invalidArgument("\(message) : Tensor had \(list) values")
        }
      },
      gradient: .rule(needs: .nothing) { context in
        // The gradient is checked as well.
        let message = try context.string("message")
        let watch = "Not a number (NaN) or infinity (Inf) values detected in gradient. \(message)"
        let gradient = try context.op([context.gradient()], ["message": .string(watch)])
        return [gradient]
      })
  }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
  }

  private static func write(_ text: String, to stream: String) throws {
    let bytes = Array(text.utf8)
    if stream.hasPrefix("file://") {
      let path = String(stream.dropFirst(7))
      guard let file = fopen(path, "a") else { throw TFError.notFound("cannot open \(path)") }
      defer { fclose(file) }
      guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
        throw TFError(.unknown, "cannot write to \(path)")
      }
      return
    }
    // One write to the descriptor keeps the line of a call together, whatever other threads print.
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(stream == "stdout" ? 1 : 2, $0.baseAddress! + start, bytes.count - start)
      }
      if count <= 0 { return }
      start += count
    }
  }
}

extension SharedAPI {
  /// Checks, each time it runs, that `condition` holds. Follows `tf.Assert`; in a graph, others
  /// must depend on the node.
  ///
  /// - Parameters:
  ///   - condition: a bool scalar.
  ///   - data: what the error shows.
  ///   - summarize: how many elements of each; -1 for all.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the condition does not hold.
  public static func assert(
    _ condition: some TensorConvertible, _ data: [any TensorConvertible], summarize: Int = 3,
    name: String? = nil
  ) throws {
    _ = try apply(
      DebugOps.family.assert, [condition.asTensor()] + data.map { try $0.asTensor() },
      Attrs().with("summarize", .int(summarize), unless: summarize == 3), name: name)
  }
}

extension SharedAPI {
  public typealias debugging = DebuggingAPI
}

/// `tf.debugging`.
public enum DebuggingAPI {
  /// `tensor` itself, once it is known to have no NaN or infinity. Follows
  /// `tf.debugging.check_numerics`.
  ///
  /// - Parameters:
  ///   - tensor: floating point.
  ///   - message: what the error begins with.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when there is one.
  public static func checkNumerics(
    _ tensor: some TensorConvertible, message: String, name: String? = nil
  ) throws -> Tensor {
    try DebugOps.family.checkNumericsV2(
      [tensor.asTensor()], ["message": .string(message)], name: name)
  }

  /// The same with its arguments by position.
  public static func checkNumerics(
    _ tensor: some TensorConvertible, _ message: String, name: String? = nil
  ) throws -> Tensor {
    try checkNumerics(tensor, message: message, name: name)
  }
}
