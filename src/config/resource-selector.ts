import { checkStructure } from './check-structure.ts'
import { throwProblems } from './problems.ts'
import { readAs, shapeAt } from './read-as.ts'
import { readDocuments } from './read-documents.ts'
import type { ResourceSelectorConfig } from './manifest-types.ts'
import type { Source } from './source.ts'
import { newestVersion } from './versions.ts'

/**
 * Reads a file of rules, which has the form of `resourceSelector` in skaffold.yaml.
 * @throws CONFIG_YAML_INVALID, CONFIG_UNKNOWN_FIELD, CONFIG_WRONG_TYPE
 */
export function readResourceSelector(source: Source): ResourceSelectorConfig {
  const [document] = readDocuments(source)
  const shape = shapeAt('resourceSelector')
  if (document === undefined || shape.kind !== 'object') return {}
  throwProblems(source, checkStructure(document, shape, newestVersion))
  return readAs<ResourceSelectorConfig>(document, shape) ?? {}
}
