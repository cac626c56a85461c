/// Normalisation.
package struct NormalizationOps: OpFamily {
  package static let family = NormalizationOps()
  package init() {}
}
