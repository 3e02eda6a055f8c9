import { stat } from 'node:fs/promises'
import { ToolError } from '../errors/index.ts'

/** An artifact and the folder that it is built from. */
interface Located {
  readonly artifact: { readonly image: string; readonly context: string }
  /** Absolute. */
  readonly contextFolder: string
}

/**
 * Sees to it that every build context is a folder, before anything is tagged or built.
 * @throws WORKSPACE_MISSING
 */
export async function checkContexts(located: readonly Located[]): Promise<void> {
  const found = await Promise.all(located.map(async ({ contextFolder }) => isFolder(contextFolder)))
  const missing = located.find((_, index) => found[index] === false)
  if (missing === undefined) return
  const { artifact, contextFolder } = missing
  throw new ToolError('WORKSPACE_MISSING', `the context "${artifact.context}" of ${artifact.image} is no folder`, {
    hint: `create ${contextFolder}, or correct the \`context\` of the artifact, which is relative to skaffold.yaml`,
  })
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // whoever reads it says why it cannot be read, if it is there
    return false
  }
}
