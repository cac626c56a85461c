import CoreOps
import Ops
import TestSupport

private let missing = AttrValue.function("no_such_function", [:])

/// What a sender and a receiver of a tensor have in common.
private func channel(_ name: String, _ more: Attrs = [:]) -> Attrs {
  var attrs: Attrs = [
    "tensor_name": .string(name), "send_device": .string("/cpu:0"),
    "send_device_incarnation": .int(1 << 40), "recv_device": .string("/cpu:0"),
  ]
  for entry in more { attrs[entry.name] = entry.value }
  return attrs
}

private func handedOn(_ send: String, _ receive: String) -> OpCase {
  OpCase("\(receive) of what \(send) sent", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    _ = try applyOp(send, inputs, channel("\(send)_row"))
    return try applyOp(receive, [], channel("\(send)_row", ["tensor_type": .type(.float32)]))
  }
}

/// `tf` as programs have it.
private enum tf: SharedAPI {}

let functionCallCases: [OpCase] = [
  OpCase(
    "MapDefun of a missing function", [[1.0]],
    [
      "f": missing, "output_types": .types([.float32]), "output_shapes": .shapes([.scalar]),
      "Targuments": .types([.float32]),
    ], error: .notFound),
  OpCase(
    "SymbolicGradient of a missing function", [1.0, 1.0],
    ["f": missing, "Tout": .types([.float32])], error: .notFound),
  OpCase(
    "RemoteCall of a missing function", ["/cpu:0", 1.0],
    ["f": missing, "Tout": .types([.float32])], error: .notFound),
  OpCase(
    "_If of a missing function", [true, 1.0],
    ["then_branch": missing, "else_branch": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "_While of a missing function", [1.0], ["cond": missing, "body": missing], error: .notFound),
  OpCase("_Arg without a call", [], ["T": .type(.float32), "index": .int(0)], error: .internal),
  OpCase(
    "_DeviceArg without a call", [], ["T": .type(.float32), "index": .int(0)], error: .internal),
  OpCase("_Retval", [1.0], ["index": .int(0)], expect: []),
  OpCase("_DeviceRetval", [1.0], ["index": .int(0)], expect: []),
  OpCase(
    "_ArrayToList", [1.0, 2.0], ["out_types": .types([.float32, .float32])], expect: [1.0, 2.0]),
  OpCase(
    "_ArrayToList of other dtypes", [1.0, 2.0], ["out_types": .types([.float32, .int32])],
    error: .invalidArgument),
  OpCase(
    "_ListToArray", [1.0, 2.0],
    ["Tin": .types([.float32, .float32]), "T": .type(.float32), "N": .int(2)], expect: [1.0, 2.0]),
  OpCase(
    "_ListToArray of other dtypes", [1.0, 2],
    ["Tin": .types([.float32, .int32]), "T": .type(.float32), "N": .int(2)],
    error: .invalidArgument),
  handedOn("Send", "Recv"),
  handedOn("_Send", "_Recv"),
  handedOn("_HostSend", "_HostRecv"),
  OpCase("Send of the same twice", [1.0], error: .aborted) { inputs in
    _ = try applyOp("Send", inputs, channel("sent_twice"))
    _ = try applyOp("Send", inputs, channel("sent_twice"))
    return try applyOp("Recv", [], channel("sent_twice", ["tensor_type": .type(.float32)]))
  },
  OpCase("_Send to _Recv", [1.0], expect: [1.0]) { inputs in
    _ = try applyOp("_Send", inputs, channel("sent_once"))
    return try applyOp("_Recv", [], channel("sent_once", ["tensor_type": .type(.float32)]))
  },
  OpCase("_HostSend of another dtype", [1.0], error: .invalidArgument) { inputs in
    _ = try applyOp("_HostSend", inputs, channel("sent_float"))
    return try applyOp("_HostRecv", [], channel("sent_float", ["tensor_type": .type(.int32)]))
  },
  OpCase(
    "PyFunc without a function", [1.0],
    ["token": .string("no_such_token"), "Tout": .types([.float32])], error: .invalidArgument),
  OpCase(
    "PyFuncStateless without a function", [1.0],
    ["token": .string("no_such_token"), "Tout": .types([.float32])], error: .invalidArgument),
  OpCase(
    "EagerPyFunc without a function", [1.0],
    ["token": .string("no_such_token"), "Tout": .types([.float32])], error: .invalidArgument),
  OpCase("EagerPyFunc of a closure", [[1.0, 2.0], 3], expect: [[2.0, 4.0], 3]) { inputs in
    try tf.pyFunction({ [try $0[0] + $0[0], $0[1]] }, inp: inputs, Tout: [.float32, .int32])
  },
  OpCase("EagerPyFunc that gives another dtype", [1.0], error: .invalidArgument) { inputs in
    try tf.pyFunction({ $0 }, inp: inputs, Tout: [.int32])
  },
  OpCase("EagerPyFunc that gives too much", [1.0], error: .invalidArgument) { inputs in
    try tf.pyFunction({ $0 + $0 }, inp: inputs, Tout: [.float32])
  },
  OpCase("EagerPyFunc that fails", [1.0], error: .unavailable) { inputs in
    try tf.pyFunction({ _ in throw TFError(.unavailable, "no") }, inp: inputs, Tout: [.float32])
  },
  OpCase("PyFunc of a closure", ["a"], expect: ["a"]) { inputs in
    try tf.pyFunc({ $0 }, inp: inputs, Tout: [.string])
  },
  OpCase("PyFuncStateless of a closure", [[1, 2]], expect: [[1, 2]]) { inputs in
    try tf.numpyFunction({ $0 }, inp: inputs, Tout: [.int32], stateful: false)
  },
]
