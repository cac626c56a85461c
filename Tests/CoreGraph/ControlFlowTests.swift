import CoreGraph
import CoreOps
import TestSupport
import Testing

/// TF-1 control flow, in frames and after the passes.
@Suite struct ControlFlowTests {
  @Test func loopsCount() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.int32, 10), t(.float32, 1)]) { inputs in
      try V1Flow.loop(
        "w", [inputs[0], inputs[2]], invariants: [inputs[1]],
        cond: { vars, constants in try applyOp("Less", [vars[0], constants[0]])[0] },
        body: { vars, _ in [try vars[0] + 1, try vars[1] * 2] })
    }
    #expect(outputs[0].ints == [10])
    #expect(outputs[1].floats == [1024])
  }

  @Test func loopsThatDoNotRunGiveTheirInputs() throws {
    let outputs = try runBothWays([t(.float32, [3, 4]), t(.int32, 5)]) { inputs in
      try V1Flow.loop(
        "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[1], t(.int32, 0)])[0] },
        body: { vars, _ in [try vars[0] * 2, try vars[1] - 1] })
    }
    #expect(outputs[0].floats == [3, 4])
    #expect(outputs[1].ints == [5])
  }

  @Test func variablesMaySwapAndStay() throws {
    let outputs = try runBothWays([
      t(.int32, 0), t(.float32, [1, 2]), t(.float32, [10, 20]), t(.float32, 7),
    ]) {
      inputs in
      try V1Flow.loop(
        "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 5)])[0] },
        body: { vars, _ in [try vars[0] + 1, vars[2], vars[1], vars[3]] })
    }
    #expect(outputs[1].floats == [10, 20])
    #expect(outputs[2].floats == [1, 2])
    #expect(outputs[3].floats == [7])
  }

  @Test func oneResultMayBeSeveralVariables() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.float32, 1), t(.float32, 1)]) { inputs in
      try V1Flow.loop(
        "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
        body: { vars, _ in
          let sum = try vars[1] + vars[2]
          return [try vars[0] + 1, sum, sum]
        })
    }
    #expect(outputs[1].floats == [8])
    #expect(outputs[2].floats == [8])
  }

  @Test func variablesMayBecomeConstants() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.float32, 1)]) { inputs in
      try V1Flow.loop(
        "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
        body: { vars, _ in [try vars[0] + 1, t(.float32, 42)] })
    }
    #expect(outputs[1].floats == [42])
  }

  @Test func shapesMayGrow() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.float32, [1])]) { inputs in
      try V1Flow.loop(
        "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 4)])[0] },
        body: { vars, _ in
          [try vars[0] + 1, try applyOp("ConcatV2", [vars[1], vars[1], t(.int32, 0)])[0]]
        })
    }
    #expect(outputs[1].dims == Shape([16]))
  }

  @Test func loopsNest() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.float32, 0), t(.int32, 3)]) { inputs in
      try V1Flow.loop(
        "outer", [inputs[0], inputs[1]], invariants: [inputs[2]],
        cond: { vars, constants in try applyOp("Less", [vars[0], constants[0]])[0] },
        body: { vars, constants in
          let inner = try V1Flow.loop(
            "inner", [vars[0] * 0, vars[1]], invariants: [constants[0], vars[0]],
            cond: { vars, constants in try applyOp("Less", [vars[0], constants[0]])[0] },
            body: { vars, constants in
              [
                try vars[0] + 1,
                try vars[1] + applyOp("Cast", [constants[1]], ["DstT": .type(.float32)])[0],
              ]
            })
          return [try vars[0] + 1, try inner[1] + 1]
        })
    }
    #expect(outputs[0].ints == [3])
    // Three times 0 and 1, three times 1 and 1, three times 2 and 1.
    #expect(outputs[1].floats == [12])
  }

  @Test func threeLoopsInsideEachOther() throws {
    func counting(_ depth: Int, _ start: Tensor, _ total: Tensor) throws -> Tensor {
      if depth == 0 { return try total + 1 }
      return try V1Flow.loop(
        "level\(depth)", [start * 0, total],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 4)])[0] },
        body: { vars, _ in [try vars[0] + 1, try counting(depth - 1, vars[0], vars[1])] })[1]
    }
    let outputs = try runBothWays([t(.int32, 0), t(.float32, 0)]) {
      [try counting(3, $0[0], $0[1])]
    }
    #expect(outputs[0].floats == [64])
  }

  @Test func loopsRunOneAfterTheOther() throws {
    let outputs = try runBothWays([t(.int32, 0)]) { inputs in
      let first = try V1Flow.loop(
        "first", [inputs[0]], cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 4)])[0] },
        body: { vars, _ in [try vars[0] + 1] })
      return try V1Flow.loop(
        "second", [first[0] * 10],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 45)])[0] },
        body: { vars, _ in [try vars[0] + 2] })
    }
    #expect(outputs[0].ints == [46])
  }

  @Test(arguments: [true, false]) func conditionalsTakeOneBranch(choice: Bool) throws {
    let outputs = try runBothWays([t(.bool, choice), t(.float32, [1, 2])]) { inputs in
      try V1Flow.cond(
        inputs[0], [inputs[1]], then: { [try $0[0] * 10] }, else: { [try $0[0] + 0.5] })
    }
    #expect(outputs[0].floats == (choice ? [10, 20] : [1.5, 2.5]))
  }

  @Test(arguments: [true, false]) func mergeSaysWhichInputLives(choice: Bool) throws {
    let outputs = try runBothWays([t(.bool, choice), t(.float32, 3)]) { inputs in
      let sides = try applyOp("Switch", [inputs[1], inputs[0]])
      return try applyOp("Merge", [applyOp("Neg", [sides[0]])[0], sides[1]])
    }
    #expect(outputs[0].floats == [choice ? 3 : -3])
    #expect(outputs[1].ints == [choice ? 1 : 0])
  }

  @Test func conditionalsInsideLoops() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.int32, 0), t(.int32, 3)]) { inputs in
      try V1Flow.loop(
        "w", [inputs[0], inputs[1]], invariants: [inputs[2]],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 8)])[0] },
        body: { vars, constants in
          let isEarly = try applyOp("Less", [vars[0], constants[0]])[0]
          let sum = try V1Flow.cond(
            isEarly, [vars[0], vars[1], constants[0]], then: { [try $0[1] + $0[0]] },
            else: { [try $0[1] + $0[2] * 100] })
          return [try vars[0] + 1, sum[0]]
        })
    }
    // 0 + 1 + 2, and five times 300.
    #expect(outputs[1].ints == [1503])
  }

  @Test(arguments: [true, false]) func loopsInsideConditionals(choice: Bool) throws {
    let outputs = try runBothWays([t(.bool, choice), t(.int32, 1)]) { inputs in
      try V1Flow.cond(
        inputs[0], [inputs[1]],
        then: { inputs in
          try V1Flow.loop(
            "w", [inputs[0]],
            cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 100)])[0] },
            body: { vars, _ in [try vars[0] * 2] })
        }, else: { [try $0[0] - 5] })
    }
    #expect(outputs[0].ints == [choice ? 128 : -4])
  }

  @Test(arguments: [1, 4]) func loopsInsideConditionalsInsideLoops(limit: Int) throws {
    let outputs = try runBothWays([t(.int32, 0), t(.int32, 1), t(.int32, limit)]) { inputs in
      try V1Flow.loop(
        "outer", [inputs[0], inputs[1]], invariants: [inputs[2]],
        cond: { vars, constants in try applyOp("Less", [vars[0], constants[0]])[0] },
        body: { vars, _ in
          let isOdd = try applyOp(
            "Equal", [applyOp("FloorMod", [vars[0], t(.int32, 2)])[0], t(.int32, 1)])[0]
          let next = try V1Flow.cond(
            isOdd, [vars[1]],
            then: { inputs in
              try V1Flow.loop(
                "inner", [inputs[0]],
                cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 50)])[0] },
                body: { vars, _ in [try vars[0] * 3] })
            }, else: { [try $0[0] + 1] })
          return [try vars[0] + 1, next[0]]
        })
    }
    // 1 → 2 → (loop) 54 → 55 → 55.
    #expect(outputs[1].ints == [limit == 1 ? 2 : 55])
  }

  @Test func severalExitsAndUnusedOnes() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.float32, 1), t(.float32, 2)]) { inputs in
      let exits = try V1Flow.loop(
        "w", inputs, exits: [1, 0],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
        body: { vars, _ in [try vars[0] + 1, try vars[1] + vars[2], vars[2]] })
      // The second exit is there, but no one asks for it.
      return [exits[0]]
    }
    #expect(outputs[0].floats == [7])
  }

  @Test func exitsOfTheSameVariable() throws {
    let outputs = try runBothWays([t(.int32, 0)]) { inputs in
      try V1Flow.loop(
        "w", inputs, exits: [0, 0],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
        body: { vars, _ in [try vars[0] + 1] })
    }
    #expect(outputs[0].ints == [3])
    #expect(outputs[1].ints == [3])
  }

  @Test func whatTheConditionDoesWithEffectsIsDoneOnce() throws {
    // A random number drawn in the condition and added in the body: both see the same.
    let outputs = try runBothWaysOnce([t(.int32, 0), t(.float32, 0), t(.float32, 0)]) { inputs in
      var drawn: Tensor?
      return try V1Flow.loop(
        "w", inputs,
        cond: { vars, _ in
          let number = try applyOp(
            "RandomUniform", [applyOp("Identity", [t(.int32, [1])])[0]],
            ["dtype": .type(.float32), "seed": .int(3)])[0]
          drawn = number
          let sum = try applyOp("Sum", [number, t(.int32, [0])])[0]
          let few = try applyOp("Less", [vars[0], t(.int32, 3)])[0]
          return try applyOp(
            "LogicalAnd", [few, applyOp("GreaterEqual", [sum, t(.float32, 0)])[0]])[0]
        },
        body: { vars, _ in
          let number = try applyOp("Sum", [drawn!, t(.int32, [0])])[0]
          return [try vars[0] + 1, number, vars[1]]
        })
    }
    // Drawn once per iteration, the two that are kept follow each other in the generator's
    // sequence.
    #expect(outputs.frames[1].floats == outputs.standard[1].floats)
    #expect(outputs.frames[2].floats == outputs.standard[2].floats)
  }

  private func runBothWaysOnce(
    _ inputs: [Tensor], _ build: ([Tensor]) throws -> [Tensor]
  ) throws -> (frames: [Tensor], standard: [Tensor]) {
    let subgraph = try CoreGraphTests.subgraph(inputs, build)
    let plain = try ExecutionPlan(subgraph, functions: FunctionTable(subgraph.graph.library))
    let standard = try subgraph.after(Passes.standard)
    let plan = try ExecutionPlan(standard, functions: FunctionTable(standard.graph.library))
    return (
      try plain.runInFrames(inputs, ExecutionContext(resources: ResourceContainer())),
      try plan.run(inputs, ExecutionContext(resources: ResourceContainer()))
    )
  }

  @Test func deadValuesPassThroughTheirConsumersToTheMerge() throws {
    let outputs = try runBothWays([t(.bool, false), t(.float32, 2)]) { inputs in
      let sides = try applyOp("Switch", [inputs[1], inputs[0]])
      var dead = sides[1]
      for _ in 0..<20 { dead = try applyOp("Square", [dead])[0] }
      let both = try dead + sides[0]
      return [try applyOp("Merge", [applyOp("Exp", [both])[0], applyOp("Neg", [sides[0]])[0]])[0]]
    }
    #expect(outputs[0].floats == [-2])
  }

  @Test func aFetchInADeadBranchHasNoValue() throws {
    expectError(.invalidArgument, "Retval[0] does not have value") {
      _ = try runBothWays([t(.bool, false), t(.float32, 2)]) { inputs in
        [try applyOp("Neg", [applyOp("Switch", [inputs[1], inputs[0]])[1]])[0]]
      }
    }
  }

  @Test func aFetchInsideALoopHasNoValue() throws {
    expectError(.invalidArgument) {
      _ = try runBothWays([t(.int32, 0)]) { inputs in
        var inside: Tensor?
        _ = try V1Flow.loop(
          "w", inputs, cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
          body: { vars, _ in
            inside = try vars[0] + 1
            return [inside!]
          })
        return [inside!]
      }
    }
  }

  @Test func aLoopReadsTheSameFrameNameInTwoPlaces() throws {
    let outputs = try runBothWays([t(.int32, 0), t(.int32, 5)]) { inputs in
      try V1Flow.loop(
        "outer", [inputs[0]],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 20)])[0] },
        body: { vars, _ in
          try V1Flow.loop(
            "outer", [vars[0] + 1],
            cond: { vars, _ in
              try applyOp(
                "NotEqual", [applyOp("FloorMod", [vars[0], t(.int32, 7)])[0], t(.int32, 0)])[0]
            }, body: { vars, _ in [try vars[0] + 1] })
        })
    }
    #expect(outputs[0].ints == [21])
  }
}
