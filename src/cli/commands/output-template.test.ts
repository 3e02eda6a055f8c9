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
  ['plain', 'plain'],
])('%s', (template, printed) => {
  expect(renderOutputTemplate(template, output)).toBe(printed)
})

test.each(['{{.nope}}', '{{range .builds}}{{.nope}}{{end}}'])('%s is refused', (template) => {
  expect(() => renderOutputTemplate(template, output)).toThrow('is not supported')
})
