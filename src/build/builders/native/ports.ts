import { invalid, type Location } from '../../../dockerfile/index.ts'

/**
 * `80`, `443/TCP`, `9000-9002/udp`, with an address and a port of the host before them or not, as `port/protocol`.
 * @throws DOCKERFILE_INVALID
 */
export function expandPorts(words: readonly string[], at: Location): readonly string[] {
  return words.flatMap((word) => expandPort(word, at))
}

const portPattern = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp)?)?$/i

function expandPort(word: string, at: Location): readonly string[] {
  const [whole, first = '', last = first, protocol = 'tcp'] = portPattern.exec(word.split(':').at(-1) ?? '') ?? []
  const [start, end] = [Number(first), Number(last)]
  if (whole === undefined || start > end || end > 65535) {
    throw invalid(at, `"${word}" is no port`, 'write it like 8080, 53/udp or 9000-9002')
  }
  return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol.toLowerCase()}`)
}
