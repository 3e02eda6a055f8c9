/** What a registry asks for with a 401. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * The challenges of `WWW-Authenticate`, which may hold several; schemes and names compare without case.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 * @example parseChallenges('Bearer realm="https://auth.example.com/token",service="registry"')
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  for (const match of header.matchAll(piece)) {
    const { name, quoted, bare, scheme } = match.groups ?? {}
    const current = challenges.at(-1)
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} })
    else if (name !== undefined && current !== undefined) {
      current.parameters[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? ''
    }
  }
  return challenges
}

/** The challenge that can be answered best: tokens before passwords; undefined when none can. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined)
  return bearer ?? challenges.find(({ scheme }) => scheme === 'basic')
}

/** A parameter, or else a word that starts a challenge. */
const piece =
  /(?<name>[\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s,"]+))|(?<scheme>[A-Za-z][\w-]*)/g
