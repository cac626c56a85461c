import CompatV1

/// The programs of `script/flow-graphs`.
enum FlowPrograms {
  struct Program: Sendable {
    let name: String
    let body: @Sendable () throws -> Void
  }

  private static func vector(_ name: String = "x") throws -> Tensor {
    try tf.placeholder(.float32, shape: [2], name: name)
  }
  private static func matrix(_ shape: PartialShape, _ name: String = "x") throws -> Tensor {
    try tf.placeholder(.float32, shape: shape, name: name)
  }
  private static func scalar(_ name: String) throws -> Tensor {
    try tf.placeholder(.int32, shape: [], name: name)
  }
  private static func predicate(_ name: String = "p") throws -> Tensor {
    try tf.placeholder(.bool, shape: [], name: name)
  }

  static let all = conditionals + loops + arrays

  static let conditionals: [Program] = [
    Program(name: "cond_of_a_tensor") {
      let (x, p) = (try vector(), try predicate())
      _ = try tf.cond(p, { try x + 1.0 }, { x })
    },
    Program(name: "cond_of_a_list") {
      let (x, y, p) = (try vector(), try vector("y"), try predicate())
      _ = try tf.cond(p, { [try x * y, y] }, { [y, try x - y] }, name: "choice")
    },
    Program(name: "cond_of_constants") {
      let p = try predicate()
      _ = try tf.cond(p, { try tf.constant(1.0) }, { try tf.constant(2.0, name: "two") })
    },
    Program(name: "nested_conds") {
      let (x, p, q) = (try vector(), try predicate(), try predicate("q"))
      _ = try tf.cond(
        p, { try tf.cond(q, { try x + 1.0 }, { try x * x }) }, { try tf.exp(x) })
    },
    Program(name: "cond_after_control_dependencies") {
      let (x, p) = (try vector(), try predicate())
      let y = try tf.negative(x)
      _ = try tf.controlDependencies([y]) {
        try tf.cond(p, { try x + 1.0 }, { try tf.constant([1.0, 2.0], dtype: .float32) })
      }
    },
    Program(name: "control_dependencies_in_a_branch") {
      let (x, p) = (try vector(), try predicate())
      let y = try tf.negative(x)
      _ = try tf.cond(
        p, { try tf.controlDependencies([tf.exp(y)]) { try tf.constant(1.0) } },
        { try tf.constant(2.0) })
    },
    Program(name: "cond_of_an_unknown_predicate") {
      let (x, p) = (try vector(), try tf.placeholder(.bool, name: "p"))
      _ = try tf.cond(p, { try x + 1.0 }, { x })
    },
    Program(name: "two_conds_in_a_scope") {
      let (x, p) = (try vector(), try predicate())
      try tf.nameScope("tower") {
        let a = try tf.cond(p, { try x + 1.0 }, { x })
        _ = try tf.cond(p, { try a + x }, { a })
      }
    },
    Program(name: "case_of_two") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.case(
        [(tf.less(n, 1), { try x + 1.0 }), (tf.less(n, 2), { try x * 2.0 })], default: { x })
    },
    Program(name: "exclusive_case") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.case(
        [(tf.less(n, 1), { try x + 1.0 }), (tf.greater(n, 2), { try x * 2.0 })], default: { x },
        exclusive: true)
    },
    Program(name: "case_without_default") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.case(
        [(tf.less(n, 1), { try x + 1.0 }), (tf.greater(n, 2), { try x * 2.0 })])
    },
    Program(name: "switch_case") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.switchCase(n, [{ try x + 1.0 }, { try x * x }], default: { x })
    },
  ]

  static let loops: [Program] = [
    Program(name: "counting_loop") {
      _ = try tf.whileLoop({ try tf.less($0, 10) }, { try $0 + 1 }, tf.constant(0))
    },
    Program(name: "loop_of_two") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.whileLoop(
        { i, a in try tf.less(i, n) }, { i, a in (try i + 1, try a * x) }, (tf.constant(0), x),
        name: "power")
    },
    Program(name: "bounded_loop") {
      let x = try vector()
      _ = try tf.whileLoop(
        { try tf.less($0[0], 10) }, { [try $0[0] + 1, try $0[1] + x] }, [tf.constant(0), x],
        parallelIterations: 4, maximumIterations: 3)
    },
    Program(name: "loop_with_growing_variable") {
      let x = try matrix([1, 2])
      _ = try tf.whileLoop(
        { i, m in try tf.less(i, 3) }, { i, m in (try i + 1, try tf.concat([m, m], axis: 0)) },
        (tf.constant(0), x), shapeInvariants: [[], [nil, 2]])
    },
    Program(name: "nested_loops") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.whileLoop(
        { i, a in try tf.less(i, n) },
        { i, a in
          let b = try tf.whileLoop(
            { j, b in try tf.less(j, i) }, { j, b in (try j + 1, try b + x * a) },
            (tf.constant(0), a)
          ).1
          return (try i + 1, b)
        }, (tf.constant(0), x))
    },
    Program(name: "cond_in_a_loop") {
      let (x, n) = (try vector(), try scalar("n"))
      _ = try tf.whileLoop(
        { i, a in try tf.less(i, n) },
        { i, a in
          (try i + 1, try tf.cond(tf.greater(i, 2), { try a + x }, { try a * 2.0 }))
        }, (tf.constant(0), x))
    },
    Program(name: "loop_in_a_cond") {
      let (x, p) = (try vector(), try predicate())
      _ = try tf.cond(
        p,
        {
          try tf.whileLoop(
            { i, a in try tf.less(i, 3) }, { i, a in (try i + 1, try a * x) }, (tf.constant(0), x)
          ).1
        }, { x })
    },
    Program(name: "control_dependencies_in_a_loop") {
      let (x, y) = (try vector(), try vector("y"))
      let z = try tf.exp(y)
      _ = try tf.controlDependencies([tf.negative(x)]) {
        try tf.whileLoop(
          { i, a in try tf.less(i, 3) },
          { i, a in try tf.controlDependencies([z]) { (try i + 1, try tf.identity(a)) } },
          (tf.constant(0), x))
      }
    },
    Program(name: "loop_invariants") {
      let (x, y) = (try vector(), try vector("y"))
      _ = try tf.whileLoop(
        { i, a in try tf.less(i, 3) },
        { i, a in (try i + 1, try a + tf.exp(x * y) + tf.zeros([2])) }, (tf.constant(0), x))
    },
    Program(name: "loop_without_gradient") {
      let x = try vector()
      _ = try tf.whileLoop(
        { try tf.less(tf.reduceSum($0), 9.0) }, { try $0 + x }, x, backProp: false,
        swapMemory: true)
    },
  ]

  static let arrays: [Program] = [
    Program(name: "tensor_array") {
      var a = try tf.TensorArray(.float32, size: 3)
      a = try a.write(0, 1.0).write(1, 2.0)
      _ = (try a.stack(), try a.read(0), try a.size())
      let b = try tf.TensorArray(.float32, size: 3, elementShape: [2]).unstack(
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
      _ = (try b.concat(), try b.gather([0, 1]), try b.identity())
    },
    Program(name: "dynamic_tensor_array") {
      let (x, n) = (try matrix([nil, 2]), try scalar("n"))
      var a = try tf.TensorArray(
        .float32, size: n, dynamicSize: true, clearAfterRead: false, tensorArrayName: "foo",
        name: "t")
      a = try a.scatter([0, 1], x[..<2])
      _ = (try a.stack(name: "s"), try a.size())
      _ = try a.write(n, x[0], name: "w").read(n, name: "r")
      _ = try a.unstack(x, name: "u").gather(tf.range(n), name: "g")
    },
    Program(name: "split_tensor_array") {
      let x = try matrix([3])
      let a = try tf.TensorArray(.float32, size: 2, inferShape: false).split(x, [1, 2])
      _ = try a.concat()
      try a.close()
    },
    Program(name: "loop_over_a_tensor_array") {
      let x = try matrix([4, 2])
      let a = try tf.TensorArray(.float32, size: 4).unstack(x)
      let b = try tf.TensorArray(.float32, size: 4)
      let c = try tf.whileLoop(
        { i, t in try tf.less(i, 4) },
        { i, t in (try i + 1, try t.write(i, a.read(i) * 2.0)) }, (tf.constant(0), b)
      ).1
      _ = try c.stack()
    },
    Program(name: "map_fn") {
      _ = try tf.mapFn({ (a: Tensor) in try a * 2.0 }, matrix([4, 2]))
    },
    Program(name: "map_fn_of_unknown_length") {
      _ = try tf.mapFn(
        { (a: Tensor) in try tf.cast(tf.reduceSum(a), .int32) }, matrix([nil, 2]),
        dtype: .int32, name: "sums")
    },
    Program(name: "map_fn_of_two") {
      let (x, y) = (try matrix([4, 2]), try matrix([4], "y"))
      _ = try tf.mapFn(
        { (a: [Tensor]) in try a[0] * a[1] }, [x, y], dtype: .float32, parallelIterations: 3)
    },
    Program(name: "scan") {
      _ = try tf.scan({ (a: Tensor, b: Tensor) in try a + b }, matrix([4, 2]))
    },
    Program(name: "scan_with_initializer") {
      let x = try matrix([nil, 2])
      _ = try tf.scan(
        { (a: Tensor, b: Tensor) in try a + b }, x, initializer: tf.zeros([2]))
    },
    Program(name: "reverse_scan") {
      _ = try tf.scan({ (a: Tensor, b: Tensor) in try a * b }, matrix([4, 2]), reverse: true)
    },
    Program(name: "folds") {
      let x = try matrix([4, 2])
      _ = try tf.foldl({ (a: Tensor, b: Tensor) in try a + b }, x)
      _ = try tf.foldr(
        { (a: Tensor, b: Tensor) in try a + b }, x, initializer: tf.zeros([2]))
    },
  ]
}
