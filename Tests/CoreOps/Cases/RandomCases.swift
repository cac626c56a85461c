import CoreOps
import Ops
import TestSupport

/// Applies an op to a generator whose state is (5, 6, 7): what it gives, and the state after it.
private func generator(_ op: String, _ inputs: [Tensor], _ attrs: Attrs) throws -> [Tensor] {
  let handle = try applyOp(
    "VarHandleOp", [],
    [
      "dtype": .type(.int64), "shape": .shape([3]),
      "shared_name": .string(VariableOps.anonymousName),
    ])[0]
  _ = try applyOp("AssignVariableOp", [handle, [5, 6, 7].asTensor(preferring: .int64)])
  let outputs = try applyOp(op, [handle] + inputs, attrs)
  return try outputs + applyOp("ReadVariableOp", [handle], ["dtype": .type(.int64)])
}

private func size(_ height: Int, _ width: Int) -> Tensor { t(.int64, [height, width]) }

let randomCases: [OpCase] = [
  OpCase(
    "StatelessRandomUniform", [t(.int32, [2, 3]), t(.int64, [5, -7])], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[0.54557657, 0.19691694, 0.23146129], [0.4433471, 0.20777476, 0.38368833]])
    ], gradient: false),
  OpCase(
    "StatelessRandomUniform in double", [t(.int32, [2, 3]), t(.int64, [5, -7])],
    ["dtype": .type(.float64)],
    expect: [
      t(.float64, [[0.36461347, 0.85169062, 0.66219839], [0.83806588, 0.35022817, 0.4526359]])
    ], gradient: false),
  OpCase(
    "StatelessRandomNormal", [t(.int32, [2, 3]), t(.int64, [5, -7])], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[1.04016483, 0.36039069, 0.59618306], [-1.60351217, 1.18325198, -1.32004392]])
    ], gradient: false),
  OpCase(
    "StatelessRandomNormal in double", [t(.int32, [2, 3]), t(.int64, [5, -7])],
    ["dtype": .type(.float64)],
    expect: [
      t(.float64, [[-1.14027887, 0.84711218, -0.77246627], [0.4771541, 0.42475421, -1.38489159]])
    ], gradient: false),
  OpCase(
    "StatelessTruncatedNormal", [t(.int32, [2, 3]), t(.int64, [5, -7])], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[1.04016483, 0.36039069, 0.59618306], [-1.60351217, 0.60043281, -0.23023304]])
    ], gradient: false),
  OpCase(
    "StatelessTruncatedNormal in double", [t(.int32, [2, 3]), t(.int64, [5, -7])],
    ["dtype": .type(.float64)],
    expect: [
      t(
        .float64, [[-1.14027887, 0.84711218, -0.97763309], [0.62960177, -0.7956929, -0.85469779]])
    ], gradient: false),
  OpCase(
    "StatelessRandomUniformV2",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1),
    ], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[0.52440476, 0.46694112, 0.78198695], [0.17287207, 0.54774141, 0.68595064]])
    ], gradient: false),
  OpCase(
    "StatelessRandomNormalV2",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1),
    ], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[0.23431548, -1.1117909, 0.62055832], [0.32671359, -1.00956869, -0.42973819]])
    ], gradient: false),
  OpCase(
    "StatelessTruncatedNormalV2",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1),
    ], ["dtype": .type(.float32)],
    expect: [
      t(.float32, [[0.23431548, -1.1117909, 0.62055832], [0.32671359, 0.62241727, -0.27142355]])
    ], gradient: false),
  OpCase(
    "StatelessRandomUniformV2 by an unknown algorithm",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 9),
    ],
    error: .invalidArgument),
  OpCase(
    "StatelessRandomUniformFullInt", [t(.int32, [2, 3]), t(.int64, [5, -7])],
    ["dtype": .type(.int32)],
    expect: [
      t(
        .int32,
        [
          [-263_858_828, -283_560_813, -2_061_655_930],
          [1_496_891_289, 941_267_037, 1_446_059_187],
        ])
    ], gradient: false),
  OpCase(
    "StatelessRandomUniformFullIntV2",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1),
    ], ["dtype": .type(.int32)],
    expect: [
      t(
        .int32,
        [[1_715_675_058, 1_027_327_162, 887_363_622], [873_865_388, -314_172_316, 114_806_075]])
    ], gradient: false),
  OpCase(
    "StatelessRandomUniformInt",
    [t(.int32, [2, 3]), t(.int64, [5, -7]), t(.int32, -5), t(.int32, 90)],
    expect: [t(.int32, [[63, 33, 61], [34, 2, 57]])], gradient: false),
  OpCase(
    "StatelessRandomUniformInt of an empty range",
    [t(.int32, [2, 3]), t(.int64, [5, -7]), t(.int32, 5), t(.int32, 5)],
    error: .invalidArgument),
  OpCase(
    "StatelessRandomUniformIntV2",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1), t(.int32, -5), t(.int32, 90),
    ],
    expect: [t(.int32, [[38, 7, 62], [-2, 0, -5]])], gradient: false),
  OpCase(
    "StatelessRandomGetKeyCounter", [t(.int64, [5, -7])],
    expect: [t(.uint64, [1_128_823_970_552_913_380]), t(.uint64, [0, 3_961_801_194_668_936_536])],
    gradient: false),
  OpCase(
    "StatelessRandomGetKeyCounterAlg", [t(.int64, [5, -7])],
    expect: [
      t(.uint64, [1_128_823_970_552_913_380]), t(.uint64, [0, 3_961_801_194_668_936_536]),
      t(.int32, 1),
    ], gradient: false),
  OpCase(
    "StatelessRandomGetAlg", [],
    expect: [t(.int32, 1)], gradient: false),
  OpCase(
    "StatelessMultinomial",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.int32, 6), t(.int64, [5, -7])],
    expect: [t(.int64, [[0, 1, 0, 1, 0, 0], [1, 1, 0, 1, 1, 1]])], gradient: false),
  OpCase(
    "StatelessShuffle",
    [
      t(.int32, [0, 1, 2, 3, 4, 5, 6]), t(.uint64, [123_456_789_012]),
      t(.uint64, [7, 1_099_511_627_776]), t(.int32, 1),
    ],
    expect: [t(.int32, [6, 5, 4, 3, 2, 0, 1])], gradient: false),
  OpCase(
    "StatelessRandomGammaV2",
    [t(.int32, [2, 3]), t(.int64, [5, -7]), t(.float32, [0.5, 2.0, 9.0])],
    expect: [
      t(.float32, [[1.02684951, 2.03690124, 3.24765015], [0.45599413, 0.70204997, 9.93414211]])
    ], gradient: false),
  OpCase(
    "StatelessRandomGammaV3",
    [
      t(.int32, [2, 3]), t(.uint64, [123_456_789_012]), t(.uint64, [7, 1_099_511_627_776]),
      t(.int32, 1), t(.float32, [0.5, 2.0, 9.0]),
    ],
    expect: [
      t(.float32, [[0.15985243, 1.44853806, 9.86249733], [0.20114067, 1.20849681, 7.38843679]])
    ], gradient: false),
  OpCase(
    "StatelessRandomPoisson",
    [t(.int32, [2, 3]), t(.int64, [5, -7]), t(.float32, [0.5, 5.0, 50.0])],
    ["dtype": .type(.int32)],
    expect: [t(.int32, [[1, 4, 48], [1, 7, 36]])], gradient: false),
  OpCase(
    "StatelessRandomBinomial",
    [
      t(.int32, [2, 3]), t(.int64, [5, -7]), t(.float32, [5.0, 50.0, 500.0]),
      t(.float32, [0.5, 0.89999998, 0.1]),
    ], ["dtype": .type(.int32)],
    expect: [t(.int32, [[4, 44, 49], [2, 44, 40]])], gradient: false),
  OpCase(
    "StatelessParameterizedTruncatedNormal",
    [
      t(.int32, [2, 3]), t(.int64, [5, -7]), t(.float32, 0.0), t(.float32, 1.0), t(.float32, -1.0),
      t(.float32, 1.0),
    ],
    shapes: [(.float32, [2, 3])]),
  OpCase(
    "RandomUniform", [t(.int32, [2, 3])],
    ["dtype": .type(.float32), "seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3])]),
  OpCase(
    "RandomStandardNormal", [t(.int32, [2, 3])],
    ["dtype": .type(.float32), "seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3])]),
  OpCase(
    "TruncatedNormal", [t(.int32, [2, 3])],
    ["dtype": .type(.float32), "seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3])]),
  OpCase(
    "RandomUniformInt", [t(.int32, [2, 3]), t(.int32, 0), t(.int32, 9)],
    ["seed": .int(3), "seed2": .int(4)],
    shapes: [(.int32, [2, 3])]),
  OpCase(
    "RandomUniformInt of an empty range", [t(.int32, [2, 3]), t(.int32, 9), t(.int32, 9)],
    ["seed": .int(3), "seed2": .int(4)],
    error: .invalidArgument),
  OpCase(
    "RandomShuffle", [t(.int32, [7])], ["seed": .int(3), "seed2": .int(4)],
    expect: [t(.int32, [7])], gradient: false),
  OpCase(
    "RandomCrop",
    [t(.uint8, (0..<4).map { row in (0..<5).map { [10 * row + 2 * $0] } }), size(2, 3)],
    ["seed": .int(1), "seed2": .int(2), RandomSeeds.drawnAttr: .bool(true)],
    expect: [t(.uint8, [[[24], [26], [28]], [[34], [36], [38]]])]),
  OpCase(
    "RandomCrop of whole rows",
    [t(.int64, (0..<4).map { row in (0..<5).map { [10 * row + 2 * $0] } }), size(4, 5)],
    expect: [t(.int64, (0..<4).map { row in (0..<5).map { [10 * row + 2 * $0] } })]),
  OpCase(
    "RandomCrop of more than there is", [t(.uint8, [[[1]]]), size(1, 2)],
    error: .failedPrecondition),
  OpCase("RandomCrop of a matrix", [t(.uint8, [[1]]), size(1, 1)], error: .invalidArgument),
  OpCase(
    "Multinomial", [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.int32, 6)],
    ["seed": .int(3), "seed2": .int(4)],
    shapes: [(.int64, [2, 6])]),
  OpCase(
    "Multinomial of a vector", [t(.float32, [0.5, 2.0, 9.0]), t(.int32, 6)],
    ["seed": .int(3), "seed2": .int(4)],
    error: .invalidArgument),
  OpCase(
    "RandomGamma", [t(.int32, [2, 3]), t(.float32, [0.5, 2.0, 9.0])],
    ["seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3, 3])]),
  OpCase(
    "RandomPoissonV2", [t(.int32, [2, 3]), t(.float32, [0.5, 2.0, 9.0])],
    ["seed": .int(3), "seed2": .int(4), "dtype": .type(.int64)],
    shapes: [(.int64, [2, 3, 3])]),
  OpCase(
    "RandomPoisson", [t(.int32, [2, 3]), t(.float32, [0.5, 2.0, 9.0])],
    ["seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3, 3])]),
  OpCase(
    "RandomGammaGrad", [t(.float32, [0.5, 2.0, 30.0]), t(.float32, [0.2, 3.0, 33.0])],
    expect: [t(.float32, [0.79405046, 1.32179856, 1.05425429])], gradient: false),
  OpCase(
    "ParameterizedTruncatedNormal",
    [t(.int32, [2, 3]), t(.float32, 0.0), t(.float32, 1.0), t(.float32, -1.0), t(.float32, 1.0)],
    ["seed": .int(3), "seed2": .int(4)],
    shapes: [(.float32, [2, 3])]),
  OpCase(
    "NonDeterministicInts", [t(.int32, [2, 3])], ["dtype": .type(.int32)],
    shapes: [(.int32, [2, 3])]),
  OpCase(
    "StatefulUniform",
    expect: [
      t(.float32, [[0.21270084, 0.86932898, 0.68463993], [0.26203609, 0.06209552, 0.09325516]]),
      t(.int64, [1541, 6, 7]),
    ]
  ) { _ in
    try generator(
      "StatefulUniform", [t(.int64, 1), t(.int64, [2, 3])], ["dtype": .type(.float32)])
  },
  OpCase(
    "StatefulStandardNormalV2",
    expect: [
      t(
        .float32, [[-1.28766584, 1.19902205, 0.86798567], [-0.06576683, 1.30369782, 1.96431541]]),
      t(.int64, [1541, 6, 7]),
    ]
  ) { _ in
    try generator(
      "StatefulStandardNormalV2", [t(.int64, 1), t(.int64, [2, 3])], ["dtype": .type(.float32)])
  },
  OpCase(
    "StatefulTruncatedNormal",
    expect: [
      t(
        .float32, [[-1.28766584, 1.19902205, 0.86798567], [-0.06576683, -0.03044576, -0.8263194]]),
      t(.int64, [1541, 6, 7]),
    ]
  ) { _ in
    try generator(
      "StatefulTruncatedNormal", [t(.int64, 1), t(.int64, [2, 3])], ["dtype": .type(.float32)])
  },
  OpCase(
    "StatefulUniformFullInt",
    expect: [
      t(
        .int32,
        [
          [-795_133_496, 879_707_692, -2_057_854_392],
          [-568_227_226, -1_031_277_889, -519_311_415],
        ]), t(.int64, [1541, 6, 7]),
    ]
  ) { _ in
    try generator(
      "StatefulUniformFullInt", [t(.int64, 1), t(.int64, [2, 3])], ["dtype": .type(.int32)])
  },
  OpCase(
    "StatefulUniformInt",
    expect: [t(.int64, [[42, 24, 38], [-3, 1, 5]]), t(.int64, [1541, 6, 7])]
  ) { _ in
    try generator(
      "StatefulUniformInt", [t(.int64, 1), t(.int64, [2, 3]), t(.int64, -5), t(.int64, 50)], [:])
  },
  OpCase(
    "StatefulRandomBinomial",
    expect: [t(.int32, [[5, 3, 3], [5, 2, 3]]), t(.int64, [115205, 6, 7])]
  ) { _ in
    try generator(
      "StatefulRandomBinomial",
      [t(.int64, 1), t(.int32, [2, 3]), t(.float64, 9.0), t(.float64, 0.3)],
      ["dtype": .type(.int32)])
  },
  OpCase("RngReadAndSkip", expect: [t(.int64, [5, 6, 7]), t(.int64, [2565, 6, 7])]) { _ in
    try generator("RngReadAndSkip", [t(.int32, 1), t(.uint64, 10)], [:])
  },
  OpCase("RngSkip", expect: [t(.int64, [2565, 6, 7])]) { _ in
    try generator("RngSkip", [t(.int64, 1), t(.int64, 10)], [:])
  },
  OpCase(
    "StatefulStandardNormal",
    expect: [
      t(
        .float32, [[-1.28766584, 1.19902205, 0.86798567], [-0.06576683, 1.30369782, 1.96431541]]),
      t(.int64, [1541, 6, 7]),
    ]
  ) { _ in
    try generator("StatefulStandardNormal", [t(.int64, [2, 3])], [:])
  },
]
