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

const filter = object({ groupKind: text, image: texts, labels: texts, podSpec: texts })
const container = object({
  args: texts,
  command: texts,
  env: list(object({ name: text, value: text })),
  image: text,
  name: text,
})
const executionMode = object(
  {
    kubernetesCluster: object({ jobManifestPath: text, overrides: text }),
    local: object({ useLocalImages: boolean }),
  },
  { oneOf: ['kubernetesCluster', 'local'] },
)

/** What a profile may change. */
const pipeline: FieldTable = {
  build: yes(buildShape),
  customActions: list(
    object({ containers: list(container), executionMode, failFast: boolean, name: text, timeout: integer }),
  ),
  deploy: yes(deployShape),
  manifests: yes(manifestsShape),
  portForward: list(
    object({ address: text, localPort: integer, namespace: text, port: any, resourceName: text, resourceType: text }),
  ),
  resourceSelector: object({ allow: list(filter), deny: list(filter) }, { merges: true }),
  test: list(
    object({
      context: text,
      custom: list(
        object({
          command: text,
          dependencies: object({ command: text, ignore: texts, paths: texts }),
          timeoutSeconds: integer,
        }),
      ),
      image: text,
      structureTests: texts,
      structureTestsArgs: texts,
    }),
  ),
  verify: list(object({ container, executionMode, name: text, timeout: integer })),
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
  googleCloudBuildRepoV2: object({
    connection: text,
    path: text,
    projectID: text,
    ref: text,
    region: text,
    repo: text,
    sync: boolean,
  }),
  googleCloudStorage: object({ path: text, source: text, sync: boolean }),
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
