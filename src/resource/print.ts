import type { Resource } from './resource.ts'

/** One YAML stream of the resources in their order, documents joined by `---`. What was not edited is as it was read. */
export function printResources(resources: readonly Resource[]): string {
  return resources.map(printResource).join('---\n')
}

function printResource(resource: Resource): string {
  // YAML has no tabs for indentation, which JSON allows.
  const isTabbed = resource.format === 'json' && resource.text.includes('\t')
  const text = isTabbed ? `${JSON.stringify(resource.object, null, 2)}\n` : resource.text
  return text.endsWith('\n') ? text : `${text}\n`
}
