import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadDocuments, nameOf, type LoadOptions } from './modules.ts'
import { readItems, readPath, readText } from './read.ts'
import { valueOf } from './node.ts'

const head = 'apiVersion: skaffold/v4beta14\nkind: Config\n'

interface Project {
  readonly files: Readonly<Record<string, string>>
  readonly options?: Partial<LoadOptions>
}

/** The names of the documents, in order, each with the images it builds. */
async function load({ files, options = {} }: Project): Promise<readonly string[]> {
  const { documents } = await loadDocuments({
    file: 'skaffold.yaml',
    env: {},
    read: (path) => {
      const file = path in files ? path : join(path, 'skaffold.yaml')
      const text = files[file]
      return text === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve({ file, text })
    },
    fetchGit: ({ repo, ref }) => Promise.resolve(`cache/${repo}/${ref ?? 'head'}`),
    fetchStorage: ({ source }) => Promise.resolve(`cache/${source}`),
    fetchBuildRepository: ({ projectID, connection, repo, ref }) =>
      Promise.resolve(`cache/${projectID}/${connection}/${repo}/${ref ?? 'head'}`),
    ...options,
  })
  return documents.map((document) => {
    const artifacts = readItems(readPath(document.root, 'build', 'artifacts'))
    const images = artifacts.map((artifact) => readText(valueOf(artifact, 'image')))
    return [nameOf(document) ?? document.source.file, ...images].join(' ')
  })
}

function config(name: string, body = ''): string {
  return `${head}metadata: {name: ${name}}\n${body}\n`
}

const profiled = 'build: {artifacts: [{image: plain}]}\nprofiles: [{name: p, build: {artifacts: [{image: patched}]}}]'

describe('what is required', () => {
  test.each<[string, Project, readonly string[]]>([
    [
      'comes before what requires it, once',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a}, {path: b/skaffold.yaml}]'),
          'a/skaffold.yaml': config('a', 'requires: [{path: ../base}]'),
          'b/skaffold.yaml': config('b', 'requires: [{path: ../base}]'),
          'base/skaffold.yaml': config('base'),
        },
      },
      ['base', 'a', 'b', 'root'],
    ],
    [
      'may be one document of a file, or of the same file',
      {
        files: {
          'skaffold.yaml': `${config('root', 'requires: [{path: a, configs: [two]}]')}---\n${config('other', 'requires: [{configs: [root]}]')}`,
          'a/skaffold.yaml': `${config('one')}---\n${config('two')}`,
        },
      },
      ['two', 'root', 'other'],
    ],
    [
      'may require what requires it',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a}]'),
          'a/skaffold.yaml': config('a', 'requires: [{path: ..}]'),
        },
      },
      ['a', 'root'],
    ],
    [
      'may be of another version',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a}]'),
          'a/skaffold.yaml': 'apiVersion: skaffold/v1alpha3\nkind: Config\nbuild: {artifacts: [{imageName: old}]}\n',
        },
      },
      ['a/skaffold.yaml old', 'root'],
    ],
    [
      'may be in a repository',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{git: {repo: r, ref: v1, path: sub}}]'),
          'cache/r/v1/sub/skaffold.yaml': config('remote'),
        },
      },
      ['remote', 'root'],
    ],
    [
      'gets the profiles of the command line',
      {
        files: { 'skaffold.yaml': config('root', 'requires: [{path: a}]'), 'a/skaffold.yaml': config('a', profiled) },
        options: { profiles: ['p'] },
      },
      ['a patched', 'root'],
    ],
    [
      'does not get them when they are not propagated',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a}]\nprofiles: [{name: p}]'),
          'a/skaffold.yaml': config('a', profiled),
        },
        options: { profiles: ['p'], propagateProfiles: false },
      },
      ['a plain', 'root'],
    ],
    [
      'gets the profiles that the dependency names',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a, activeProfiles: [{name: p}]}]'),
          'a/skaffold.yaml': config('a', profiled),
        },
      },
      ['a patched', 'root'],
    ],
    [
      'gets a profile only together with the one that activates it',
      {
        files: {
          'skaffold.yaml': config(
            'root',
            'requires: [{path: a, activeProfiles: [{name: p, activatedBy: [q]}]}]\nprofiles: [{name: q}]',
          ),
          'a/skaffold.yaml': config('a', profiled),
        },
      },
      ['a plain', 'root'],
    ],
    [
      'is all there is when modules are chosen',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a}, {path: b}]'),
          'a/skaffold.yaml': config('a', 'requires: [{path: ../base}]'),
          'b/skaffold.yaml': config('b'),
          'base/skaffold.yaml': config('base'),
        },
        options: { modules: ['a'] },
      },
      ['base', 'a'],
    ],
  ])('%s', async (_, project, expected) => {
    expect(await load(project)).toEqual(expected)
  })

  test.each<[string, Project, string, string]>([
    [
      'with two sets of profiles',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a, activeProfiles: [{name: p}]}, {path: b}]'),
          'a/skaffold.yaml': config('a', profiled),
          'b/skaffold.yaml': config('b', 'requires: [{path: ../a}]'),
        },
      },
      'CONFIG_CONFLICT',
      'the configuration a is required with the profiles ["p"] and with []',
    ],
    [
      'by a name that is not there',
      {
        files: {
          'skaffold.yaml': config('root', 'requires: [{path: a, configs: [x]}]'),
          'a/skaffold.yaml': config('a'),
        },
      },
      'CONFIG_MODULE_UNKNOWN',
      'a/skaffold.yaml has no configuration named `x`',
    ],
    [
      'by a module that is not there',
      { files: { 'skaffold.yaml': config('root') }, options: { modules: ['x'] } },
      'CONFIG_MODULE_UNKNOWN',
      'did not find any configs matching selection ["x"]: there are root',
    ],
    [
      'with a profile that none has',
      {
        files: { 'skaffold.yaml': config('root', 'requires: [{path: a}]'), 'a/skaffold.yaml': config('a', profiled) },
        options: { profiles: ['q'] },
      },
      'CONFIG_PROFILE_UNKNOWN',
      'no profile `q`; it has p',
    ],
  ])('is refused %s', async (_, project, code, message) => {
    await expect(load(project)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message), hint: expect.any(String) }),
    )
  })
})
