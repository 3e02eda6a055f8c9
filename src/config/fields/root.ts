import { buildShape } from './build.ts'
import { deployShape, manifestsShape } from './deploy.ts'
import {
  any,
  boolean,
  inert,
  integer,
  list,
  object,
  text,
  textMap,
  texts,
  word,
  yes,
  type FieldTable,
  type ObjectShape,
} from './shape.ts'

const filter = object({
  groupKind: yes(text, { required: true }),
  image: yes(texts),
  labels: yes(texts),
  podSpec: yes(texts),
})
const container = object({
  args: yes(texts),
  command: yes(texts, { absent: "the image's own" }),
  env: yes(list(object({ name: yes(text, { required: true }), value: yes(text) }))),
  image: yes(text, { required: true }),
  name: yes(text, { required: true }),
})
const executionMode = object(
  {
    kubernetesCluster: yes(
      object({
        jobManifestPath: yes(text, { absent: 'a Job of our own' }),
        overrides: yes(text, { note: 'JSON that is laid over the pod' }),
      }),
    ),
    local: yes(object({ useLocalImages: yes(boolean, { absent: '`false`' }) }), { absent: 'when no other is named' }),
  },
  { oneOf: ['kubernetesCluster', 'local'] },
)

/** What a profile may change. */
const pipeline: FieldTable = {
  build: yes(buildShape),
  customActions: yes(
    list(
      object({
        containers: yes(list(container), { required: true }),
        executionMode: yes(executionMode),
        failFast: yes(boolean, { absent: '`true`' }),
        name: yes(text, { required: true }),
        timeout: yes(integer, { absent: 'no limit', note: 'seconds' }),
      }),
    ),
  ),
  deploy: yes(deployShape),
  manifests: yes(manifestsShape),
  portForward: yes(
    list(
      object({
        address: yes(text, { absent: '`127.0.0.1`' }),
        localPort: yes(integer, { absent: '`port`, or a free one' }),
        namespace: yes(text, { note: 'a template' }),
        port: yes(any, { required: true, note: "a number or a port's name" }),
        resourceName: yes(text, { required: true, note: 'a template' }),
        resourceType: yes(text, { required: true, note: '`service`, `pod`, or a workload' }),
      }),
    ),
  ),
  resourceSelector: yes(object({ allow: yes(list(filter)), deny: yes(list(filter)) }, { merges: true })),
  test: yes(
    list(
      object({
        context: yes(text, { absent: '`.`' }),
        custom: yes(
          list(
            object({
              command: yes(text, { required: true, note: 'a shell command; a template' }),
              dependencies: yes(
                object({ command: yes(text), ignore: yes(texts), paths: yes(texts) }, { oneOf: ['command', 'paths'] }),
              ),
              timeoutSeconds: yes(integer, { absent: 'no limit' }),
            }),
          ),
        ),
        image: yes(text, { required: true }),
        structureTests: yes(texts, { note: 'globs of files for container-structure-test' }),
        structureTestsArgs: yes(texts),
      }),
    ),
  ),
  verify: yes(
    list(
      object({
        container: yes(container, { required: true }),
        executionMode: yes(executionMode),
        name: yes(text, { required: true }),
        timeout: yes(integer, { absent: 'no limit', note: 'seconds' }),
      }),
    ),
  ),
}

const profile = object({
  ...pipeline,
  activation: yes(list(object({ command: yes(text), env: yes(text), kubeContext: yes(text) }))),
  name: yes(text, { required: true }),
  patches: yes(
    list(
      object({
        from: yes(text),
        op: yes(word('add', 'copy', 'move', 'remove', 'replace', 'test'), { absent: '`replace`' }),
        path: yes(text, { required: true }),
        value: yes(any),
      }),
    ),
  ),
  requiresAllActivations: yes(boolean, { absent: '`false`' }),
})

const dependency = object({
  activeProfiles: yes(
    list(
      object({
        activatedBy: yes(texts, { absent: 'always' }),
        name: yes(text, { required: true, note: 'a profile of what is required' }),
      }),
    ),
  ),
  configs: yes(texts, { absent: 'all of the file' }),
  git: yes(
    object({
      path: yes(text, { absent: '`skaffold.yaml` of the repository' }),
      ref: yes(text, { absent: 'the default branch' }),
      repo: yes(text, { required: true }),
      sync: yes(boolean, { absent: '`true`' }),
    }),
  ),
  googleCloudBuildRepoV2: yes(
    object({
      connection: yes(text, { required: true }),
      path: yes(text, { absent: '`skaffold.yaml` of the repository' }),
      projectID: yes(text, { required: true }),
      ref: yes(text, { absent: 'the default branch' }),
      region: yes(text, { required: true }),
      repo: yes(text, { required: true }),
      sync: yes(boolean, { absent: '`true`' }),
    }),
  ),
  googleCloudStorage: yes(
    object({
      path: yes(text, { absent: '`skaffold.yaml` of what is copied' }),
      source: yes(text, { required: true, note: '`gs://BUCKET/PATH`, copied as by `gsutil cp -r`' }),
      sync: yes(boolean, { absent: '`true`' }),
    }),
  ),
  path: yes(text, { absent: 'this file' }),
})

/**
 * skaffold.yaml in its newest version, with what of it is supported.
 * @see https://skaffold.dev/docs/references/yaml/
 */
export const rootShape: ObjectShape = object(
  {
    apiVersion: yes(text, { required: true }),
    kind: yes(text, { required: true }),
    metadata: yes(
      object({
        annotations: inert(textMap, 'names this file only'),
        labels: inert(textMap, 'names this file only'),
        name: yes(text),
      }),
    ),
    ...pipeline,
    profiles: yes(list(profile)),
    requires: yes(list(dependency)),
  },
  { merges: true },
)
