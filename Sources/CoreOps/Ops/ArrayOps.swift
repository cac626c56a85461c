/// Other ops that make or rearrange arrays.
package struct ArrayOps: OpFamily {
  package static let family = ArrayOps()
  package init() {}
}
