/** Something in a text that a shell would not accept either. */
export class SubstitutionError extends Error {
  override readonly name = 'SubstitutionError'
}
