import { describe, expect, test } from 'vitest'
import type { ClusterBuild, KanikoArtifact } from '../../../config/index.ts'
import { parsePlatform } from '../../../platform/index.ts'
import { parseReference } from '../../../reference/index.ts'
import type { ClusterSecretNames } from '../cluster/cluster-secrets.ts'
import { kanikoArguments, type KanikoJob } from './kaniko-arguments.ts'
import { kanikoPod } from './kaniko-pod.ts'

const host = { os: 'linux', architecture: 'amd64' }
const plain: KanikoArtifact = {
  kind: 'kaniko',
  dockerfile: 'Dockerfile',
  buildArgs: {},
  image: 'executor',
  initImage: 'init/image',
}

function job(kaniko: Partial<KanikoArtifact> = {}, more: Partial<KanikoJob> = {}): KanikoJob {
  return {
    kaniko: { ...plain, ...kaniko },
    platform: parsePlatform('linux/arm64', host),
    destinations: ['gcr.io/team/app:v1'],
    registry: 'gcr.io',
    trust: { insecureRegistries: [] },
    ...more,
  }
}

/** What every run is told, before and after what the settings say. */
function usual(between: readonly string[], after: readonly string[] = []): readonly string[] {
  const before = ['--destination', 'gcr.io/team/app:v1', '--dockerfile', 'Dockerfile']
  const context = ['--context', 'dir:///kaniko/buildcontext']
  return [...before, ...context, ...between, '--digest-file', '/dev/termination-log', ...after]
}

function words(text: string): readonly string[] {
  return text.split(' ')
}

describe('arguments of the executor', () => {
  test.each<[string, Partial<KanikoArtifact>, readonly string[]]>([
    ['nothing', {}, usual([])],
    ['build arguments', { buildArgs: { b: 'x y', a: '1' } }, usual(['--build-arg', 'a=1', '--build-arg', 'b=x y'])],
    ['a cache', { cache: {} }, usual(['--cache'])],
    [
      'all of a cache',
      { cache: { repo: 'gcr.io/cache', hostPath: '/var/k', ttl: '2h', cacheCopyLayers: true, cacheRunLayers: false } },
      usual(
        words(
          '--cache --cache-repo gcr.io/cache --cache-dir /cache --cache-ttl 2h' +
            ' --cache-copy-layers --cache-run-layers=false',
        ),
      ),
    ],
    ['a target and cleaning up', { target: 'run', cleanup: true }, usual(['--target', 'run', '--cleanup'])],
    ['another digest file', { digestFile: '/d' }, [...usual([]).slice(0, -1), '/d']],
    [
      'what is about pushing and pulling',
      {
        force: true,
        imageFSExtractRetry: '5',
        imageNameWithDigestFile: '/n',
        insecure: true,
        insecurePull: true,
        pushRetry: '3',
        registryMirror: 'mirror',
        skipTLS: true,
        skipTLSVerifyPull: true,
      },
      usual(
        [],
        words(
          '--force --image-fs-extract-retry 5 --image-name-with-digest-file /n --insecure' +
            ' --insecure-pull --registry-mirror mirror --skip-tls-verify' +
            ' --skip-tls-verify-registry gcr.io --skip-tls-verify-pull --push-retry 3',
        ),
      ),
    ],
    [
      'what is about the build',
      {
        logFormat: 'json',
        logTimestamp: true,
        ociLayoutPath: '/o',
        reproducible: true,
        singleSnapshot: true,
        skipUnusedStages: true,
        snapshotMode: 'redo',
        tarPath: '/t',
        useNewRun: true,
        verbosity: 'debug',
        whitelistVarRun: true,
        ignorePaths: ['/a', '/b'],
      },
      usual(
        [],
        words(
          '--log-format json --log-timestamp --oci-layout-path /o --reproducible' +
            ' --single-snapshot --skip-unused-stages --snapshot-mode redo --tarPath /t' +
            ' --use-new-run --verbosity debug --whitelist-var-run' +
            ' --ignore-path /a --ignore-path /b',
        ),
      ),
    ],
    [
      'lists and maps',
      {
        insecureRegistry: ['i:1'],
        skipTLSVerifyRegistry: ['s:1'],
        registryCertificate: { 'r:1': '/c.pem' },
        label: { l: 'x', alone: null },
      },
      usual(
        [],
        words(
          '--insecure-registry i:1 --skip-tls-verify-registry s:1' +
            ' --registry-certificate r:1=/c.pem --label alone --label l=x',
        ),
      ),
    ],
  ])('for %s', (_what, kaniko, expected) => {
    expect(kanikoArguments(job(kaniko))).toEqual(expected)
  })

  test('name the variant of a platform, which no node tells', () => {
    const platform = parsePlatform('linux/arm/v6', host)
    expect(kanikoArguments(job({}, { platform }))).toEqual(usual(['--custom-platform', 'linux/arm/v6']))
  })

  test('name what is required, and insecure registries once', () => {
    const parents = [{ alias: 'BASE', image: 'base', reference: 'r/base@sha256:1', images: [] }]
    const trust = { insecureRegistries: ['z:1', 'a:1'] }
    expect(kanikoArguments(job({ insecureRegistry: ['a:1'] }, { parents, trust }))).toEqual(
      usual(
        ['--build-arg', 'BASE=r/base@sha256:1'],
        ['--insecure-registry', '--skip-tls-verify-registry'].flatMap((flag) => [flag, 'a:1', flag, 'z:1']),
      ),
    )
  })

  test.each([
    ['http', ['--insecure', '--insecure-pull']],
    ['anyCertificate', ['--skip-tls-verify', '--skip-tls-verify-pull']],
  ] as const)('say of all registries: %s', (all, flags) => {
    const args = kanikoArguments(job({}, { trust: { insecureRegistries: [], all } }))
    expect(args.filter((one) => /insecure|tls/.test(one))).toEqual(flags)
  })
})

function pod(
  cluster: ClusterBuild,
  { kaniko = {}, secrets = {} }: { kaniko?: Partial<KanikoArtifact>; secrets?: ClusterSecretNames } = {},
): ReturnType<typeof kanikoPod> {
  return kanikoPod({
    name: 'kaniko-1',
    namespace: 'ns',
    cluster,
    job: job(kaniko),
    reference: parseReference('gcr.io/team/app:v1'),
    secrets,
    deadlineSeconds: 1260,
  })
}

describe('the pod', () => {
  test("is Skaffold's, on a node of the platform", () => {
    const resources = { limits: { cpu: '1', memory: '2Gi', 'ephemeral-storage': '9Gi' }, requests: { storage: '1Gi' } }
    const context = { name: 'kaniko-emptydir', mountPath: '/kaniko/buildcontext' }
    const own = { name: 'v', mountPath: '/v' }
    const cluster: ClusterBuild = {
      annotations: { a: 'b' },
      labels: { team: 'x' },
      serviceAccount: 'builder',
      runAsUser: 0,
      nodeSelector: { pool: 'build', 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'k', operator: 'Exists' }],
      volumes: [{ name: 'v', emptyDir: {} }],
      HTTP_PROXY: 'http://p',
      HTTPS_PROXY: 'https://p',
      resources: { limits: { cpu: '1', memory: '2Gi', ephemeralStorage: '9Gi' }, requests: { resourceStorage: '1Gi' } },
    }
    const kaniko: Partial<KanikoArtifact> = {
      env: [
        { name: 'KEY', value: 'VALUE' },
        { name: 'IMAGE_TAG', value: 'mine' },
      ],
      cache: { hostPath: '/var/cache' },
      imagePullSecret: 'pull',
      volumeMounts: [own],
    }
    const secrets = { pullSecret: { name: 'secret', file: 'kaniko-secret' }, dockerConfig: { name: 'docker' } }
    expect(pod(cluster, { kaniko, secrets })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'kaniko-1',
        namespace: 'ns',
        labels: { team: 'x', 'skaffold-kaniko': 'skaffold-kaniko' },
        annotations: { a: 'b' },
      },
      spec: {
        restartPolicy: 'Never',
        activeDeadlineSeconds: 1260,
        serviceAccountName: 'builder',
        securityContext: { runAsUser: 0 },
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { pool: 'build', 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' },
        tolerations: [
          { key: 'k', operator: 'Exists' },
          { key: 'kubernetes.io/arch', operator: 'Equal', value: 'arm64', effect: 'NoSchedule' },
        ],
        initContainers: [
          {
            name: 'kaniko-init-container',
            image: 'init/image',
            imagePullPolicy: 'IfNotPresent',
            command: ['sh', '-c', 'while [ ! -f /tmp/complete ]; do sleep 1; done'],
            volumeMounts: [context, own],
            resources,
          },
        ],
        containers: [
          {
            name: 'kaniko',
            image: 'executor',
            imagePullPolicy: 'IfNotPresent',
            args: usual(['--cache', '--cache-dir', '/cache']),
            env: [
              { name: 'GOOGLE_APPLICATION_CREDENTIALS', value: '/secret/kaniko-secret' },
              { name: 'UPSTREAM_CLIENT_TYPE', value: 'UpstreamClient(catamaran)' },
              { name: 'KEY', value: 'VALUE' },
              { name: 'IMAGE_TAG', value: 'mine' },
              { name: 'IMAGE_REPO', value: 'gcr.io/team' },
              { name: 'IMAGE_NAME', value: 'app' },
              { name: 'HTTP_PROXY', value: 'http://p' },
              { name: 'HTTPS_PROXY', value: 'https://p' },
            ],
            volumeMounts: [
              context,
              { name: 'kaniko-secret', mountPath: '/secret' },
              { name: 'kaniko-cache', mountPath: '/cache' },
              { name: 'docker-cfg', mountPath: '/kaniko/.docker' },
              own,
            ],
            resources,
          },
        ],
        volumes: [
          { name: 'kaniko-emptydir', emptyDir: {} },
          { name: 'kaniko-secret', secret: { secretName: 'secret' } },
          { name: 'kaniko-cache', hostPath: { path: '/var/cache' } },
          { name: 'docker-cfg', secret: { secretName: 'docker' } },
          { name: 'v', emptyDir: {} },
        ],
      },
    })
  })

  test('has no credentials that nobody has given, so that those of the node or account count', () => {
    expect(JSON.stringify(pod({}))).not.toContain('GOOGLE_APPLICATION_CREDENTIALS')
  })
})
