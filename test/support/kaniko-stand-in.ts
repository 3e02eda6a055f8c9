import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openKube, type KubeClient, type KubeObject, type PodRef } from '../../src/kube/index.ts'
import { readTar } from '../../src/layer/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { gather } from './layers.ts'
import { digestOf } from './registry-reader.ts'
import { pushProgramsOfHost } from './shell-image.ts'

const programs = 'sh cat cp gzip head mkdir sha256sum sleep tar touch wc'
  .split(' ')
  .map((name) => [`/bin/${name}`, `/usr/bin/${name}`].find((path) => existsSync(path)) ?? name)

/**
 * What the executor of kaniko does, as far as a test can see it, in shell: it copies what COPY names out of the context,
 * makes an image of it, says so, and leaves its digest. A pod of a sandbox reaches no registry: {@link ferryImages} carries
 * the image there. Which platform it runs on is told by the name of its node.
 */
const executor = `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --destination) destinations="$destinations $2"; shift ;;
    --dockerfile) dockerfile=$2; shift ;;
    --context) context=\${2#dir://}; shift ;;
    --build-arg) echo "build argument $2"; shift ;;
    --digest-file) digests=$2; shift ;;
  esac
  shift
done
case "$NODE" in *-2) arch=arm64 ;; *) arch=amd64 ;; esac
echo "INFO[0000] Building on $NODE with $GOOGLE_APPLICATION_CREDENTIALS"
for file in /secret/* /kaniko/.docker/*; do [ -f "$file" ] && echo "INFO[0000] $file: $(cat "$file")"; done
mkdir -p /out/root
while read -r word from to; do
  case "$word" in
    COPY) cp -r $context/$from "/out/root$to" || exit 1 ;;
    RUN)
      echo "INFO[0001] RUN $from"
      if [ "$from" = hang ]; then sleep 600; fi
      echo "error building image: error building stage: failed to execute command: exit status 1" >&2
      exit 1 ;;
  esac
done < "$context/$dockerfile"
tar -cf /out/layer.tar -C /out/root .
sum() { set -- $(sha256sum "$1"); echo "sha256:$1"; }
size() { set -- $(wc -c "$1"); echo "$1"; }
diff=$(sum /out/layer.tar)
gzip -n /out/layer.tar
echo "{\\"os\\":\\"linux\\",\\"architecture\\":\\"$arch\\",\\"config\\":{\\"Cmd\\":[\\"/app\\"]},\\"rootfs\\":{\\"type\\":\\"layers\\",\\"diff_ids\\":[\\"$diff\\"]}}" > /out/config.json
oci=application/vnd.oci.image
echo "{\\"schemaVersion\\":2,\\"mediaType\\":\\"$oci.manifest.v1+json\\",\\"config\\":{\\"mediaType\\":\\"$oci.config.v1+json\\",\\"digest\\":\\"$(sum /out/config.json)\\",\\"size\\":$(size /out/config.json)},\\"layers\\":[{\\"mediaType\\":\\"$oci.layer.v1.tar+gzip\\",\\"digest\\":\\"$(sum /out/layer.tar.gz)\\",\\"size\\":$(size /out/layer.tar.gz)}]}" > /out/manifest.json
echo "$destinations" > /out/destinations
echo "INFO[0002] Pushing image to$destinations"
touch /out/ready
while [ ! -f /out/pushed ]; do sleep 0.1; done
sum /out/manifest.json > "$digests"
`

/** Pushes the images of init container and executor; false where there is no `ldd`. */
export async function pushKanikoStandIn(registry: string): Promise<boolean> {
  const entrypoint = ['/kaniko/executor']
  const temporary = { 'tmp/.keep': Buffer.alloc(0) }
  const files = { ...temporary, 'kaniko/executor': Buffer.from(executor) }
  const [init, main] = [`${registry}/busybox:1`, `${registry}/executor:1`]
  return (
    (await pushProgramsOfHost(init, programs, { files: temporary })) &&
    pushProgramsOfHost(main, programs, { entrypoint, files })
  )
}

/** Carries what executors have made into the registry, until it is stopped. */
export interface Ferry {
  /** Pods that were seen, as they were at last. */
  readonly pods: ReadonlyMap<string, KubeObject>
  /** How many there were at the same time, at most, since it was last asked. */
  most(): number
  stop(): Promise<void>
}

export async function ferryImages(kubeconfig: string): Promise<Ferry> {
  const client = await openKube({ env: {}, runProcess, kubeconfig })
  const seen: Seen = { pods: new Map(), most: 0 }
  const controller = new AbortController()
  const running = watchPods(client, seen, controller.signal)
  return {
    pods: seen.pods,
    most() {
      const { most } = seen
      seen.most = 0
      return most
    },
    async stop() {
      controller.abort()
      await running
      await client.close()
    },
  }
}

interface Seen {
  readonly pods: Map<string, KubeObject>
  most: number
}

async function watchPods(client: KubeClient, seen: Seen, signal: AbortSignal): Promise<void> {
  const carried = new Set<string>()
  while (!signal.aborted) {
    const found = await client.list(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace: '*', labelSelector: 'skaffold-kaniko' },
    )
    seen.most = Math.max(seen.most, found.length)
    for (const pod of found) {
      const { name, namespace = 'default' } = pod.metadata
      seen.pods.set(name, pod)
      if (carried.has(name) || !JSON.stringify(pod['status'] ?? '').includes('"running"')) continue
      // the pod may go away at any moment
      if (await carry(client, { namespace, name }).catch(() => false)) carried.add(name)
    }
    await sleep(100)
  }
}

async function carry(client: KubeClient, pod: PodRef): Promise<boolean> {
  // nothing is known of how a program ends that is started while its pod goes away
  const shared = { container: 'kaniko', signal: AbortSignal.timeout(10_000) }
  const isReady = await client.exec(pod, { ...shared, command: ['sh', '-c', 'test -f /out/ready'] })
  if (isReady.exitCode !== 0) return false
  const chunks: Uint8Array[] = []
  const command = ['tar', '-cf', '-', '-C', '/out', 'destinations', 'config.json', 'layer.tar.gz', 'manifest.json']
  await client.exec(pod, { ...shared, command, onStdout: (chunk) => void chunks.push(chunk) })
  const files = await readFiles(chunks)
  const file = (name: string): Buffer => files.get(name) ?? Buffer.alloc(0)
  for (const name of file('destinations').toString().trim().split(' ')) {
    const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(name) ?? []
    const base = `http://${host}/v2/${repository}`
    for (const blob of ['config.json', 'layer.tar.gz']) await pushBlob(base, file(blob))
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
    await fetch(`${base}/manifests/${tag}`, { method: 'PUT', body: new Uint8Array(file('manifest.json')), headers })
  }
  await client.exec(pod, { ...shared, command: ['touch', '/out/pushed'] })
  return true
}

async function readFiles(chunks: readonly Uint8Array[]): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for await (const entry of readTar(from(chunks))) files.set(entry.path, Buffer.from(await gather(entry.body)))
  return files
}

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk
}

async function pushBlob(base: string, bytes: Buffer): Promise<void> {
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
  const place = new URL(started.headers.get('location') ?? '', started.url)
  place.searchParams.set('digest', digestOf(bytes))
  await fetch(place, {
    method: 'PUT',
    body: new Uint8Array(bytes),
    headers: { 'content-type': 'application/octet-stream' },
  })
}
