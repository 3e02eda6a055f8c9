import { expect, test } from 'vitest'
import { renderOutputTemplate } from './output-template.ts'

const output = {
  builds: [
    { imageName: 'a', tag: 'reg/a:1@sha256:0' },
    { imageName: 'b', tag: 'reg/b:1@sha256:1' },
  ],
}

test.each([
  ['{{json .}}', `${JSON.stringify(output)}\n`],
  [String.raw`{{range .builds}}{{.imageName}} -> {{.tag}}\n{{end}}`, 'a -> reg/a:1@sha256:0\nb -> reg/b:1@sha256:1\n'],
  ['{{range .Builds}}{{.Tag}} {{end}}', 'reg/a:1@sha256:0 reg/b:1@sha256:1 '],
  [String.raw`{{range .Builds}}{{.ImageName | upper}}{{"\n"}}{{end}}`, 'A\nB\n'],
  ['{{(index .Builds 0).Tag}}', 'reg/a:1@sha256:0'],
  ['{{range $i, $b := .Builds}}{{$i}}{{if eq $b.ImageName "b"}}!{{end}}{{end}}', '01!'],
  ['{{len .builds}}: {{json (index .Builds 1)}}', `2: ${JSON.stringify(output.builds[1])}`],
  ['plain', 'plain'],
])('%s', (template, printed) => {
  expect(renderOutputTemplate(template, output)).toBe(printed)
})

test.each([
  '{{.nope}}',
  '{{range .builds}}{{.nope}}{{end}}',
  '{{range',
  '{{range .Builds}}',
  '{{nope .}}',
  '{{cmd "ls"}}',
])('%s is a usage error', (template) => {
  expect(() => renderOutputTemplate(template, output)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
