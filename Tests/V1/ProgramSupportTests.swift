import CompatV1
import CoreOps
import TestSupport
import Testing

/// Flags, files and messages of TF-1 programs.
@Suite struct ProgramSupportTests {
  private static func flags() throws -> FlagValues {
    let flags = FlagValues()
    try tf.flags.defineString("data_dir", "/tmp", "where", flagValues: flags)
    try tf.flags.defineInteger("batch_size", 128, "how many", flagValues: flags)
    try tf.app.flags.defineFloat("rate", 0.5, "how fast", flagValues: flags)
    try tf.app.flags.defineBoolean("train", false, "whether", flagValues: flags)
    try tf.flags.defineEnum("mode", "a", ["a", "b"], "which", flagValues: flags)
    try tf.flags.defineList("names", ["x"], "who", flagValues: flags)
    return flags
  }

  @Test func flagsAreReadOffTheCommandLine() throws {
    let flags = try Self.flags()
    let rest = try flags.parse([
      "program", "--batch_size=32", "-data_dir", "d", "first", "--train", "--rate=1e-3",
      "--names=a, b", "--", "--last",
    ])
    #expect(rest == ["program", "first", "--last"])
    let size: Int = try flags.batch_size
    let rate: Double = try flags.rate
    let folder: String = try flags.data_dir
    let trains: Bool = try flags.train
    let names: [String] = try flags.names
    #expect(size == 32 && rate == 1e-3 && folder == "d" && trains && names == ["a", "b"])
    try flags.parse(["program", "--notrain"])
    #expect(try flags.value("train", as: Bool.self) == false)
  }

  @Test(arguments: [
    ("--nope=1", "Unknown command line flag 'nope'"),
    ("--batch_size=x", "flag --batch_size=x: invalid literal for int() with base 10: 'x'"),
    ("--rate=x", "flag --rate=x: could not convert string to float: 'x'"),
    ("--train=maybe", "flag --train=maybe: ('Non-boolean argument to boolean flag', 'maybe')"),
    ("--mode=c", "flag --mode=c: value should be one of <a|b>"),
    ("--batch_size", "Missing value for flag --batch_size"),
  ]) func wrongFlagsAreRefusedAsAbslDoes(argument: String, text: String) throws {
    let flags = try Self.flags()
    #expect(
      SessionSurfaceTests.message { try flags.parse(["program", argument]) }.hasPrefix(text))
  }

  @Test func flagsAreDefinedOnce() throws {
    let flags = try Self.flags()
    #expect(
      SessionSurfaceTests.message {
        try tf.flags.defineString("mode", nil, flagValues: flags)
      }.hasPrefix("The flag 'mode' is defined twice."))
    #expect(
      SessionSurfaceTests.message { _ = try flags.value("other", as: Int.self) }
        .hasPrefix("flag 'other' was not defined")
        || SessionSurfaceTests.message { try flags.parse(["p"]) } == "no error")
    try tf.flags.markFlagAsRequired("mode", flagValues: flags)
    try flags.parse(["program"])
  }

  @Test func filesAreWrittenReadAndListed() throws {
    let folder = try TemporaryFolder()
    let inner = folder.file("a/b")
    try tf.gfile.makeDirs(inner)
    #expect(tf.gfile.isDirectory(inner))
    try tf.gfile.GFile.with("\(inner)/t.txt", "w") { file in
      try file.write("one\n")
      try file.write("two")
    }
    let file = try tf.gfile.Open("\(inner)/t.txt", "r")
    #expect(try file.readline() == "one\n")
    #expect(try file.read() == "two")
    try file.seek(1)
    #expect(try file.readlines() == ["ne\n", "two"])
    #expect(try file.size() == 7)
    try tf.gfile.GFile.with("\(inner)/t.txt", "a") { try $0.write("!") }
    #expect(try tf.gfile.GFile("\(inner)/t.txt").read() == "one\ntwo!")
    try tf.gfile.copy("\(inner)/t.txt", "\(inner)/u.txt")
    #expect(
      SessionSurfaceTests.message {
        try tf.gfile.copy("\(inner)/t.txt", "\(inner)/u.txt")
      } == "file already exists")
    #expect(try tf.gfile.listDirectory(inner) == ["t.txt", "u.txt"])
    #expect(try tf.gfile.glob("\(inner)/*.txt").count == 2)
    #expect(try tf.io.gfile.walk(folder.path).map(\.folders) == [["a"], ["b"], []])
    try tf.gfile.rename("\(inner)/u.txt", "\(inner)/v.txt")
    try tf.gfile.remove("\(inner)/v.txt")
    #expect(try tf.gfile.stat(inner).isDirectory)
    try tf.gfile.deleteRecursively(folder.file("a"))
    #expect(!tf.gfile.exists(inner))
    #expect(
      SessionSurfaceTests.message { _ = try tf.gfile.GFile("/missing/x").read() }
        .contains("No such file or directory"))
  }

  @Test func messagesSayTheirLevel() {
    let lines = Lock<[String]>([])
    tf.logging.$sink.withValue({ line in lines.withLock { $0.append(line) } }) {
      tf.logging.info("a")
      tf.logging.error("b")
      for index in 0..<5 { tf.logging.logEveryN(tf.logging.WARN, "n \(index)", 2) }
      for index in 0..<5 { tf.logging.logFirstN(tf.logging.WARN, "f \(index)", 1) }
    }
    #expect(
      lines.withLock { $0 } == [
        "INFO:tensorflow:a", "ERROR:tensorflow:b", "WARNING:tensorflow:n 0",
        "WARNING:tensorflow:n 2", "WARNING:tensorflow:n 4", "WARNING:tensorflow:f 0",
      ])
  }
}
