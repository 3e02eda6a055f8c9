import { renderAnswer } from '../../config/index.ts'
import { isToolError, ToolError } from '../../errors/index.ts'

/**
 * Fills an `-o` template in Go's language from a command's answer. Outside of actions `\n` and `\t` are what they are in
 * Go's strings; `{{json .}}` alone gets a newline.
 * @throws USAGE when the template is wrong
 */
export function renderOutputTemplate(template: string, answer: unknown): string {
  try {
    const printed = renderAnswer(template.split(action).map(unescapeText).join(''), answer)
    return isDefault(template) ? `${printed}\n` : printed
  } catch (error) {
    if (!isToolError(error, 'CONFIG_TEMPLATE_INVALID')) throw error
    throw new ToolError('USAGE', `--output: ${error.message}`, {
      hint: 'use {{json .}}, or {{range .Builds}}{{.ImageName}} -> {{.Tag}}{{end}}',
      cause: error,
    })
  }
}

const action = /(\{\{[\s\S]*?\}\})/

/** Texts stand at the even places between actions. */
function unescapeText(part: string, index: number): string {
  return index % 2 === 1 ? part : part.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\t`, '\t')
}

function isDefault(template: string): boolean {
  return /^\{\{-?\s*json\s+\.\s*-?\}\}$/.test(template)
}
