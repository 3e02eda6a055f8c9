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
  useBuildkit: yes(boolean, { absent: 'what Docker has', note: '`false`: the old builder of Docker' }),
  useDockerCLI: inert(boolean, 'the builder is chosen by what the Dockerfile needs'),
})

const googleCloudBuild = object({
  bucket: yes(text, { absent: '`PROJECT_cloudbuild`', note: 'made when it is not there' }),
  concurrency: yes(integer, { note: '0: no limit' }),
  diskSizeGb: yes(integer),
  dockerImage: yes(text, { absent: '`gcr.io/cloud-builders/docker`' }),
  gradleImage: yes(text, { absent: '`gcr.io/cloud-builders/gradle`' }),
  kanikoImage: yes(text, { absent: '`gcr.io/kaniko-project/executor:latest`' }),
  koImage: yes(text, { absent: '`gcr.io/k8s-skaffold/skaffold`' }),
  logStreamingOption: yes(text),
  logging: yes(text),
  machineType: yes(text),
  mavenImage: yes(text, { absent: '`gcr.io/cloud-builders/mvn`' }),
  packImage: yes(text, { absent: '`gcr.io/k8s-skaffold/pack`' }),
  platformEmulatorInstallStep: yes(object({ args: yes(texts), entrypoint: yes(text), image: yes(text) }), {
    absent: 'the image `docker/binfmt`',
  }),
  projectId: yes(text, { absent: "the one in the image's name" }),
  region: yes(text, { absent: 'none' }),
  serviceAccount: yes(text),
  timeout: yes(text, { note: 'seconds, or a duration such as `20m`' }),
  workerPool: yes(text),
})

const resource = object(
  { cpu: yes(text), ephemeralStorage: yes(text), memory: yes(text), resourceStorage: yes(text) },
  { open: true },
)
const cluster = object(
  {
    HTTPS_PROXY: yes(text),
    HTTP_PROXY: yes(text),
    annotations: yes(textMap, { note: "of the builds' pods" }),
    concurrency: yes(integer, { absent: '`0`: no limit', note: 'a pod per platform' }),
    dockerConfig: yes(
      object(
        {
          path: yes(text, { note: 'of a `config.json` to make the secret of' }),
          secretName: yes(text, { absent: '`docker-cfg`' }),
        },
        { open: true },
      ),
    ),
    labels: yes(textMap, { note: "of the builds' pods" }),
    namespace: yes(text, { absent: "the context's" }),
    nodeSelector: yes(textMap, { note: 'the platform of a pod is added' }),
    pullSecretMountPath: yes(text, { absent: '`/secret`' }),
    pullSecretName: yes(text, { absent: '`kaniko-secret` with `pullSecretPath`' }),
    pullSecretPath: yes(text, { note: "of a service account's key to make the secret of" }),
    randomDockerConfigSecret: yes(boolean, { absent: '`false`' }),
    randomPullSecret: yes(boolean, { absent: '`false`' }),
    resources: yes(object({ limits: yes(resource), requests: yes(resource) }, { open: true })),
    runAsUser: yes(integer),
    serviceAccount: yes(text),
    timeout: yes(text, { absent: '`20m`' }),
    tolerations: yes(list(any), { note: 'as in a pod' }),
    volumes: yes(list(any), { note: 'as in a pod' }),
  },
  { open: true },
)

/** `build`. */
export const buildShape: Shape = object(
  {
    artifacts: yes(list(artifactShape)),
    cluster: yes(cluster, { note: 'builds kaniko and custom artifacts' }),
    googleCloudBuild: yes(googleCloudBuild),
    hooks: yes(buildHooksShape),
    insecureRegistries: yes(texts),
    local: yes(local),
    platforms: yes(texts, { absent: "the cluster's" }),
    tagPolicy: yes(tagPolicy),
  },
  { oneOf: ['local', 'googleCloudBuild', 'cluster'], merges: true },
)
