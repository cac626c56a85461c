import Glibc

/// The most memory that this process has had, in MiB.
func peakMemory() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}

/// A number with so many digits after the point.
func decimal(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((abs(value) * scale).rounded())
  let whole = String(scaled / Int(scale))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  if digits == 0 { return sign + whole }
  let rest = String(scaled % Int(scale))
  return sign + whole + "." + String(repeating: "0", count: digits - rest.count) + rest
}
