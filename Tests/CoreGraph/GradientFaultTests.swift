import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph
import V2Eager

/// What `tf.gradients` meets in graphs that were not made for it.
@Suite struct GradientFaultTests {
  private enum V1: V1API {}

  private func placeholder(_ shape: PartialShape = .scalar, name: String? = nil) throws -> Tensor {
    try BasicOps.family.placeholder(
      [], ["dtype": .type(.float32), "shape": .shape(shape)], name: name)
  }

  private func value(_ tensor: Tensor?, _ feeds: FeedDict) throws -> [Float] {
    let tensor = try #require(tensor)
    return try Session(graph: tensor.graph).run(tensor, feedDict: feeds).floats
  }

  // MARK: - Ops that are not registered

  @Test func opsThatNoGradientPassesThroughNeedNotBeKnown() throws {
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("x", .float32, .scalar), placeholderNode("w", .float32, .scalar),
        node("strange", "NoSuchOp", ["w"], ["T": .type(.float32)]),
        typed("both", "AddN", ["x", "strange:1"]).with(["N": .int(2)]),
        typed("y", "Mul", ["x", "x"]),
        typed("handed", "Identity", ["strange"]),
        typed("z", "AddN", ["y", "handed"]).with(["N": .int(2)]),
      ]))
    try graph.asDefault {
      let x = try graph.getTensorByName("x:0")
      let gradient = try V1.gradients([graph.getTensorByName("z:0")], [x])[0]
      #expect(try value(gradient, [x: 3.0]) == [6])
      let w = try graph.getTensorByName("w:0")
      let error = #expect(throws: TFError.self) {
        try V1.gradients([graph.getTensorByName("z:0")], [w])
      }
      #expect(error?.code == .notFound)
      #expect(error?.description.contains("strange") == true)
      #expect(error?.message.contains("NoSuchOp") == true)
    }
  }

  @Test func rulesThatNeedTheValueOfAnUnknownOpSaySo() throws {
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("x", .float32, .scalar), placeholderNode("w", .float32, .scalar),
        node("strange", "NoSuchOp", ["w"], ["T": .type(.float32)]),
        typed("y", "Mul", ["x", "strange"]),
      ]))
    graph.asDefault {
      let error = #expect(throws: TFError.self) {
        try V1.gradients([graph.getTensorByName("y:0")], [graph.getTensorByName("x:0")])
      }
      #expect(error?.message.contains("NoSuchOp") == true, "\(String(describing: error))")
    }
  }

  // MARK: - Gradients by name

  @Test func anUnknownGradientOfANodeIsAnError() throws {
    try Graph().asDefault {
      let x = try placeholder(name: "x")
      let y = try applyOp("Identity", [x], ["_gradient_op_type": .string("NoSuchGradient")])[0]
      let error = #expect(throws: TFError.self) { try V1.gradients([y], [x]) }
      #expect(error?.code == .notFound)
      #expect(
        error?.message.contains("gradient registry has no entry for: NoSuchGradient") == true)
      #expect(error?.node == "Identity")
    }
  }

  // MARK: - Names of functions

  @Test func derivedFunctionsHaveNamesThatNoLoadedFunctionHas() throws {
    func derive(_ library: [FunctionDef]) throws -> (Graph, [String]) {
      let square = function(
        "square", [("x", .float32)],
        [typed("m", "Mul", ["x", "x"]), typed("n", "Exp", ["m:z:0"])],
        returns: [("n:y:0", .float32)])
      let graph = try Graph(
        importing: graphDef(
          [
            placeholderNode("x", .float32, .scalar),
            node(
              "y", "PartitionedCall", ["x"],
              [
                "f": .function("square", [:]), "Tin": .types([.float32]),
                "Tout": .types([.float32]),
              ]),
          ], [square] + library))
      let x = try graph.getTensorByName("x:0")
      let y = try graph.getTensorByName("y:0")
      let gradient = try graph.asDefault { try V1.gradients([y], [x])[0] }
      let known = Set(library.map(\.name))
      let values = try value(gradient, [x: 0.0])
      #expect(values == [0])
      return (
        graph, graph.library.all.map(\.name).filter { $0.hasPrefix("__") && !known.contains($0) }
      )
    }
    let (_, first) = try derive([])
    let number = try #require(
      first.compactMap { $0.split(separator: "_").last.flatMap { Int($0) } }.max())
    // As in a file that another process wrote.
    let taken = (number..<number + 2000).flatMap { number in
      ["forward", "backward"].map { role in
        function(
          "__\(role)_square_\(number)", [("x", .float32)], [typed("m", "Neg", ["x"])],
          returns: [("m:y:0", .float32)])
      }
    }
    let (_, second) = try derive(taken)
    #expect(!second.isEmpty)
  }

  // MARK: - Shapes that a program states

  @Test func statedShapesStayWhenANodeChanges() throws {
    let graph = Graph()
    try graph.asDefault {
      let x = try placeholder(.unknown)
      let y = try applyOp("Identity", [x])[0].refined(to: [2, nil])
      let z = try applyOp("Tanh", [y])[0]
      #expect(z.shape == [2, nil])
      graph.update(try graph.endpoint(of: x).node) { $0.attrs["shape"] = .shape([nil, 3]) }
      #expect(y.shape == [2, 3])
      #expect(z.shape == [2, 3])
      // What is known now contradicts what was stated.
      graph.update(try graph.endpoint(of: x).node) { $0.attrs["shape"] = .shape([5, 3]) }
      #expect(throws: TFError.self) { try graph.checkShapes() }
    }
  }

  // MARK: - Sums

  @Test func gradientsOfATensorOnTheWayAreSummedOnce() throws {
    let graph = Graph()
    try graph.asDefault {
      let a = try placeholder(name: "a")
      let b = try applyOp("Tanh", [a])[0]
      let y = try applyOp("AddN", [b * b, b * 3, b])[0]
      let before = graph.nodes.count { $0.opName == "AddN" }
      let gradients = try V1.gradients([y], [b, a])
      #expect(graph.nodes.count { $0.opName == "AddN" } == before + 1)
      #expect(try value(gradients[0], [a: 0.0]) == [4])
      #expect(try value(gradients[1], [a: 0.0]) == [4])
    }
  }

  // MARK: - Threads

  @Test func gradientsOfAFunctionMayBeTakenByManyThreadsAtOnce() async throws {
    for _ in 0..<8 {
      let power = Function { (x: Tensor) in
        let graph = try #require(Environment.current.graph)
        return try FunctionalFlow.loop(graph, [t(.int32, 0), x]) { vars in
          try applyOp("Less", [vars[0], t(.int32, 3)])[0]
        } _: { vars in
          [try vars[0] + 1, try vars[1] * vars[1]]
        }[1]
      }
      let x = t(.float32, 1.5)
      _ = try power(x)
      let values = try await withThrowingTaskGroup(of: [Float].self) { group in
        for _ in 0..<8 {
          group.addTask {
            let outer = GradientTape()
            let tape = GradientTape()
            let first = try outer.record {
              outer.watch(x)
              let y = try tape.record {
                tape.watch(x)
                return try power(x)
              }
              return try #require(try tape.gradient(y, x))
            }
            return try first.floats + #require(try outer.gradient(first, x)).floats
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for value in values { #expect(value == values[0]) }
      #expect(abs(values[0][0] - 136.6875) < 1e-3)
    }
  }
}

extension NodeDef {
  fileprivate func with(_ attrs: Attrs) -> NodeDef {
    var node = self
    for entry in attrs { node.attrs[entry.name] = entry.value }
    return node
  }
}
