import { expect, test } from 'vitest'
import { describeConfigs } from './describe-config.ts'
import { readWritten, toNewest } from './documents.ts'

function describeOne(body: string): string {
  const written = readWritten('skaffold.yaml', `apiVersion: skaffold/v4beta11\nkind: Config\n${body}`)
  return describeConfigs(
    toNewest(written, () => {}),
    { folder: '/project' },
  )
}

test.each([
  ['a pull secret that is made of a file', 'pullSecretPath: s.json', 'pullSecretName: kaniko-secret'],
  ['a docker configuration', 'dockerConfig: {path: c.json}', 'secretName: docker-cfg'],
  ['a docker configuration with nothing in it', 'dockerConfig: {}', 'secretName: docker-cfg'],
])('%s has a name', (_, cluster, expected) => {
  expect(describeOne(`build: {cluster: {${cluster}}}`)).toContain(expected)
})

test.each([
  ['names that were given', 'pullSecretPath: s, pullSecretName: a, dockerConfig: {secretName: b}'],
  ['a pull secret that exists', 'pullSecretName: a, dockerConfig: {secretName: b}'],
  ['nothing', ''],
  [
    'new names each time',
    'pullSecretPath: s, randomPullSecret: true, dockerConfig: {path: c}, randomDockerConfigSecret: true',
  ],
])('%s stay as they are', (_, cluster) => {
  const text = describeOne(`build: {cluster: {${cluster}}}`)
  expect(text).not.toContain('kaniko-secret')
  expect(text).not.toContain('docker-cfg')
})

test.each([
  ['docker: {}', true],
  ['jib: {}', true],
  ['custom: {}', false],
  ['buildpacks: {}', false],
])('an artifact of a cluster with %s is one of kaniko as well: %s', (builder, isKaniko) => {
  const text = describeOne(`build: {cluster: {}, artifacts: [{image: a, ${builder}}]}`)
  expect(text.includes('kaniko: {}')).toBe(isKaniko)
})
