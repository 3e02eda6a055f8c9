import { expect, test } from 'vitest'
import { redact } from './redact.ts'

test.each([
  ['https://user:pa55@host/v2/', 'https://***@host/v2/'],
  ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic ***'],
  ['Bearer eyJhbGciOiJSUzI1NiJ9.abc', 'Bearer ***'],
  ['https://host/blob?X-Amz-Signature=abc&digest=sha256:1', 'https://host/blob?X-Amz-Signature=***&digest=sha256:1'],
  ['{"access_token":"abc"}', '{"access_token":"***"}'],
  ['https://host/v2/a/b@sha256:0', 'https://host/v2/a/b@sha256:0'],
])('%s is printed as %s', (text, printed) => {
  expect(redact(text)).toBe(printed)
})
