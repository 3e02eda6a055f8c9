// @ts-check
// The suite of test/cluster against a cluster: the sandbox, or the one of a kubeconfig. See --help.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const help = `npm run test:cluster -- [options]

Without options the suite runs in a sandbox. With a kubeconfig it runs in that cluster, in namespaces of its own that it
deletes; nodes of amd64 and arm64 are used where there are any.

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
  const env = {
    ...process.env,
    CATAMARAN_CLUSTER: JSON.stringify({
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: resolve(values.kubeconfig) }),
      ...(values.context === undefined ? {} : { context: values.context }),
      ...(values.registry === undefined ? {} : { registry: values.registry }),
      images: { both: values['image-both'], amd64: values['image-amd64'], arm64: values['image-arm64'] },
    }),
  }
  const only = values.t === undefined ? [] : ['-t', values.t]
  const child = spawn('npx', ['--no-install', 'vitest', 'run', '--project', 'cluster', ...only], {
    stdio: 'inherit',
    env,
  })
  child.on('close', (status) => {
    process.exitCode = status ?? 1
  })
}
