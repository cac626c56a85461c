/// Decompositions, solvers and determinants.
package struct LinearAlgebraOps: OpFamily {
  package static let family = LinearAlgebraOps()
  package init() {}
}
