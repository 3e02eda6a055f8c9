import { artifactShape, buildHooksShape } from './artifact.ts'
import { any, boolean, inert, integer, list, object, text, textMap, texts, word, yes, type Shape } from './shape.ts'

const gitCommit = object({
  ignoreChanges: yes(boolean, { absent: '`false`' }),
  prefix: yes(text),
  variant: yes(word('Tags', 'CommitSha', 'AbbrevCommitSha', 'TreeSha', 'AbbrevTreeSha', 'Branches'), {
    absent: '`Tags`',
  }),
})
const sha256 = object({})
const envTemplate = object({ template: yes(text, { required: true }) })
const dateTime = object({
  format: yes(text, { absent: '`2006-01-02_15-04-05.999_MST`', note: "a layout of Go's time package" }),
  timezone: yes(text, { absent: '`Local`' }),
})
const inputDigest = object({})

const taggers = ['customTemplate', 'dateTime', 'envTemplate', 'gitCommit', 'inputDigest', 'sha256']
const simpleTaggers = {
  dateTime: yes(dateTime),
  envTemplate: yes(envTemplate),
  gitCommit: yes(gitCommit, { absent: 'the policy when none is named' }),
  inputDigest: yes(inputDigest),
  sha256: yes(sha256),
}
const component = object(
  {
    ...simpleTaggers,
    customTemplate: object({ components: list(any), template: text }),
    name: yes(text, { required: true }),
  },
  { oneOf: taggers },
)

const tagPolicy = object(
  {
    ...simpleTaggers,
    customTemplate: yes(
      object({
        components: yes(list(component)),
        template: yes(text, { required: true, note: 'GIT, DATE, SHA, INPUT_DIGEST and the components' }),
      }),
    ),
  },
  { oneOf: taggers, merges: true },
)

const local = object({
  concurrency: yes(integer, { note: '0: no limit' }),
  push: yes(boolean, { absent: 'whether the cluster is remote' }),
  tryImportMissing: yes(boolean, { only: 'false' }),
  useBuildkit: inert(boolean, 'the builder is chosen by what the Dockerfile needs'),
  useDockerCLI: inert(boolean, 'the builder is chosen by what the Dockerfile needs'),
})

const googleCloudBuild = object({
  bucket: text,
  concurrency: integer,
  diskSizeGb: integer,
  dockerImage: text,
  gradleImage: text,
  kanikoImage: text,
  koImage: text,
  logStreamingOption: text,
  logging: text,
  machineType: text,
  mavenImage: text,
  packImage: text,
  platformEmulatorInstallStep: object({ args: texts, entrypoint: text, image: text }),
  projectId: text,
  region: text,
  serviceAccount: text,
  timeout: text,
  workerPool: text,
})

const resource = object({ cpu: text, ephemeralStorage: text, memory: text, resourceStorage: text }, { open: true })
const cluster = object(
  {
    HTTPS_PROXY: text,
    HTTP_PROXY: text,
    annotations: textMap,
    concurrency: integer,
    dockerConfig: object({ path: text, secretName: text }, { open: true }),
    labels: textMap,
    namespace: text,
    nodeSelector: textMap,
    pullSecretMountPath: text,
    pullSecretName: text,
    pullSecretPath: text,
    randomDockerConfigSecret: boolean,
    randomPullSecret: boolean,
    resources: object({ limits: resource, requests: resource }, { open: true }),
    runAsUser: integer,
    serviceAccount: text,
    timeout: text,
    tolerations: list(any),
    volumes: list(any),
  },
  { open: true },
)

/** `build`. */
export const buildShape: Shape = object(
  {
    artifacts: yes(list(artifactShape)),
    cluster,
    googleCloudBuild,
    hooks: yes(buildHooksShape),
    insecureRegistries: yes(texts),
    local: yes(local),
    platforms: yes(texts, { absent: "the cluster's" }),
    tagPolicy: yes(tagPolicy),
  },
  { oneOf: ['local', 'googleCloudBuild', 'cluster'], merges: true },
)
