/** Changes a mode as `chmod` does. */
export type ModeChange = (mode: number, kind: 'directory' | 'file') => number

/** Reads an octal number up to 07777 or a list like `u=rwX,go-w`; undefined when the text is neither. */
export function parseMode(text: string): ModeChange | undefined {
  if (/^[0-7]+$/.test(text)) {
    const mode = Number.parseInt(text, 8)
    return mode > 0o7777 ? undefined : () => mode
  }
  const changes = text.split(',').map(parseClause)
  const known = changes.filter((change) => change !== undefined)
  if (known.length < changes.length) return undefined
  return (mode, kind) => known.reduce((changed, change) => change(changed, kind), mode)
}

const classes: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 }
const permissions: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: 0o1000 }

/** `[ugoa…][+-=][rwxXst…]…` or `[+-=][ugo]`. */
function parseClause(clause: string): ModeChange | undefined {
  const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause)
  if (match === null) return undefined
  const who = Array.from(match[1] === '' ? 'a' : (match[1] ?? '')).reduce(
    (bits, name) => bits | (classes[name] ?? 0),
    0,
  )
  const actions = [...(match[2] ?? '').matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)]
  return (mode, kind) =>
    actions.reduce((changed, [, operator = '', what = '']) => {
      const bits = bitsOf(what, { mode: changed, kind }) & who
      if (operator === '+') return changed | bits
      if (operator === '-') return changed & ~bits
      return (changed & ~who) | bits
    }, mode)
}

function bitsOf(what: string, on: { readonly mode: number; readonly kind: 'directory' | 'file' }): number {
  if (/^[ugo]$/.test(what)) {
    const shift = { u: 6, g: 3, o: 0 }[what] ?? 0
    const three = (on.mode >> shift) & 0o7
    return (three << 6) | (three << 3) | three
  }
  return Array.from(what).reduce((bits, name) => {
    if (name === 'X') return on.kind === 'directory' || (on.mode & 0o111) !== 0 ? bits | 0o111 : bits
    return bits | (permissions[name] ?? 0)
  }, 0)
}
