// @ts-check
// The suite of test/cluster against a cluster: the sandbox, or the one of a kubeconfig. See --help.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const help = `npm run test:cluster -- [options]

Without options the suite runs in a sandbox. With a kubeconfig it runs in that cluster, in namespaces of its own that it
deletes, also when it fails or is interrupted. It needs nothing but the cluster: it finds out by trying which nodes run
pods, and tests that need what the cluster lacks are skipped with the reason. Test images stand in a registry that it
starts on this machine, from which nodes on other machines cannot pull: give it one that they reach, or images.

  --kubeconfig FILE     the cluster
  --context NAME        another context than the current one
  --registry HOST/PATH  a registry over plain http, reachable from here and from the nodes: test images are pushed there
  --image-both REF      instead of a registry: an image for amd64 and arm64 that keeps running,
  --image-amd64 REF     one for amd64 only,
  --image-arm64 REF     and one for arm64 only
  -t PATTERN            only these tests
`

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    context: { type: 'string' },
    registry: { type: 'string' },
    'image-both': { type: 'string' },
    'image-amd64': { type: 'string' },
    'image-arm64': { type: 'string' },
    t: { type: 'string', short: 't' },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help === true) console.log(help)
else {
  const run = randomBytes(6).toString('hex')
  const env = {
    ...process.env,
    CATAMARAN_CLUSTER: JSON.stringify({
      run,
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: resolve(values.kubeconfig) }),
      ...(values.context === undefined ? {} : { context: values.context }),
      ...(values.registry === undefined ? {} : { registry: values.registry }),
      images: { both: values['image-both'], amd64: values['image-amd64'], arm64: values['image-arm64'] },
    }),
  }
  const only = values.t === undefined ? [] : ['-t', values.t]
  const args = ['--no-install', 'vitest', 'run', '--project', 'cluster', ...only]
  // the terminal sends Ctrl+C to the suite, too: what is left then is cleaned up below
  process.on('SIGINT', () => {})
  const child = spawn('npx', args, { stdio: 'inherit', env })
  const status = await new Promise((settle) => child.on('close', settle))
  process.exitCode = status ?? 1
  if (values.kubeconfig !== undefined) await cleanUp(resolve(values.kubeconfig), values.context, run)
}

/**
 * Deletes the namespaces of the suite that are still there.
 * @param {string} kubeconfig
 * @param {string | undefined} context
 * @param {string} run
 */
async function cleanUp(kubeconfig, context, run) {
  const [{ openKube }, { runProcess }] = await Promise.all([
    import('../dist/kube/index.js'),
    import('../dist/subprocess/index.js'),
  ])
  const env = { ...process.env }
  const client = await openKube({ env, runProcess, kubeconfig, ...(context === undefined ? {} : { context }) })
  try {
    const kind = { apiVersion: 'v1', kind: 'Namespace' }
    const left = await client.list(kind, { labelSelector: `catamaran-test-run=${run}` })
    for (const { metadata } of left) {
      if (metadata['deletionTimestamp'] !== undefined) continue
      await client.delete({ ...kind, name: metadata.name })
      console.log(`namespace ${metadata.name} was left behind and is deleted`)
    }
  } finally {
    await client.close()
  }
}
