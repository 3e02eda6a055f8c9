import { parseReference } from '../reference/index.ts'
import type { MakeTag } from './contract.ts'

/** `latest`, or nothing for an image whose name has a tag: the digest of the build is what tells images apart. */
export const sha256Tag: MakeTag = ({ image }) => {
  const name = image.toLowerCase().startsWith('ko://') ? image.slice('ko://'.length) : image
  return Promise.resolve(parseReference(name.toLowerCase()).tag === undefined ? 'latest' : '')
}
