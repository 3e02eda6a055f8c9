import { beforeAll, expect, test } from 'vitest'
import { runMain } from '../../../test/support/run-main.ts'
import { unsupportedFlags } from '../flags/unsupported.ts'
import { muted } from '../reporters/filtered.ts'
import { timestamped } from '../reporters/timestamped.ts'
import { loadCommand, loadCommands } from './table.ts'

/**
 * Which of Skaffold's commands have which flags.
 * @see https://github.com/GoogleContainerTools/skaffold/blob/main/cmd/skaffold/app/cmd/flags.go
 */
const ofSkaffold: readonly (readonly [string, string])[] = [
  [
    'run dev debug build test deploy delete render apply verify exec init fix diagnose filter lint',
    'filename module user remote-cache-dir sync-remote-cache assume-yes verbosity color force-colors interactive timestamps update-check',
  ],
  ['dev run debug deploy render build delete diagnose apply test verify exec', 'profile'],
  ['dev run debug deploy render build delete apply', 'namespace'],
  ['dev run debug deploy render build delete verify exec', 'default-repo'],
  ['dev build run debug render', 'cache-artifacts'],
  ['dev build run debug', 'cache-file insecure-registry'],
  ['dev build run debug deploy render apply test', 'enable-rpc wait-for-connection'],
  ['dev build run debug deploy render test apply verify exec', 'event-log-file'],
  ['dev build run debug deploy render test apply', 'last-log-file'],
  ['dev build run debug deploy test verify apply exec', 'rpc-port rpc-http-port'],
  ['dev run debug deploy render filter apply', 'label'],
  ['dev build run debug deploy', 'toot build-concurrency'],
  ['dev run debug deploy apply', 'tail'],
  ['deploy dev run debug apply', 'force'],
  ['dev run debug build', 'skip-tests'],
  ['dev run debug', 'cleanup no-prune no-prune-children'],
  ['dev run deploy debug verify exec', 'port-forward'],
  ['dev debug deploy run apply verify', 'status-check'],
  ['dev debug deploy run apply', 'iterative-status-check tolerate-failures-until-deadline fast-fail-status-check'],
  ['dev run', 'render-only'],
  ['run', 'render-output'],
  ['run dev debug build deploy delete diagnose apply test', 'config'],
  ['build debug delete deploy dev run filter apply', 'kube-context kubeconfig'],
  ['build debug dev run deploy render', 'tag'],
  ['build debug dev run render', 'platform'],
  ['build debug dev run', 'minikube-profile'],
  ['dev run debug deploy render build delete diagnose test verify exec', 'profile-auto-activation propagate-profiles'],
  ['debug dev run', 'auto auto-create-config'],
  ['dev debug', 'trigger auto-build auto-sync auto-deploy watch-image watch-poll-interval keep-running-on-failure'],
  ['dev run debug build deploy', 'mute-logs'],
  ['deploy dev run debug', 'wait-for-deletions wait-for-deletions-max wait-for-deletions-delay'],
  ['verify exec', 'env-file docker-network'],
  ['build run', 'build-image'],
  ['build debug delete deploy dev run', 'detect-minikube'],
  ['deploy render test verify exec', 'build-artifacts'],
  ['deploy render test', 'images'],
  ['dev render run', 'digest-source'],
  ['deploy', 'load-images'],
  [
    'dev render run debug deploy',
    'hydration-dir resource-selector-rules-file enable-platform-node-affinity enable-gke-arm-node-toleration',
  ],
  ['build dev run debug', 'disable-multi-platform-build check-cluster-node-platforms'],
  ['dev run debug deploy apply delete', 'cloud-run-project cloud-run-location'],
  ['render filter delete deploy dev run exec verify', 'set'],
  ['render delete deploy dev run exec verify', 'set-value-file'],
  ['build', 'push quiet file-output'],
  ['build render fix version', 'output'],
  ['render', 'loud offline'],
  ['debug filter', 'protocols'],
  ['filter', 'debugging post-renderer'],
  ['diagnose', 'yaml-only enable-templating'],
  ['fix', 'version overwrite'],
  ['init', 'analyze artifact compose-file default-kustomization kubernetes-manifest skip-build generate-manifests'],
]

const cases = ofSkaffold.flatMap(([commands, flags]) => commands.split(' ').map((command) => [command, flags] as const))

beforeAll(async () => void (await loadCommands()), 60_000)

test.each(cases)('%s knows --%s', async (name, flags) => {
  const command = await loadCommand(name)
  const unknown = flags.split(' ').filter((flag) => {
    return command?.flags.some((one) => one.name === flag) !== true && !Object.hasOwn(unsupportedFlags, flag)
  })
  expect(unknown).toEqual([])
})

test('a flag that is not there says what to do instead', async () => {
  const run = await runMain(['verify', '--port-forward=user'], { cwd: '/', env: {} })
  expect(run.stderr).toContain('--port-forward is a Skaffold flag that this version of catamaran does not support here')
  expect(run.status).toBe(127)
})

test('stages can be muted', () => {
  const heard: string[] = []
  const reporter = { emit: (event: { readonly type: string }) => void heard.push(event.type), close: () => {} }
  const quiet = muted(reporter, ['build', 'status-check'])
  quiet.emit({ type: 'buildOutput', image: 'a', text: 'x' })
  quiet.emit({ type: 'resourceReady', resource: 'a', remaining: 0, total: 1 })
  quiet.emit({ type: 'deployStarted' })
  muted(reporter, ['all', 'none']).emit({ type: 'buildOutput', image: 'a', text: 'x' })
  expect(heard).toEqual(['deployStarted', 'buildOutput'])
})

test('a stage that is none is refused', async () => {
  const run = await runMain(['build', '--mute-logs=everything'], { cwd: '/', env: {} })
  expect(run.stderr).toContain('invalid argument "everything" for --mute-logs')
})

test('lines carry the time', async () => {
  const written: string[] = []
  const { Writable } = await import('node:stream')
  const target = new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) })
  const stream = timestamped(target, () => new Date(2024, 1, 3, 4, 5, 6))
  await new Promise<unknown>((resolve) => void stream.write('one\ntwo\nthr', resolve))
  await new Promise<void>((resolve) => void stream.end('ee\n\n', resolve))
  expect(written.join('')).toBe(
    '2024-02-03 04:05:06 one\n2024-02-03 04:05:06 two\n2024-02-03 04:05:06 three\n2024-02-03 04:05:06 \n',
  )
})
