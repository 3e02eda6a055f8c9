/** Rights on a repository, as token servers name them. */
export type Action = 'pull' | 'push'

/** `repository:NAME:pull` or `repository:NAME:pull,push`; whoever pushes also looks. */
export function scopeOf(repository: string, action: Action): string {
  return `repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}`
}

/** Whether a token for some scopes serves for the wanted ones. */
export function covers(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => held.some((other) => includesScope(other, scope)))
}

function includesScope(held: string, wanted: string): boolean {
  const [heldPart, heldActions] = splitScope(held)
  const [wantedPart, wantedActions] = splitScope(wanted)
  return heldPart === wantedPart && wantedActions.every((action) => heldActions.includes(action))
}

function splitScope(scope: string): readonly [string, readonly string[]] {
  const colon = scope.lastIndexOf(':')
  return [scope.slice(0, colon), scope.slice(colon + 1).split(',')]
}
