import { any, boolean, integer, list, object, text, textMap, texts, word, yes, type Shape } from './shape.ts'

const hostHook = object({
  command: yes(texts, { required: true }),
  dir: yes(text, { note: 'relative to the build context, or to the file for `build.hooks`' }),
  os: yes(texts, { absent: 'all' }),
})
const buildHooks = object({ after: yes(list(hostHook)), before: yes(list(hostHook)) })

const syncHook = object({
  container: yes(object({ command: yes(texts, { required: true }) })),
  host: yes(hostHook),
})
const sync = object(
  {
    auto: yes(boolean, { absent: '`false`, for buildpacks `true`', note: 'jib says where files go; others are built' }),
    hooks: yes(object({ after: yes(list(syncHook)), before: yes(list(syncHook)) })),
    infer: yes(texts, { note: 'globs; for Dockerfiles' }),
    manual: yes(
      list(
        object({
          dest: yes(text, { required: true, note: "relative to the image's working directory" }),
          src: yes(text, { required: true, note: 'a glob below the context' }),
          strip: yes(text),
        }),
      ),
    ),
  },
  { oneOf: ['auto', 'infer', 'manual'] },
)

const docker = object({
  addHost: yes(texts, { note: 'for builds that run programs' }),
  buildArgs: yes(textMap, { note: 'values are templates; a null value is taken from the environment' }),
  cacheFrom: yes(texts, { note: 'for builds that run programs' }),
  cliFlags: yes(texts, { note: 'flags that change the image need Docker' }),
  dockerfile: yes(text, { absent: '`Dockerfile`', note: 'relative to the context' }),
  network: yes(text, { note: 'for builds that run programs' }),
  noCache: yes(boolean, { absent: '`false`' }),
  pullParent: yes(boolean, { absent: '`false`', note: 'natively the registry is always asked for the base image' }),
  secrets: yes(
    list(object({ env: yes(text), id: yes(text, { required: true }), src: yes(text) }, { oneOf: ['env', 'src'] })),
  ),
  squash: yes(boolean, { absent: '`false`', note: 'needs buildah, podman, or Docker with experimental features' }),
  ssh: yes(text),
  target: yes(text, { absent: 'the last stage' }),
})

const custom = object({
  buildCommand: yes(text, { required: true, note: 'a template, then a shell command' }),
  dependencies: yes(
    object(
      {
        command: yes(text),
        dockerfile: yes(
          object({ buildArgs: yes(textMap, { note: 'values are templates' }), path: yes(text, { required: true }) }),
        ),
        ignore: yes(texts),
        paths: yes(texts, { absent: '`.` when there are no dependencies at all' }),
      },
      { oneOf: ['command', 'dockerfile', 'paths'] },
    ),
  ),
})

const bazel = object({
  args: yes(texts),
  platforms: yes(list(object({ platform: yes(text, { required: true }), target: yes(text, { required: true }) })), {
    note: 'the label of the platform that is given to `--platforms`',
  }),
  target: yes(text, { required: true, note: 'makes an archive of an image, or an OCI layout' }),
})

const buildpacks = object({
  buildArgs: yes(texts, { note: 'further arguments of `pack build`' }),
  builder: yes(text, { absent: '`gcr.io/buildpacks/builder:v1`' }),
  buildpacks: yes(texts),
  clearCache: yes(boolean, { absent: '`false`' }),
  dependencies: yes(object({ ignore: yes(texts), paths: yes(texts, { absent: '`.`' }) })),
  env: yes(texts, { note: 'values are templates' }),
  projectDescriptor: yes(text, { absent: '`project.toml`' }),
  runImage: yes(text),
  trustBuilder: yes(boolean, { absent: '`false`, without `builder` `true`' }),
  volumes: yes(
    list(object({ host: yes(text, { required: true }), options: yes(text), target: yes(text, { required: true }) })),
  ),
})

const jib = object({
  args: yes(texts),
  fromImage: yes(text, { note: 'an image, or an alias of `requires`' }),
  project: yes(text),
  type: yes(word('maven', 'gradle'), { absent: 'found out from the build files' }),
})

const ko = object({
  dependencies: yes(
    object({ ignore: yes(texts), paths: yes(texts, { absent: '`**/*.go`, `go.*`, `kodata`, and what is embedded' }) }),
  ),
  dir: yes(text, { absent: 'the context' }),
  env: yes(texts, { note: 'values are templates' }),
  flags: yes(texts, { note: 'templates' }),
  fromImage: yes(text, { absent: "`.ko.yaml`'s, else ko's own", note: 'an image, or an alias of `requires`' }),
  labels: yes(textMap, { note: 'values are templates' }),
  ldflags: yes(texts, { note: 'templates' }),
  main: yes(text, { absent: "`.`, or the artifact's name when it begins with `ko://`" }),
})

const kaniko = object(
  {
    buildArgs: yes(textMap, { note: 'values are templates; a null value is taken from the environment' }),
    buildContextCompressionLevel: yes(integer, { absent: '`1`' }),
    cache: yes(
      object(
        {
          cacheCopyLayers: yes(boolean, { absent: '`false`' }),
          cacheRunLayers: yes(boolean, { absent: '`true`' }),
          hostPath: yes(text, { note: 'a folder of the node, mounted at `/cache`' }),
          repo: yes(text, { absent: 'found out by kaniko' }),
          ttl: yes(text),
        },
        { open: true },
      ),
    ),
    cleanup: yes(boolean),
    contextSubPath: yes(text, { note: 'the folder of the context that is sent' }),
    copyMaxRetries: yes(integer, { absent: '`3`' }),
    copyTimeout: yes(text, { absent: '`5m`' }),
    destination: yes(texts, { note: 'further names to push to' }),
    digestFile: yes(text, { absent: '`/dev/termination-log`' }),
    dockerfile: yes(text, { absent: '`Dockerfile`', note: 'relative to the context' }),
    env: yes(list(any), { note: 'values are templates' }),
    force: yes(boolean),
    ignorePaths: yes(texts),
    image: yes(text, { absent: '`gcr.io/kaniko-project/executor:latest`' }),
    imageFSExtractRetry: yes(text),
    imageNameWithDigestFile: yes(text),
    imagePullSecret: yes(text, { note: 'a secret of the cluster' }),
    initImage: yes(text, { absent: '`gcr.io/k8s-skaffold/skaffold-helpers/busybox`' }),
    insecure: yes(boolean),
    insecurePull: yes(boolean),
    insecureRegistry: yes(texts, { note: 'beside `build.insecureRegistries`' }),
    label: yes(textMap),
    logFormat: yes(text),
    logTimestamp: yes(boolean),
    ociLayoutPath: yes(text),
    pushRetry: yes(text),
    registryCertificate: yes(textMap),
    registryMirror: yes(text),
    reproducible: yes(boolean),
    singleSnapshot: yes(boolean),
    skipTLS: yes(boolean),
    skipTLSVerifyPull: yes(boolean),
    skipTLSVerifyRegistry: yes(texts),
    skipUnusedStages: yes(boolean),
    snapshotMode: yes(text),
    tarPath: yes(text),
    target: yes(text, { absent: 'the last stage' }),
    useNewRun: yes(boolean),
    verbosity: yes(text),
    volumeMounts: yes(list(any), { note: 'as in a pod' }),
    whitelistVarRun: yes(boolean),
  },
  { open: true },
)

const artifact = object(
  {
    bazel: yes(bazel),
    buildpacks: yes(buildpacks),
    context: yes(text, { absent: '`.`' }),
    custom: yes(custom),
    docker: yes(docker, { absent: 'the builder when no other is named' }),
    hooks: yes(buildHooks),
    image: yes(text, { required: true }),
    jib: yes(jib),
    kaniko: yes(kaniko, { note: 'for `build.cluster`, where it is the builder when no other is named' }),
    ko: yes(ko),
    platforms: yes(texts, { note: 'narrows what `--platform`, `build.platforms` and the cluster ask for' }),
    requires: yes(
      list(
        object({
          alias: yes(text, { absent: "the image's name in capitals, with `_` for what is no letter or digit" }),
          image: yes(text, { required: true }),
        }),
      ),
    ),
    runtimeType: yes(word('go', 'nodejs', 'jvm', 'python', 'netcore', 'unknown'), {
      absent: 'found out from the image',
      note: 'for `debug`',
    }),
    sync: yes(sync, { note: 'for `dev`' }),
  },
  { oneOf: ['docker', 'bazel', 'ko', 'jib', 'kaniko', 'buildpacks', 'custom'] },
)

/** An entry of `build.artifacts`. */
export const artifactShape: Shape = artifact
/** Hooks around a build. */
export const buildHooksShape: Shape = { ...buildHooks, merges: true }
