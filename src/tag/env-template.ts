import { renderTemplate, resolveCommands } from '../config/index.ts'
import { runForOutput } from '../subprocess/index.ts'
import type { MakeTag, TagOutside } from './contract.ts'

/** A template over the environment and `IMAGE_NAME`; a variable that is not set is an error. */
export function envTemplateTag(template: string, outside: TagOutside): MakeTag {
  return ({ image }, signal) => renderTag(template, { data: { ...outside.env, IMAGE_NAME: image }, outside, signal })
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
