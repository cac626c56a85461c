// swift-tools-version: 6.2
import PackageDescription

var swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
// A warning is an error where changes are judged, and only there: a new compiler must not break
// anyone's build.
if Context.environment["CI"] != nil { swiftSettings.append(.treatAllWarnings(as: .error)) }

let package = Package(
  name: "Janus",
  products: [
    .library(name: "Compat", targets: ["Compat"]),
    .library(name: "CompatV1", targets: ["CompatV1"]),
    .executable(name: "janus", targets: ["janus"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "COneDNN", dependencies: ["CKernels"], linkerSettings: [.linkedLibrary("dnnl")]),
    .target(
      name: "CProtos", dependencies: ["CProtobufC"],
      linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
      name: "CKernels", exclude: ["sobol.bin"],
      linkerSettings: [.linkedLibrary("gomp"), .linkedLibrary("m")]),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CICU", linkerSettings: [.linkedLibrary("icuuc")]),
    .target(
      name: "CImages", dependencies: ["CKernels"],
      linkerSettings: [
        .linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("webp"),
        .linkedLibrary("webpdemux"),
      ]),
    .target(
      name: "CoreOps", dependencies: ["CKernels", "COneDNN", "COpenBLAS"],
      swiftSettings: swiftSettings),
    // The ops by field: each module depends on CoreOps, and few on each other, so that an edit
    // rebuilds little and the compiler works on several at once.
    .target(
      name: "OpsLinalg", dependencies: ["CKernels", "COneDNN", "COpenBLAS", "CoreOps"],
      path: "Sources/Ops/Linalg", swiftSettings: swiftSettings),
    .target(
      name: "OpsNN", dependencies: ["CKernels", "COneDNN", "CoreOps", "OpsLinalg"],
      path: "Sources/Ops/NN", swiftSettings: swiftSettings),
    .target(
      name: "OpsImage", dependencies: ["CKernels", "CoreOps", "OpsLinalg"],
      path: "Sources/Ops/Image",
      swiftSettings: swiftSettings),
    .target(
      name: "OpsSparse", dependencies: ["CKernels", "CoreOps"], path: "Sources/Ops/Sparse",
      swiftSettings: swiftSettings),
    .target(
      name: "OpsState", dependencies: ["CKernels", "CoreOps"], path: "Sources/Ops/State",
      swiftSettings: swiftSettings),
    .target(
      name: "OpsStrings", dependencies: ["CICU", "CKernels", "CRE2", "CoreOps"],
      path: "Sources/Ops/Strings", swiftSettings: swiftSettings),
    .target(
      name: "OpsFiles",
      dependencies: ["CKernels", "CoreOps", "OpsSparse", "OpsState", "Serialization"],
      path: "Sources/Ops/Files", swiftSettings: swiftSettings),
    .target(
      name: "OpsRecords",
      dependencies: [
        "CKernels", "CoreOps", "OpsSparse", "OpsState", "OpsStrings", "Serialization",
      ],
      path: "Sources/Ops/Records", swiftSettings: swiftSettings),
    .target(
      name: "OpsData",
      dependencies: [
        "CKernels", "CoreGraph", "CoreOps", "OpsRecords", "OpsSparse", "OpsState", "OpsStrings",
        "Serialization",
      ],
      path: "Sources/Ops/Data", swiftSettings: swiftSettings),
    .target(
      name: "OpsMedia",
      dependencies: ["CImages", "CoreOps", "OpsImage", "OpsLinalg", "OpsStrings", "Serialization"],
      path: "Sources/Ops/Media", swiftSettings: swiftSettings),
    .target(
      name: "Ops",
      dependencies: [
        "CoreOps", "OpsData", "OpsFiles", "OpsImage", "OpsLinalg", "OpsMedia", "OpsNN",
        "OpsRecords", "OpsSparse", "OpsState", "OpsStrings",
      ],
      path: "Sources/Ops/All", swiftSettings: swiftSettings),
    .target(
      name: "CoreGraph", dependencies: ["CKernels", "CoreOps"], swiftSettings: swiftSettings),
    .target(
      name: "Serialization", dependencies: ["CKernels", "CoreOps", "CProtos", "CZlib"],
      swiftSettings: swiftSettings),
    .target(
      name: "Models", dependencies: ["CoreGraph", "CoreOps", "CProtos", "Serialization"],
      swiftSettings: swiftSettings),
    .target(
      name: "Variables",
      dependencies: ["CRE2", "CoreGraph", "CoreOps", "OpsLinalg", "OpsState"],
      swiftSettings: swiftSettings),
    .target(
      name: "Functions",
      dependencies: [
        "CoreGraph", "CoreOps", "OpsImage", "OpsLinalg", "OpsNN", "OpsSparse", "OpsState",
        "Variables",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "V1Graph",
      dependencies: [
        "CKernels", "CoreGraph", "CoreOps", "Models", "OpsSparse", "OpsState", "Serialization",
        "Variables",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "V1Runtime",
      dependencies: [
        "CoreGraph", "CoreOps", "Models", "Ops", "OpsLinalg", "OpsMedia", "OpsSparse", "OpsState",
        "Serialization", "V1Graph", "Variables",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "V1Recurrent",
      dependencies: [
        "CoreGraph", "CoreOps", "Functions", "OpsLinalg", "OpsNN", "V1Graph", "Variables",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "V1Training",
      dependencies: ["CoreGraph", "CoreOps", "OpsState", "V1Graph", "Variables"],
      swiftSettings: swiftSettings),
    .target(
      name: "V2Eager", dependencies: ["CoreGraph", "CoreOps", "Variables"],
      swiftSettings: swiftSettings),
    .target(
      name: "Compat",
      dependencies: [
        "CoreGraph", "CoreOps", "Functions", "Models", "Ops", "Serialization", "V1Graph",
        "V1Recurrent", "V1Runtime", "V1Training", "V2Eager",
      ],
      swiftSettings: swiftSettings),
    .target(name: "CompatV1", dependencies: ["Compat"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "janus",
      dependencies: [
        "Compat", "CoreGraph", "CoreOps", "Models", "Ops", "Serialization", "V1Graph", "V2Eager",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "LegacyExamples", dependencies: ["CompatV1"], path: "Examples/legacy",
      exclude: [
        "README.md", "cnn_batch_norm.py", "data.py", "dqn.py", "dump.py", "gan.py",
        "guide_layers.py", "guide_low_level.py", "guide_mixed.py", "linear_regression.py",
        "logistic_regression.py", "lstm.py", "mlp.py", "monitored_session.py", "queue_reader.py",
        "record.py", "seq2seq.py", "vae.py", "word2vec.py",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "TestSupport",
      dependencies: ["CoreGraph", "CoreOps", "Ops", "V1Graph", "V2Eager"],
      path: "Tests/Support",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CoreOpsTests",
      dependencies: ["CKernels", "COneDNN", "CoreOps", "Ops", "Serialization", "TestSupport"],
      path: "Tests/CoreOps",
      resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "janus", "CoreGraph", "CoreOps", "Models", "Ops", "Serialization", "TestSupport", "V1Graph",
      ],
      path: "Tests/CommandLine", swiftSettings: swiftSettings),
    .testTarget(
      name: "CoreGraphTests",
      dependencies: [
        "CKernels", "CoreGraph", "CoreOps", "Ops", "TestSupport", "V1Graph", "V2Eager",
      ],
      path: "Tests/CoreGraph", swiftSettings: swiftSettings),
    .testTarget(
      name: "CompatTests",
      dependencies: ["Compat", "CompatV1", "CoreGraph", "CoreOps", "TestSupport"],
      path: "Tests/Compat", resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
    .testTarget(
      name: "V1Tests",
      dependencies: [
        "Compat", "CompatV1", "CoreGraph", "CoreOps", "LegacyExamples", "Models", "Serialization",
        "TestSupport",
      ],
      path: "Tests/V1", resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
    .testTarget(
      name: "SerializationTests",
      dependencies: [
        "CoreGraph", "CoreOps", "CProtos", "Models", "Ops", "Serialization", "TestSupport",
        "V1Graph",
      ],
      path: "Tests/Serialization", exclude: ["Fixtures"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6],
  // RE2's headers need it.
  cxxLanguageStandard: .cxx17
)

// libFuzzer brings the program's entry point, so this links only with `--sanitize=fuzzer`, as
// script/fuzz builds it.
if Context.environment["JANUS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "janus-fuzz",
      dependencies: ["CoreGraph", "CoreOps", "Models", "Ops", "Serialization"],
      path: "Tests/Fuzz",
      swiftSettings: swiftSettings))
}
