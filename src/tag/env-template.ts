import { renderTemplate, resolveCommands } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import { runForOutput } from '../subprocess/index.ts'
import type { MakeTag, TagOutside } from './contract.ts'

/** What templates of Skaffold's first versions took for the digest. */
const digests = ['DIGEST', 'DIGEST_ALGO', 'DIGEST_HEX']
const standIn = '_no_digest_'

/** A template over the environment and `IMAGE_NAME`; a variable that is not set is an error, and so is the digest. */
export function envTemplateTag(template: string, outside: TagOutside): MakeTag {
  const noDigests = Object.fromEntries(digests.map((name) => [name, standIn]))
  return async ({ image }, signal) => {
    const data = { ...outside.env, ...noDigests, IMAGE_NAME: image }
    const tag = await renderTag(template, { data, outside, signal })
    if (!tag.includes(standIn)) return tag
    throw new ToolError(
      'CONFIG_TEMPLATE_INVALID',
      '{{.DIGEST}}, {{.DIGEST_ALGO}} and {{.DIGEST_HEX}} are deprecated, image digest will now automatically be appended to image tags',
      { hint: 'use the sha256 tagger, or a template without them' },
    )
  }
}

/** What a template is rendered with. */
export interface TagData {
  readonly data: Readonly<Record<string, string | undefined>>
  readonly outside: TagOutside
  readonly signal: AbortSignal | undefined
}

/** Renders a template for a tag; `cmd` runs programs, a missing key is an error. */
export async function renderTag(template: string, { data, outside, signal }: TagData): Promise<string> {
  const { env, now, runProcess } = outside
  return resolveCommands(
    (cmd) => renderTemplate(template, data, { cmd, env, now, strict: true }),
    async ([command = '', ...args]) =>
      (await runForOutput(runProcess, { command, args, env, ...(signal === undefined ? {} : { signal }) })).trim(),
  )
}
