import Compat
import CoreOps

extension NodeNamePrograms {
  private typealias v1 = Compat.tf.compat.v1

  private static func strings() throws -> (p: Tensor, q: Tensor) {
    (
      try v1.placeholder(.string, shape: [2], name: "p"),
      try v1.placeholder(.string, shape: [Int?](), name: "q")
    )
  }

  static let text: [Program] = [
    Program(name: "strings") {
      let (p, q) = try strings()
      let x = try v1.placeholder(.float32, shape: [2, 3], name: "x")
      _ = try [tf.strings.join([p, "a"], "-"), tf.strings.substr(p, 1, 2), tf.strings.length(p)]
      _ = try [tf.strings.lower(p), tf.strings.strip(p), tf.strings.toNumber(p), tf.asString(x)]
      _ = try tf.strings.regexReplace(p, "a", "b")
      _ = try tf.strings.regexReplace(p, pattern: q, rewrite: "b")
      _ = try [tf.strings.regexFullMatch(p, "a"), tf.strings.toHashBucketFast(p, 5)]
      _ = try [tf.strings.reduceJoin(p), tf.strings.reduceJoin(p, axis: 0, name: "all")]
      _ = try tf.strings.format("a {}", [p])
      _ = try tf.strings.unsortedSegmentJoin(p, [0, 0], 1)
      _ = try tf.strings.unicodeTranscode(p, "UTF-8", "UTF-16-BE")
      _ = try [tf.strings.unicodeScript([65]), tf.strings.unicodeDecode(q, "UTF-8")]
      _ = try v1.stringSplit(p, sep: ",")
      _ = try v1.stringToNumber(p, .int32)
      _ = try v1.decodeCsv(p, [["a"], [1]])
      _ = try tf.fingerprint(p)
    },
    Program(name: "images_in_files") {
      let q = try v1.placeholder(.string, shape: [Int?](), name: "q")
      _ = try [tf.image.decodePng(q), tf.image.decodeJpeg(q), tf.image.decodeGif(q)]
      _ = try [tf.image.decodeBmp(q), tf.image.decodeImage(q)]
      _ = try tf.image.decodeAndCropJpeg(q, [0, 0, 1, 1])
      _ = try [tf.image.extractJpegShape(q), tf.image.isJpeg(q)]
      let image = try v1.placeholder(.uint8, shape: [2, 2, 3], name: "i")
      _ = try [tf.image.encodePng(image), tf.image.encodeJpeg(image)]
    },
    Program(name: "summaries") {
      let x = try v1.placeholder(.float32, shape: [2, 3], name: "x")
      let q = try v1.placeholder(.string, shape: [Int?](), name: "q")
      let number = try v1.placeholder(.float32, shape: [Int?](), name: "l")
      let loss = try v1.summary.scalar("loss", number)
      try tf.nameScope("tower") {
        _ = try v1.summary.histogram("a b!", x)
        _ = try v1.summary.scalar("loss", 1.0, family: "all")
        _ = try v1.summary.text("note", q)
      }
      _ = try v1.summary.image("pictures", tf.reshape(x, [1, 2, 3, 1]))
      _ = try v1.summary.audio("sounds", x, 8000.0)
      _ = try v1.summary.merge([loss])
      _ = try v1.summary.mergeAll()
    },
  ]
}
