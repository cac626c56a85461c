import CoreOps
import Glibc

/// What libFuzzer calls once, before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ argumentCount: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> Int32 {
  // Far below what libFuzzer allows the process, so that memory that nobody counts shows.
  MemoryLimit.bytes = 64 << 20
  _ = loader
  return 0
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  do {
    try loader.load(bytes)
  } catch let error as TFError {
    precondition(!error.message.isEmpty)
  } catch {
    fatalError("a loader threw something else than a TFError: \(error)")
  }
  return 0
}

/// The loader that `--loader=NAME` chooses: libFuzzer passes over options with two dashes, and
/// hands them on to the processes that it starts.
private let loader: Loader = {
  let option = "--loader="
  let name = CommandLine.arguments.last { $0.hasPrefix(option) }?.dropFirst(option.count)
  guard let loader = name.flatMap({ Loader(rawValue: String($0)) }) else {
    let names = Loader.allCases.map(\.rawValue).joined(separator: ", ")
    let message = "janus-fuzz: \(option)NAME must say what reads the inputs: \(names)\n"
    write(STDERR_FILENO, message, message.utf8.count)
    exit(2)
  }
  return loader
}()
