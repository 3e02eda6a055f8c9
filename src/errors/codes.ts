/**
 * Every error code catamaran can print, with what it means. A code is permanent: it may be added to, never
 * renamed or reused. Sections follow the rooms that raise them; keep each section sorted.
 */
export const errorCodes = {
  // ground
  ABORTED: 'the operation was interrupted',
  DISK_FULL: 'the disk has no room left',
  FILE_UNREADABLE: 'a file could not be read',
  FILE_UNWRITABLE: 'a file could not be written',
  INTERNAL: 'a bug in catamaran',
  USAGE: 'a command was called with wrong arguments',

  // words
  PLATFORM_INVALID: 'a platform string is not a platform',
  REFERENCE_INVALID: 'an image name is not a valid reference',

  // image

  // dockerfile, workspace, layer, layout, build

  // config, tag

  // resource, placement, render

  // http, registry, transfer, inspect

  // kube, deploy, status

  // sandbox

  // pipeline
  PLATFORM_CONSTRAINT: 'the platforms asked for and those an artifact allows have nothing in common',
} as const

/** A permanent, documented error code; the keys of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes
