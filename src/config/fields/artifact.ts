import { any, boolean, inert, integer, list, object, text, textMap, texts, word, yes, type Shape } from './shape.ts'

const hostHook = object({
  command: yes(texts, { required: true }),
  dir: yes(text, { note: 'relative to the build context, or to the file for `build.hooks`' }),
  os: yes(texts, { absent: 'all' }),
})
const buildHooks = object({ after: yes(list(hostHook)), before: yes(list(hostHook)) })

const syncHook = object({ container: object({ command: texts }), host: hostHook })
const sync = object({
  auto: boolean,
  hooks: object({ after: list(syncHook), before: list(syncHook) }),
  infer: texts,
  manual: list(object({ dest: text, src: text, strip: text })),
})

const docker = object({
  addHost: yes(texts, { note: 'for builds that run programs' }),
  buildArgs: yes(textMap, { note: 'values are templates; a null value is taken from the environment' }),
  cacheFrom: yes(texts, { note: 'for builds that run programs' }),
  cliFlags: yes(texts, { note: 'flags that change the image need Docker' }),
  dockerfile: yes(text, { absent: '`Dockerfile`', note: 'relative to the context' }),
  network: yes(text, { note: 'for builds that run programs' }),
  noCache: yes(boolean, { absent: '`false`' }),
  pullParent: yes(boolean, { absent: '`false`', note: 'natively the registry is always asked for the base image' }),
  secrets: yes(list(object({ env: yes(text), id: yes(text, { required: true }), src: yes(text) }))),
  squash: yes(boolean, { absent: '`false`', note: 'needs buildah, podman, or Docker with experimental features' }),
  ssh: yes(text),
  target: yes(text, { absent: 'the last stage' }),
})

const custom = object({
  buildCommand: yes(text, { required: true, note: 'a template, then a shell command' }),
  dependencies: yes(
    object({
      command: yes(text),
      dockerfile: yes(
        object({ buildArgs: yes(textMap, { note: 'values are templates' }), path: yes(text, { required: true }) }),
      ),
      ignore: yes(texts),
      paths: yes(texts, { absent: '`.` when there are no dependencies at all' }),
    }),
  ),
})

const bazel = object({ args: texts, platforms: list(object({ platform: text, target: text })), target: text })

const buildpacks = object({
  buildArgs: texts,
  builder: text,
  buildpacks: texts,
  clearCache: boolean,
  dependencies: object({ ignore: texts, paths: texts }),
  env: texts,
  projectDescriptor: text,
  runImage: text,
  trustBuilder: boolean,
  volumes: list(object({ host: text, options: text, target: text })),
})

const jib = object({ args: texts, fromImage: text, project: text, type: text })

const ko = object({
  dependencies: object({ ignore: texts, paths: texts }),
  dir: text,
  env: texts,
  flags: texts,
  fromImage: text,
  labels: textMap,
  ldflags: texts,
  main: text,
})

const kaniko = object(
  {
    buildArgs: textMap,
    buildContextCompressionLevel: integer,
    cache: object(
      { cacheCopyLayers: boolean, cacheRunLayers: boolean, hostPath: text, repo: text, ttl: text },
      { open: true },
    ),
    cleanup: boolean,
    contextSubPath: text,
    copyMaxRetries: integer,
    copyTimeout: text,
    destination: texts,
    digestFile: text,
    dockerfile: text,
    env: list(any),
    force: boolean,
    ignorePaths: texts,
    image: text,
    imageFSExtractRetry: text,
    imageNameWithDigestFile: text,
    imagePullSecret: text,
    initImage: text,
    insecure: boolean,
    insecurePull: boolean,
    insecureRegistry: texts,
    label: textMap,
    logFormat: text,
    logTimestamp: boolean,
    ociLayoutPath: text,
    pushRetry: text,
    registryCertificate: textMap,
    registryMirror: text,
    reproducible: boolean,
    singleSnapshot: boolean,
    skipTLS: boolean,
    skipTLSVerifyPull: boolean,
    skipTLSVerifyRegistry: texts,
    skipUnusedStages: boolean,
    snapshotMode: text,
    tarPath: text,
    target: text,
    useNewRun: boolean,
    verbosity: text,
    volumeMounts: list(any),
    whitelistVarRun: boolean,
  },
  { open: true },
)

const artifact = object(
  {
    bazel,
    buildpacks,
    context: yes(text, { absent: '`.`' }),
    custom: yes(custom),
    docker: yes(docker, { absent: 'the builder when no other is named' }),
    hooks: yes(buildHooks),
    image: yes(text, { required: true }),
    jib,
    kaniko,
    ko,
    platforms: yes(texts, { note: 'narrows what `--platform`, `build.platforms` and the cluster ask for' }),
    requires: yes(
      list(
        object({
          alias: yes(text, { absent: "the image's name in capitals, with `_` for what is no letter or digit" }),
          image: yes(text, { required: true }),
        }),
      ),
    ),
    runtimeType: inert(word('go', 'nodejs', 'jvm', 'python', 'netcore', 'unknown'), 'for `debug` only'),
    sync,
  },
  { oneOf: ['docker', 'bazel', 'ko', 'jib', 'kaniko', 'buildpacks', 'custom'] },
)

/** An entry of `build.artifacts`. */
export const artifactShape: Shape = artifact
/** Hooks around a build. */
export const buildHooksShape: Shape = { ...buildHooks, merges: true }
