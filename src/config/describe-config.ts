import { dirname, resolve } from 'node:path'
import { withAbsolutePaths } from './absolute-paths.ts'
import { withDefaults } from './defaults.ts'
import type { ConfigDocument } from './documents.ts'
import { rootShape } from './fields/root.ts'
import { plainOf, printDocuments } from './print-config.ts'

/**
 * Prints documents as they take effect: profiles applied, defaults set, paths absolute. Files are relative to `folder`, an
 * absolute path.
 */
export function describeConfigs(documents: readonly ConfigDocument[], folder: string): string {
  return printDocuments(
    documents.map(({ source, root }) => {
      const from = resolve(folder, dirname(source.file))
      return plainOf(withAbsolutePaths(withDefaults(root), from), rootShape)
    }),
  )
}
