import { describe, expect, test } from 'vitest'
import { schemaProblems as problems } from '../../test/support/json-schema.ts'
import { configVersions, jsonSchemaOf, newestVersion } from './index.ts'

const newest = jsonSchemaOf()

const head = { apiVersion: newestVersion, kind: 'Config' }

describe('the schema of the newest version', () => {
  test.each([
    [{}, []],
    [{ build: { artifacts: [{ image: 'a', docker: { dockerfile: 'D' } }], tagPolicy: { sha256: null } } }, []],
    [{ '.anchor': { x: 1 } }, []],
    [{ profiles: [{ name: 'p', build: { local: { push: true } } }] }, []],
    [{ buildd: {} }, ['$.buildd: unknown']],
    [{ build: { artifacts: [{ context: '.' }] } }, ['$.build.artifacts[0].image: missing']],
    [{ build: { tagPolicy: { sha256: {}, gitCommit: {} } } }, ['$.build.tagPolicy: excluded']],
    [{ build: { artifacts: {} } }, ['$.build.artifacts: object']],
    [{ build: { local: { push: 'perhaps' } } }, ['$.build.local.push: string']],
    [{ deploy: { logs: { prefix: 'other' } } }, ['$.deploy.logs.prefix: other']],
    [{ apiVersion: 'skaffold/v1' }, [`$.apiVersion: not ${newestVersion}`]],
    [{ profiles: [{}] }, ['$.profiles[0].name: missing']],
  ])('%j', (config, expected) => {
    expect(problems({ ...head, ...config }, newest)).toEqual(expected)
  })

  test('names what is there twice once', () => {
    const text = JSON.stringify(newest)
    expect(text.length).toBeLessThan(100_000)
    expect(text).toContain('"#/definitions/build"')
  })

  test('says what is supported', () => {
    expect(JSON.stringify(newest)).toContain('not supported by this version')
  })
})

test.each(configVersions)('%s has a schema of its own', (version) => {
  const schema = jsonSchemaOf(version)
  expect(problems({ apiVersion: version, kind: 'Config' }, schema)).toEqual([])
  expect(jsonSchemaOf(version.replace('skaffold/', ''))).toEqual(schema)
  expect(problems({ apiVersion: version, kind: 'Config', nonsense: 1 }, schema)).toEqual(['$.nonsense: unknown'])
})

test('older versions have their own fields', () => {
  const old = jsonSchemaOf('skaffold/v2beta29')
  const config = { apiVersion: 'skaffold/v2beta29', kind: 'Config', deploy: { kustomize: { paths: ['x'] } } }
  expect(problems(config, old)).toEqual([])
  expect(problems({ ...config, apiVersion: newestVersion }, newest)).toEqual(['$.deploy.kustomize: unknown'])
})

test('a version that is none', () => {
  expect(() => jsonSchemaOf('v9')).toThrow('unknown schema version "v9"')
})
