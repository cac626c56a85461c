import Compat
import Testing

@Suite struct OperatorTests {
  @Test func compareElementByElement() throws {
    let a = try tf.constant([1.0, 2.0, 3.0])
    let b: Tensor = [3.0, 2.0, 1.0]
    #expect(try [Bool](a > 2.0) == [false, false, true])
    #expect(try [Bool](a >= b) == [false, true, true])
    #expect(try [Bool](2.0 < a) == [false, false, true])
    #expect(try [Bool](a <= [1.0, 1.0, 3.0]) == [true, false, true])
    #expect(try [Float](tf.where(a > 2.0, a, b)) == [3, 2, 3])
    #expect(try [Float](tf.where(a > 2.0, a, 0.0)) == [0, 0, 3])
  }

  @Test func equalityComparesElements() throws {
    let a = try tf.constant([1.0, 2.0])
    let b = try tf.constant([1.0, 3.0])
    #expect(try [Bool](a == b) == [true, false])
    #expect(try [Bool](a != b) == [false, true])
    #expect(try [Bool](a == 2.0) == [false, true])
    #expect(try Bool(a == tf.constant([1.0, 2.0, 3.0])) == false)
    #expect(try Bool(a != tf.constant([1.0, 2.0, 3.0])) == true)
  }

  @Test func equalityIsIdentityWhereTheSwitchSaysSoAndInGraphs() throws {
    let a = try tf.constant([1.0, 2.0])
    let same = a
    let other = try tf.constant([1.0, 2.0])
    #expect(a === same)
    #expect(a !== other)
    var behavior = Behavior.v2
    behavior.tensorEquality = false
    let switched = try withBehavior(behavior) {
      [try Bool(a == same), try Bool(a == other), try Bool(a != other)]
    }
    #expect(switched == [true, false, true])
    let inGraph = try Graph().asDefault {
      let x = try tf.compat.v1.placeholder(.float32, shape: [2], name: "x")
      return [try Bool(x == x), try Bool(x == tf.identity(x))]
    }
    #expect(inGraph == [true, false])
  }

  @Test func equalityIsANodeInFunctions() throws {
    let agree = tf.function { (x: Tensor, y: Tensor) in try x == y }
    #expect(try [Bool](agree(tf.constant([1, 2]), tf.constant([1, 3]))) == [true, false])
  }

  @Test func computeModuloAndPowers() throws {
    let a = try tf.constant([-3, 3, 4])
    #expect(try [Int](a % 4) == [1, 3, 0])
    #expect(try [Int](a ** 2) == [9, 9, 16])
    #expect(try [Float](2.0 ** tf.constant([1.0, 3.0])) == [2, 8])
    #expect(try [Float](2.0 * tf.constant([3.0]) ** 2.0) == [18])
    #expect(try [Int](-a) == [3, -3, -4])
    #expect(try [Int](abs(a)) == [3, 3, 4])
  }

  @Test func divideIntegersAsTensorFlow() throws {
    let half = try tf.constant([1, 2]) / 2
    #expect(half.dtype == .float64)
    #expect(try [Double](half) == [0.5, 1])
    #expect(try (tf.constant([1], dtype: .int8) / tf.constant([2], dtype: .int8)).dtype == .float32)
    #expect(try [Int](tf.floordiv(tf.constant([7, -7]), 2)) == [3, -4])
  }

  @Test func combineBooleansAndBits() throws {
    let p = try tf.constant([true, false])
    let q = try tf.constant([true, true])
    #expect(try [Bool](p & q) == [true, false])
    #expect(try [Bool](p | q) == [true, true])
    #expect(try [Bool](p ^ q) == [false, true])
    #expect(try [Bool](!p) == [false, true])
    #expect(try [Bool](~p) == [false, true])
    let n = try tf.constant([6, 5])
    #expect(try [Int](n & 3) == [2, 1])
    #expect(try [Int](n | 1) == [7, 5])
    #expect(try [Int](n ^ n) == [0, 0])
    #expect(try [Int](~n) == [-7, -6])
  }

  @Test func assignInPlace() throws {
    var x = try tf.constant([1.0, 2.0])
    try x += 1.0
    try x *= x
    try x -= [1.0, 0.0]
    try x /= 3.0
    #expect(try [Float](x) == [1, 3])
  }

  @Test func leaveSwiftNumbersAndArraysAlone() {
    #expect([1, 2] + [3] == [1, 2, 3])
    #expect(1 < 2 && 2.0 * 3.0 == 6.0)
    let largest = (0..<3).max { [4, 9, 2][$0] < [4, 9, 2][$1] }
    #expect(largest == 1)
  }
}
