public import CoreOps
import Synchronization

/// Ops that call a function of the program, by a token.
package struct PyFuncOps: OpFamily {
  package static let family: Self = define(Self())

  package let pyFunc = PyFuncOps.op(
    "PyFunc",
    """
    input: Tin -> output: Tout
    token: string
    Tin: list(type) >= 0
    Tout: list(type) >= 0
    """, stateful: true)

  package let pyFuncStateless = PyFuncOps.op(
    "PyFuncStateless",
    """
    input: Tin -> output: Tout
    token: string
    Tin: list(type) >= 0
    Tout: list(type) >= 0
    """, stateful: false)

  package let eagerPyFunc = PyFuncOps.op(
    "EagerPyFunc",
    """
    input: Tin -> output: Tout
    token: string
    is_async: bool = false
    Tin: list(type) >= 0
    Tout: list(type) >= 0
    """, stateful: true)

  private static func op(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String, stateful: Bool
  ) -> OpDef {
    OpDef(
      name, signature(), stateful: stateful, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let (token, types) = (try context.string("token"), context.outputTypes)
        return { run in
          guard let function = ProgramFunctions.named(token) else {
            throw TFError.invalidArgument(
              "ValueError: Could not find callback with key=\(token) in the registry.")
          }
          return try ProgramFunctions.call(function, run.inputs, types, token)
        }
      }, gradient: .none("what a function of the program computes is not followed"))
  }
}

/// The functions of the program that graphs may call, by their tokens.
enum ProgramFunctions {
  typealias Function = @Sendable ([Tensor]) throws -> [Tensor]

  private static let functions = Lock<[String: Function]>([:])
  private static let count = Atomic(0)
  /// The functions run eagerly, whoever calls.
  private static let environment = Environment.process.with(state: EnvironmentState(.v2))

  /// - Returns: the token by which graphs call the function, for as long as the program runs.
  static func register(_ function: @escaping Function) -> String {
    let token = "pyfunc_\(count.wrappingAdd(1, ordering: .relaxed).oldValue)"
    functions.withLock { $0[token] = function }
    return token
  }

  static func named(_ token: String) -> Function? { functions.withLock { $0[token] } }

  /// - Throws: what the function throws; `INVALID_ARGUMENT` when its results have other dtypes than
  ///   `types`.
  static func call(_ function: Function, _ inputs: [Tensor], _ types: [DType], _ name: String)
    throws -> [Tensor]
  {
    let results = try environment.run { try function(inputs) }
    guard results.count == types.count else {
      throw TFError.invalidArgument(
        "\(name) returned \(results.count) tensors, but expects to return \(types.count)")
    }
    for (index, (result, dtype)) in zip(results, types).enumerated() {
      guard !result.isSymbolic else {
        throw TFError.invalidArgument("the \(index)-th value returned by \(name) is symbolic")
      }
      guard result.dtype == dtype else {
        throw TFError.invalidArgument(
          """
          \(index)-th value returned by \(name) is \(result.dtype.name), but expects \(dtype.name)
          """
        )
      }
    }
    return results
  }
}

extension SharedAPI {
  /// Calls a function of the program: now, or each time the graph runs.
  ///
  /// A graph that is saved has only the function's token, which means nothing to other programs.
  ///
  /// - Parameters:
  ///   - func: gets the values of `inp`, runs eagerly and gives tensors of the dtypes `Tout`. Any
  ///     thread may call it.
  ///   - inp: what it is called with.
  ///   - Tout: the dtypes of the results.
  /// - Throws: what `func` throws; `INVALID_ARGUMENT` when its results have other dtypes.
  ///
  /// Follows `tf.py_function`.
  public static func pyFunction(
    _ func: @escaping @Sendable ([Tensor]) throws -> [Tensor], inp: [any TensorConvertible],
    Tout: [DType], name: String? = nil
  ) throws -> [Tensor] {
    try program(PyFuncOps.family.eagerPyFunc, `func`, inp, Tout, name ?? "EagerPyFunc")
  }

  /// The same as `pyFunction`: Swift's functions take and give tensors.
  ///
  /// - Parameters:
  ///   - func: gets the values of `inp`, runs eagerly and gives tensors of the dtypes `Tout`.
  ///   - inp: what it is called with.
  ///   - Tout: the dtypes of the results.
  ///   - stateful: whether two calls with equal inputs may differ, or a call has effects.
  /// - Throws: what `func` throws; `INVALID_ARGUMENT` when its results have other dtypes.
  ///
  /// Follows `tf.numpy_function`.
  public static func numpyFunction(
    _ func: @escaping @Sendable ([Tensor]) throws -> [Tensor], inp: [any TensorConvertible],
    Tout: [DType], stateful: Bool = true, name: String? = nil
  ) throws -> [Tensor] {
    let family = PyFuncOps.family
    return try program(
      stateful ? family.pyFunc : family.pyFuncStateless, `func`, inp, Tout, name ?? "PyFunc")
  }

  /// The same as `numpyFunction`, by its name in TF-1.
  ///
  /// - Parameters:
  ///   - func: gets the values of `inp`, runs eagerly and gives tensors of the dtypes `Tout`.
  ///   - inp: what it is called with.
  ///   - Tout: the dtypes of the results.
  ///   - stateful: whether two calls with equal inputs may differ, or a call has effects.
  /// - Throws: what `func` throws; `INVALID_ARGUMENT` when its results have other dtypes.
  ///
  /// Follows `tf.compat.v1.py_func`.
  public static func pyFunc(
    _ func: @escaping @Sendable ([Tensor]) throws -> [Tensor], inp: [any TensorConvertible],
    Tout: [DType], stateful: Bool = true, name: String? = nil
  ) throws -> [Tensor] {
    try numpyFunction(`func`, inp: inp, Tout: Tout, stateful: stateful, name: name)
  }

  private static func program(
    _ op: OpDef, _ function: @escaping ProgramFunctions.Function, _ inputs: [any TensorConvertible],
    _ types: [DType], _ name: String
  ) throws -> [Tensor] {
    let inputs = try inputs.map { try $0.asTensor() }
    if Environment.current.isExecutingEagerly {
      return try ProgramFunctions.call(function, inputs, types, name)
    }
    return try apply(
      op, inputs,
      ["token": .string(ProgramFunctions.register(function)), "Tout": .types(types)], name: name)
  }
}
