/** Exit codes: Skaffold's where it has them. */
export const exitCodes = { ok: 0, failure: 1, bug: 70, usage: 127, interrupted: 130 } as const
