/** The twin of the table in ARCHITECTURE: floor 0 is the ground; a room imports rooms of lower floors only. */
export const floors: readonly (readonly string[])[] = [
  ['errors', 'events', 'support'],
  ['platform', 'reference', 'image', 'dockerfile', 'resource', 'placement', 'config'],
  ['http', 'google', 'registry', 'layout', 'layer', 'kube', 'workspace', 'subprocess', 'watch'],
  ['inspect', 'transfer', 'registry-server'],
  ['build', 'tag', 'test', 'render', 'load', 'deploy', 'status', 'sync', 'debug'],
  ['pipeline'],
  ['cli', 'sandbox'],
]

/** Imports that are allowed between rooms of one floor. */
export const sameFloor: Readonly<Record<string, readonly string[]>> = {
  image: ['platform', 'reference'],
  placement: ['platform', 'reference', 'resource'],
  config: ['platform', 'reference'],
  dockerfile: ['platform', 'reference'],
  resource: ['platform', 'reference'],
  layout: ['layer'],
  registry: ['http', 'subprocess'],
  google: ['http', 'subprocess'],
  kube: ['http', 'subprocess'],
  workspace: ['subprocess'],
  render: ['debug'],
  cli: ['sandbox'],
}

/** Imports that the floors would allow and that are forbidden all the same. */
export const forbidden: Readonly<Record<string, readonly string[]>> = {
  sandbox: ['placement'],
}
