import CoreOps

extension LinearPlanner {
  mutating func layOut() throws -> LinearProgram {
    var layout = Program.Layout()
    layout.feedShapes = feedShapes
    layout.feedPositions = [[Int]](repeating: [], count: feedShapes.count)
    layout.slotCount = slotCount
    var heapIndex = [Int](repeating: -1, count: computed.count)
    var offsets = [Int](repeating: -1, count: computed.count)
    var slotPositions = [[Int]](repeating: [], count: slotCount)
    var arena = ArenaPlanner()
    layout.fixed.reserveCapacity(steps.count)
    layout.origins.reserveCapacity(steps.count)
    // The values that no later step reads, in the order of the last that does.
    let ending = computed.indices.sorted { computed[$0].lastUse < computed[$1].lastUse }
    var ended = 0
    let slotEnds = lastUsesOfSlots()
    var heapValues: [(dtype: DType, dims: Shape, positions: [Int])] = []
    var dynamicParts: [(part: DynamicPart, releases: [Int])] = []

    for (index, step) in steps.enumerated() {
      switch step {
      case .fixed(let spec, var origin, let inputs, let outputs):
        let base = layout.tableSize
        for (offset, input) in inputs.enumerated() {
          let position = base + offset
          switch roots[input] {
          case .constant(let tensor)?:
            if case .buffer = tensor.payload { layout.constants.append((position, tensor)) }
          case .feed(let feed)?: layout.feedPositions[feed].append(position)
          case .computed(let value)?: computed[value].positions.append(position)
          case .slot(let slot)?: slotPositions[slot].append(position)
          case nil:
            throw TFError.internal("input \(offset) of \(origin.nodes.last ?? "") is not planned")
          }
        }
        origin.inputs = inputs
        origin.outputs = outputs
        for (offset, output) in outputs.enumerated() {
          let value = computed[output]
          computed[output].positions.append(base + inputs.count + offset)
          if value.escapes {
            heapIndex[output] = heapValues.count
            layout.segments.append(.allocate(heapValues.count))
            heapValues.append((value.dtype, value.dims, []))
          } else {
            let bytes = value.dims.elementCount * value.dtype.byteSize
            if offset == 0, let victim = overwritten(spec, inputs, bytes, index, offsets) {
              offsets[output] = offsets[victim]
              arena.hand(from: victim, to: output)
            } else {
              offsets[output] = arena.take(bytes, for: output)
            }
          }
        }
        layout.tableSize += inputs.count + outputs.count
        if spec.scratchBytes > 0 {
          let offset = arena.take(spec.scratchBytes, for: -1)
          layout.arenaPositions.append((layout.tableSize, offset))
          layout.tableSize += 1
          arena.free(-1)
        }
        if case .fixed(let range)? = layout.segments.last {
          layout.segments[layout.segments.count - 1] = .fixed(
            range.lowerBound..<range.upperBound + 1)
        } else {
          layout.segments.append(.fixed(layout.fixed.count..<layout.fixed.count + 1))
        }
        layout.fixed.append(Program.StaticStep(spec, base: base))
        layout.origins.append(origin)
      case .dynamic(let part):
        layout.segments.append(.dynamic(dynamicParts.count))
        // What may be needed after the step stays, even if the step is the last that reads it.
        let kept = Set(
          part.kept.compactMap { value -> Int? in
            if case .slot(let slot)? = roots[value] { slot } else { nil }
          })
        dynamicParts.append((part, (slotEnds[index] ?? []).filter { !kept.contains($0) }))
      }
      while ended < ending.count, computed[ending[ended]].lastUse <= index {
        let value = ending[ended]
        ended += 1
        if offsets[value] >= 0 {
          arena.free(value)
        } else if heapIndex[value] >= 0 {
          layout.segments.append(.release(heapIndex[value]))
        }
      }
    }

    for (index, value) in computed.enumerated() {
      if heapIndex[index] >= 0 {
        heapValues[heapIndex[index]].positions = value.positions
      } else {
        for position in value.positions { layout.arenaPositions.append((position, offsets[index])) }
      }
    }
    layout.valueSpecs = known.indices.map(valueSpec)
    layout.computedSpecs = computed.map { ValueSpec($0.dtype, PartialShape($0.dims)) }
    layout.heap = heapValues.map {
      Program.HeapValue(dtype: $0.dtype, dims: $0.dims, positions: $0.positions)
    }
    for (index, (part, releases)) in dynamicParts.enumerated() {
      let kept = try part.kept.map { (value: $0, operand: try operand($0, heapIndex, offsets)) }
      layout.dynamic.append(
        Program.DynamicStep(
          kernel: part.kernel, call: part.call,
          operands: try part.inputs.map { try operand($0, heapIndex, offsets) },
          outputs: part.outputs.map {
            Program.DynamicStep.Output(
              value: $0.value, slot: $0.slot, expected: $0.expected, isAssumed: $0.isAssumed,
              positions: slotPositions[$0.slot])
          }, cache: index, releases: releases, node: part.node, kept: kept))
    }
    for (index, value) in plan.fetches.enumerated() {
      if case .list(let planned) = known[value] { layout.fetchedLists[index] = planned.list }
    }
    layout.fetches = try plan.fetches.map { try operand($0, heapIndex, offsets) }
    layout.arenaBytes = arena.size
    return try LinearProgram(
      layout, plan, assumptions == nil ? learning : nil, refuting: learning, isBrief: isBrief)
  }

  private func valueSpec(_ value: Int) -> ValueSpec {
    switch known[value] {
    case .value(let tensor): ValueSpec(tensor)
    case .shape(let shape): ValueSpec(plan.valueTypes[value], PartialShape(shape))
    case .nothing, .list, .handle: ValueSpec(plan.valueTypes[value], .unknown)
    }
  }

  /// An input whose memory the step's first output may take over.
  private func overwritten(
    _ spec: RunSpec, _ inputs: [Int], _ bytes: Int, _ step: Int, _ offsets: [Int]
  ) -> Int? {
    for index in spec.overwrites {
      guard case .computed(let value)? = roots[inputs[index]], offsets[value] >= 0,
        computed[value].lastUse == step,
        computed[value].dims.elementCount * computed[value].dtype.byteSize == bytes
      else { continue }
      // Another input that is the same memory may be read after the output is written.
      let shared = inputs.indices.contains { other in
        guard other != index, case .computed(let same)? = roots[inputs[other]] else { return false }
        return same == value
      }
      if !shared { return value }
    }
    return nil
  }

  /// The slots that no step after a given dynamic step reads, by that step.
  private func lastUsesOfSlots() -> [Int: [Int]] {
    var last: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      for input in reads(step) {
        if case .slot(let slot)? = roots[input] { last[slot] = index }
      }
    }
    for fetch in plan.fetches {
      if case .slot(let slot)? = roots[fetch] { last[slot] = nil }
    }
    var result: [Int: [Int]] = [:]
    for (slot, index) in last {
      if case .dynamic = steps[index] { result[index, default: []].append(slot) }
    }
    return result
  }

  private func operand(_ value: Int, _ heapIndex: [Int], _ offsets: [Int]) throws
    -> LinearProgram.Operand
  {
    var dims = views[value]
    var dtype = plan.valueTypes[value]
    if case .list(let planned) = known[value] { (dtype, dims) = (.uint8, planned.list.memoryShape) }
    switch roots[value] {
    case .constant(let tensor)?:
      return Program.Operand(source: .constant(tensor), dtype: dtype, dims: dims)
    case .feed(let index)?: return Program.Operand(source: .feed(index), dtype: dtype, dims: dims)
    case .computed(let index)? where heapIndex[index] >= 0:
      return Program.Operand(source: .heap(heapIndex[index]), dtype: dtype, dims: dims)
    case .computed(let index)?:
      return Program.Operand(
        source: .arena(offset: offsets[index]), dtype: dtype, dims: dims ?? computed[index].dims)
    case .slot(let slot)?: return Program.Operand(source: .slot(slot), dtype: dtype, dims: dims)
    case nil: throw TFError.internal("a value is not planned")
    }
  }
}
