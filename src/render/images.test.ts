import { describe, expect, test } from 'vitest'
import { parseResources } from '../resource/index.ts'
import { imageReplacer } from './images.ts'
import { knownSelector } from './selector.ts'

const built = [
  { image: 'app', reference: 'reg/app:v1@sha256:00' },
  { image: 'gcr.io/team/app', reference: 'reg/gcr_io_team_app:v2' },
]

function replace(image: string): { readonly values: readonly unknown[]; readonly used: readonly string[] } {
  const used: string[] = []
  const replacer = imageReplacer(built, { selector: knownSelector, onUsed: (name) => used.push(name) })
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: '${image}'}]}\n`
  const values = parseResources(text, 'p.yaml').flatMap((resource) =>
    replacer.editsOf(resource).map(({ value }) => value),
  )
  return { values, used }
}

describe("charts that were made for Skaffold's old image strategies", () => {
  test.each([
    ['app:app', ['reg/app:v1@sha256:00']],
    ['app/app:app', ['reg/app:v1@sha256:00']],
    ['gcr.io/team/app:gcr.io/team/app', ['reg/gcr_io_team_app:v2']],
    ['gcr.io/team/app/gcr.io/team/app:gcr.io/team/app', ['reg/gcr_io_team_app:v2']],
    ['app/app:other', []],
    ['app/other:app', []],
    ['app:app:app', []],
    ['app/app@sha256:00', []],
  ])('%s', (image, expected) => {
    expect(replace(image).values).toEqual(expected)
  })
})

test('an image that stands there ready counts as used and stays', () => {
  expect(replace('reg/app:v1@sha256:00')).toEqual({ values: [], used: ['app'] })
  expect(replace('other')).toEqual({ values: [], used: [] })
})
