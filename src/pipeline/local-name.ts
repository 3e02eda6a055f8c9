/**
 * The name of an image that is not pushed, as Skaffold makes it: the tag is its id, so that a manifest changes when the
 * image does.
 */
export function nameWithId(name: string, id: string): string {
  const plain = name.replace(/@.*$/, '')
  const colon = plain.indexOf(':', plain.lastIndexOf('/') + 1)
  return `${colon === -1 ? plain : plain.slice(0, colon)}:${id.replace(/^sha256:/, '')}`
}
