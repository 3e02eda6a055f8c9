type Arguments = Readonly<Record<string, string>>

/**
 * Build arguments as command lines have them: `NAME=value`, and the name alone for what looks like a credential, which
 * everybody on the machine could read there. Its value is in the environment, see {@link argumentVariables}.
 */
export function argumentWords(args: Arguments): readonly string[] {
  return Object.entries(args).map(([name, value]) => (isCredential(name) ? name : `${name}=${value}`))
}

/** Variables that the names alone stand for. */
export function argumentVariables(args: Arguments): Arguments {
  return Object.fromEntries(Object.entries(args).filter(([name]) => isCredential(name)))
}

/** Names that engines look at themselves are none of ours to set. */
function isCredential(name: string): boolean {
  if (/^(?:DOCKER|BUILDX|BUILDKIT|BUILDAH|REGISTRY|CONTAINERS?|SSH|XDG)_/.test(name)) return false
  return /(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASS|SECRET|CREDENTIALS?|AUTH|(?:API|ACCESS|PRIVATE|SECRET)_?KEY|APIKEY)(?:_|$)/i.test(
    name,
  )
}
