import { afterEach, beforeEach, expect, test } from 'vitest'
import { startGoogleServer, type GoogleServer } from '../../test/support/google-server.ts'
import type { Event } from '../events/index.ts'
import { runProcess } from '../subprocess/index.ts'
import { createClosing } from './closing.ts'
import { googleLogins } from './google-logins.ts'

let google: GoogleServer
beforeEach(async () => {
  google = await startGoogleServer()
})
afterEach(() => google.close())

test.each([
  ['gcr.io', true],
  ['eu.gcr.io', true],
  ['europe-west1-docker.pkg.dev', true],
  ['gcr.io.example.com', false],
  ['docker.io', false],
  ['127.0.0.1:5000', false],
])('%s gets the token of the account: %s', async (registry, is) => {
  const closing = createClosing()
  const env = { ...google.env, CLOUDSDK_AUTH_ACCESS_TOKEN: 'token' }
  const login = googleLogins({ env, cwd: '/' }, { runProcess, closing, emit: () => {} })
  expect(await login(registry)).toEqual(is ? { username: 'oauth2accesstoken', password: 'token' } : undefined)
  await closing.close()
})

test('without an account it is asked as everybody', async () => {
  const closing = createClosing()
  const events: Event[] = []
  const env = { ...google.env, CLOUDSDK_CONFIG: '/nowhere', PATH: '' }
  const login = googleLogins({ env, cwd: '/' }, { runProcess, closing, emit: (event) => events.push(event) })
  expect(await login('gcr.io')).toBeUndefined()
  expect(events).toEqual([
    { type: 'detail', text: expect.stringContaining('there are no credentials for Google Cloud') },
  ])
  await closing.close()
})
