/** Paths of members that a JSON text gives twice, as `spec.containers[0].image`; the text must parse. */
export function duplicateMembers(text: string): readonly string[] {
  const duplicates: string[] = []
  const open: Level[] = []
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const level = open.at(-1)
    if (token === '{' || token === '[') {
      open.push({ seen: new Set(), path: level === undefined ? '' : pathOf(level), isList: token === '[', index: 0 })
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (level !== undefined) {
      readToken(token, level, duplicates)
    }
  }
  return duplicates
}

interface Level {
  readonly seen: Set<string>
  readonly path: string
  readonly isList: boolean
  index: number
  key?: string
  /** A string was read that is a member's name if a colon follows. */
  pending?: string
}

function readToken(token: string, level: Level, duplicates: string[]): void {
  if (token === ',') {
    level.index += 1
    delete level.pending
  } else if (token !== ':') {
    level.pending = token
  } else if (level.pending !== undefined) {
    level.key = JSON.parse(level.pending) as string
    if (level.seen.has(level.key)) duplicates.push(pathOf(level))
    level.seen.add(level.key)
    delete level.pending
  }
}

function pathOf({ path, isList, index, key }: Level): string {
  if (isList) return `${path}[${index}]`
  return path === '' ? (key ?? '') : `${path}.${key ?? ''}`
}
