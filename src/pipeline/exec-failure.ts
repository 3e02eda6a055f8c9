/** Why a container failed, in words; undefined when it did not. */
export type RunFailure = string | undefined
