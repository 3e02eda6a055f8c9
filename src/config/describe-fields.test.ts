import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describeSupportedFields } from './describe-fields.ts'

test('the reference page says what the field table says', () => {
  const page = readFileSync(new URL('../../docs/reference/skaffold-yaml.md', import.meta.url), 'utf8')
  expect(page).toBe(describeSupportedFields())
})
