import { resolve } from 'node:path'
import { withAbsolutePaths } from './absolute-paths.ts'
import { withDefaults } from './defaults.ts'
import type { ConfigDocument } from './documents.ts'
import { rootShape } from './fields/root.ts'
import type { TemplateOutside } from './parse-config.ts'
import { plainOf, printDocuments } from './print-config.ts'
import { withTemplates } from './expand-templates.ts'
import { folderOf } from './source.ts'

/** How configurations are described. */
export interface DescribeOptions {
  /** Absolute path of the folder that the files are relative to. */
  readonly folder: string
  /** Expand the templates of fields that Skaffold expands when it reads them; one with a missing key stays. */
  readonly templates?: TemplateOutside
}

/**
 * Prints documents as they take effect: profiles applied, defaults set, paths absolute.
 */
export function describeConfigs(documents: readonly ConfigDocument[], { folder, templates }: DescribeOptions): string {
  return printDocuments(
    documents.map(({ source, root }) => {
      const from = resolve(folder, folderOf(source.file))
      const expanded = templates === undefined ? root : withTemplates(root, templates)
      return plainOf(withAbsolutePaths(withDefaults(expanded), from), rootShape)
    }),
  )
}
