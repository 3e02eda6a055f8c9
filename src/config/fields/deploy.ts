import { helmDeployFields, helmShape } from './helm.ts'
import { boolean, inert, integer, list, object, text, texts, word, yes, type Shape } from './shape.ts'

const hostCommand = object({ command: yes(texts), dir: yes(text), os: yes(texts, { absent: 'every system' }) })
const hostHooks = object({ after: yes(list(hostCommand)), before: yes(list(hostCommand)) })
const deployHook = object({
  container: yes(
    object({
      command: yes(texts, { required: true }),
      containerName: yes(text, { note: 'a pattern, as for file names' }),
      podName: yes(text, { note: 'a pattern, as for file names' }),
    }),
  ),
  host: yes(hostCommand),
})
const deployHooks = object({ after: yes(list(deployHook)), before: yes(list(deployHook)) })

const renderHostHook = {
  command: yes(texts, { required: true }),
  dir: yes(text),
  os: yes(texts, { absent: 'every system' }),
}
const kptFunctions = list(object({ configMap: yes(texts), name: yes(text, { required: true }) }))

/** `manifests`. */
export const manifestsShape: Shape = object(
  {
    helm: yes(helmShape),
    hooks: yes(
      object(
        {
          after: yes(list(object({ host: yes(object({ ...renderHostHook, withChange: yes(boolean) })) }))),
          before: yes(list(object({ host: yes(object(renderHostHook)) }))),
        },
        { merges: true },
      ),
    ),
    kpt: yes(texts, { note: 'needs the program kpt' }),
    kustomize: yes(object({ buildArgs: yes(texts), paths: yes(texts, { absent: '`.`', note: 'templates' }) }), {
      note: 'needs the program kustomize or kubectl',
    }),
    output: inert(text, 'Skaffold keeps nothing there either'),
    rawYaml: yes(texts, { absent: '`k8s/*.yaml`', note: 'globs and URLs; templates' }),
    remoteManifests: yes(list(object({ kubeContext: yes(text), manifest: yes(text, { required: true }) }))),
    transform: yes(kptFunctions, { note: 'needs the program kpt' }),
    validate: yes(kptFunctions, { note: 'needs the program kpt' }),
  },
  { merges: true },
)

/** `deploy`. */
export const deployShape: Shape = object(
  {
    cloudrun: yes(
      object({
        hooks: yes(hostHooks),
        projectid: yes(text, { absent: "the objects' namespace" }),
        region: yes(text, { absent: '`--cloud-run-location`' }),
      }),
    ),
    docker: yes(object({ images: yes(texts, { required: true }), useCompose: boolean })),
    helm: yes(object({ ...helmDeployFields, hooks: yes(deployHooks) })),
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
        flags: yes(
          object({ apply: yes(texts), delete: yes(texts), disableValidation: yes(boolean), global: yes(texts) }),
        ),
        hooks: yes(deployHooks),
        remoteManifests: yes(texts, { note: 'the same as `manifests.remoteManifests`' }),
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
