import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runProcess } from '../../subprocess/index.ts'
import { startPostRenderer, type PostRenderer } from './post-renderer.ts'

/** As helm 3 would run it. */
function program({ args }: PostRenderer): { readonly command: string; readonly args: readonly string[] } {
  const [, command = '', ...rest] = args
  return { command, args: rest.filter((arg) => arg !== '--post-renderer-args') }
}

describe('what helm renders', () => {
  test.each([
    ['comes back changed', 'a: 1\n'],
    ['may be empty', ''],
    ['may be long', 'ü'.repeat(1_000_000)],
  ])('%s', async (_what, input) => {
    const change = (manifests: string): Promise<string> => Promise.resolve(`changed\n${manifests}`)
    const renderer = await startPostRenderer({ majorVersion: 3, pluginFolders: '', change })
    const outcome = await runProcess({ ...program(renderer), env: {}, input })
    await renderer.close()
    expect(outcome).toMatchObject({ status: 0, stdout: `changed\n${input}`, stderr: '' })
    expect(renderer.failure()).toBeUndefined()
  })

  test('that cannot be changed fails helm, and the reason is kept', async () => {
    const reason = new Error('no platform runs it')
    const renderer = await startPostRenderer({
      majorVersion: 3,
      pluginFolders: '',
      change: () => Promise.reject(reason),
    })
    const outcome = await runProcess({ ...program(renderer), env: {}, input: 'a: 1\n' })
    await renderer.close()
    expect(outcome).toMatchObject({ status: 1, stdout: '', stderr: 'no platform runs it\n' })
    expect(renderer.failure()).toBe(reason)
  })

  test('by helm 4 goes through a plugin in a folder of its own, beside those of the user', async () => {
    const change = (): Promise<string> => Promise.resolve('')
    const renderer = await startPostRenderer({ majorVersion: 4, pluginFolders: '/home/me/plugins', change })
    const [own = '', users] = (renderer.env['HELM_PLUGINS'] ?? '').split(delimiter)
    expect(users).toBe('/home/me/plugins')
    expect(renderer.args).toEqual(['--post-renderer', 'catamaran-post-renderer'])
    const plugin = readFileSync(join(own, 'catamaran-post-renderer', 'plugin.yaml'), 'utf8')
    expect(JSON.parse(plugin)).toMatchObject({ type: 'postrenderer/v1', name: 'catamaran-post-renderer' })
    await renderer.close()
    expect(existsSync(dirname(own))).toBe(false)
  })
})
