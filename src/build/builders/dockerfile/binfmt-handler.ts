import { readElf } from '../../../layer/index.ts'

/** The architecture that one handler emulates; undefined when it emulates none, is turned off, or not for containers. */
export function architectureOf(handler: string): string | undefined {
  const lines = handler.split('\n').map((line) => line.trim())
  const valueOf = (key: string): string =>
    lines
      .find((line) => line.startsWith(key))
      ?.slice(key.length)
      .trim() ?? ''
  if (lines[0] !== 'enabled' || !valueOf('flags:').includes('F')) return undefined
  const magic = valueOf('magic ')
  if (!/^(?:[0-9a-f]{2})+$/.test(magic)) return undefined
  // the rest of the header is not part of the pattern
  return readElf(Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(4096)]))?.architecture
}
