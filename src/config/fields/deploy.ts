import { any, boolean, integer, list, object, text, textMap, texts, word, yes, type Shape } from './shape.ts'

const hostHook = object({ command: texts, dir: text, os: texts })
const hostHooks = object({ after: list(hostHook), before: list(hostHook) })
const deployHook = object({
  container: object({ command: texts, containerName: text, podName: text }),
  host: hostHook,
})
const deployHooks = object({ after: list(deployHook), before: list(deployHook) })

const helmFlags = object({ depBuild: texts, global: texts, install: texts, template: texts, upgrade: texts })
const helmRelease = object({
  chartPath: text,
  createNamespace: boolean,
  dependsOn: texts,
  name: text,
  namespace: text,
  overrides: any,
  packaged: object({ appVersion: text, version: text }),
  recreatePods: boolean,
  remoteChart: text,
  repo: text,
  setFiles: textMap,
  setValueTemplates: any,
  setValues: any,
  skipBuildDependencies: boolean,
  skipTests: boolean,
  upgradeOnChange: boolean,
  useHelmSecrets: boolean,
  valuesFiles: texts,
  version: text,
  wait: boolean,
})

/** `manifests`. */
export const manifestsShape: Shape = object(
  {
    helm: object({ flags: helmFlags, releases: list(helmRelease) }),
    hooks: object(
      {
        after: list(object({ host: object({ command: texts, dir: text, os: texts, withChange: boolean }) })),
        before: list(object({ host: hostHook })),
      },
      { merges: true },
    ),
    kpt: texts,
    kustomize: object({ buildArgs: texts, paths: texts }),
    output: text,
    rawYaml: yes(texts, { absent: '`k8s/*.yaml`', note: 'globs; templates' }),
    remoteManifests: list(object({ kubeContext: text, manifest: text })),
    transform: any,
    validate: any,
  },
  { merges: true },
)

/** `deploy`. */
export const deployShape: Shape = object(
  {
    cloudrun: object({ hooks: hostHooks, projectid: text, region: text }),
    docker: object({ images: texts, useCompose: boolean }),
    helm: object({ concurrency: integer, flags: helmFlags, hooks: deployHooks, releases: list(helmRelease) }),
    kpt: object({
      applyFlags: texts,
      defaultNamespace: text,
      dir: text,
      flags: texts,
      force: boolean,
      inventoryID: text,
      name: text,
      namespace: text,
    }),
    kubeContext: yes(text, { absent: 'the current context' }),
    kubectl: yes(
      object({
        defaultNamespace: yes(text, { note: 'a template' }),
        flags: object({ apply: texts, delete: texts, disableValidation: boolean, global: texts }),
        hooks: deployHooks,
        remoteManifests: texts,
      }),
      { absent: 'the deployer when no other is named' },
    ),
    logs: yes(
      object(
        {
          jsonParse: object({ fields: texts }, { merges: true }),
          prefix: yes(word('auto', 'container', 'podAndContainer', 'none'), { absent: '`container`' }),
        },
        { merges: true },
      ),
    ),
    statusCheck: yes(boolean, { absent: '`true`' }),
    statusCheckDeadlineSeconds: yes(integer, { absent: '`600`' }),
    tolerateFailuresUntilDeadline: yes(boolean, { absent: '`false`' }),
  },
  { merges: true },
)
