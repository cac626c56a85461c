import CoreOps
import Ops
import TestSupport

let specialCases: [OpCase] = [
  OpCase("Lgamma", [[0.5, 3.7, -1.5]], expect: [[0.57236493, 1.4280725, 0.86004704]]),
  OpCase("Digamma", [[0.5, 3.7]], expect: [[-1.9635108, 1.1671536]]),
  OpCase("Erfinv", [[0.5, -0.9]], expect: [[0.47693631, -1.1630871]]),
  OpCase("Ndtri", [[0.1, 0.7]], expect: [[-1.2815516, 0.52440047]]),
  OpCase("BesselI0", [[0.5, -2.0]], expect: [[1.0634835, 2.2795854]]),
  OpCase("BesselI0e", [[0.5, -2.0]], expect: [[0.64503539, 0.30850834]]),
  OpCase("BesselI1", [[0.5, -2.0]], expect: [[0.25789434, -1.5906372]]),
  OpCase("BesselI1e", [[0.5, -2.0]], expect: [[0.15642083, -0.21526933]]),
  OpCase("BesselJ0", [[0.5, 2.0]], expect: [[0.93846989, 0.2238908]]),
  OpCase("BesselJ1", [[0.5, 2.0]], expect: [[0.24226847, 0.57672483]]),
  OpCase("BesselK0", [[0.5, 2.0]], expect: [[0.92441911, 0.1138939]]),
  OpCase("BesselK0e", [[0.5, 2.0]], expect: [[1.5241094, 0.84156841]]),
  OpCase("BesselK1", [[0.5, 2.0]], expect: [[1.656441, 0.13986588]]),
  OpCase("BesselK1e", [[0.5, 2.0]], expect: [[2.7310095, 1.0334768]]),
  OpCase("BesselY0", [[0.5, 2.0]], expect: [[-0.44451872, 0.51037574]]),
  OpCase("BesselY1", [[0.5, 2.0]], expect: [[-1.4714724, -0.10703243]]),
  OpCase("Dawsn", [[0.5, -2.0]], expect: [[0.42443639, -0.3013404]]),
  OpCase("Expint", [[0.5, 2.0]], expect: [[0.45421982, 4.9542341]]),
  OpCase("FresnelCos", [[0.5, 2.0]], expect: [[0.4923442, 0.48825344]]),
  OpCase("FresnelSin", [[0.5, 2.0]], expect: [[0.064732425, 0.34341568]]),
  OpCase("Spence", [[0.5, 2.5]], expect: [[0.58224034, -1.1473808]]),
  OpCase("Igamma", [[0.5, 2.0], [1.0, 1.5]], expect: [[0.84270084, 0.44217455]]),
  OpCase("Igammac", [[0.5, 2.0], [1.0, 1.5]], expect: [[0.15729916, 0.55782545]]),
  OpCase(
    "IgammaGradA", [[0.5, 2.0], [1.0, 1.5]], expect: [[-0.38983727, -0.31348854]], gradient: false),
  OpCase("Zeta", [[2.0, 3.5], [1.0, 2.5]], expect: [[1.6449341, 0.065171257]], gradient: false),
  OpCase(
    "Polygamma", [[1.0, 2.0], [1.5, 2.5]], expect: [[0.93480223, -0.23620404]], gradient: false),
  OpCase(
    "Betainc", [[0.5, 2.0], [1.0, 3.0], [0.3, 0.6]], expect: [[0.54772258, 0.82079995]],
    gradient: false),
]
