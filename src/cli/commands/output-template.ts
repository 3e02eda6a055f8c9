import { ToolError } from '../../errors/index.ts'
import type { BuildOutput } from './build-answer.ts'

/**
 * Fills `-o` templates: `{{json .}}`, and ranges over the builds with their members, `{{range .builds}}{{.imageName}} -> {{.tag}}{{end}}`.
 * Members may be spelt as in Go (`.Builds`, `.ImageName`, `.Tag`) or as in JSON.
 * @throws USAGE for anything else
 */
export function renderOutputTemplate(template: string, output: BuildOutput): string {
  const unescaped = template.replaceAll(String.raw`\n`, '\n').replaceAll(String.raw`\t`, '\t')
  const ranged = unescaped.replaceAll(
    /\{\{-?\s*range\s+\.builds\s*-?\}\}([\s\S]*?)\{\{-?\s*end\s*-?\}\}/gi,
    (_, body: string) => (output.builds ?? []).map((build) => fillMembers(body, build)).join(''),
  )
  return ranged.replaceAll(/\{\{-?\s*([^{}]*?)\s*-?\}\}/g, (_, expression: string) => {
    if (expression === 'json .') return `${JSON.stringify(output)}\n`
    if (/^\.builds$/i.test(expression)) return JSON.stringify(output.builds)
    throw unknownExpression(expression)
  })
}

function fillMembers(body: string, build: NonNullable<BuildOutput['builds']>[number]): string {
  return body.replaceAll(/\{\{-?\s*([^{}]*?)\s*-?\}\}/g, (_, expression: string) => {
    if (/^\.imageName$/i.test(expression)) return build.imageName
    if (/^\.tag$/i.test(expression)) return build.tag
    if (expression === 'json .') return JSON.stringify(build)
    throw unknownExpression(expression)
  })
}

function unknownExpression(expression: string): ToolError {
  return new ToolError('USAGE', `--output: "{{${expression}}}" is not supported`, {
    hint: 'use {{json .}}, or {{range .builds}}{{.imageName}} -> {{.tag}}{{end}}',
  })
}
