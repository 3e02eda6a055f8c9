import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../../errors/index.ts'
import { checkStructure } from '../check-structure.ts'
import { rootShape } from '../fields/root.ts'
import type { Node } from '../node.ts'
import { plainOf } from '../print-config.ts'
import { readDocuments } from '../read-documents.ts'
import { configVersions, newestVersion } from '../versions.ts'
import { upgradeDocument } from './upgrade.ts'
import { shapeOfVersion } from './version-shape.ts'

function read(version: string, body: string): { root: Node; source: { file: string; text: string } } {
  const source = { file: 'skaffold.yaml', text: `apiVersion: ${version}\nkind: Config\n${body}` }
  const [root] = readDocuments(source)
  if (root === undefined) throw new Error('there is no document')
  return { root, source }
}

function upgrade(
  version: string,
  body: string,
  target: string = newestVersion,
): { plain: unknown; warnings: string[] } {
  const warnings: string[] = []
  const document = read(version, body)
  expect(checkStructure(document.root, shapeOfVersion(version), version)).toEqual([])
  const upgraded = upgradeDocument({ ...document, target, warn: (text) => warnings.push(text) })
  const shape = target === newestVersion ? rootShape : shapeOfVersion(target)
  expect(checkStructure(upgraded, shape, target)).toEqual([])
  return { plain: plainOf(upgraded, shape), warnings }
}

function plain(body: string, version: string = newestVersion): unknown {
  return plainOf(read(version, body).root, version === newestVersion ? rootShape : shapeOfVersion(version))
}

const helm = (release: string): string => `deploy: {helm: {releases: [{name: r, chartPath: c, ${release}}]}}`

describe('a step', () => {
  test.each([
    ['v1alpha1', 'build: {tagPolicy: sha256}', 'build: {tagPolicy: {sha256: {}}}'],
    ['v1alpha1', 'build: {tagPolicy: other}', ''],
    [
      'v1alpha1',
      'build: {artifacts: [{imageName: a, workspace: w, dockerfilePath: D, buildArgs: {k: v}}], local: {skipPush: true}}',
      'build: {artifacts: [{image: a, context: w, docker: {dockerfile: D, buildArgs: {k: v}}}], local: {push: false, useBuildkit: false}}',
    ],
    [
      'v1alpha1',
      'deploy: {name: x, kubectl: {manifests: [{paths: [a, b]}, {paths: [c]}]}}',
      'manifests: {rawYaml: [a, b, c]}\ndeploy: {kubectl: {}}',
    ],
    [
      'v1alpha2',
      helm('valuesFilePath: f'),
      `manifests: {helm: {releases: [{name: r, chartPath: c, valuesFiles: [f]}]}}\n${helm('valuesFiles: [f]')}`,
    ],
    [
      'v1alpha3',
      'deploy: {kustomize: {kustomizePath: k}}',
      'manifests: {kustomize: {paths: [k]}}\ndeploy: {kubectl: {}}',
    ],
    [
      'v1beta6',
      'build: {artifacts: [{image: a}], kaniko: {image: k, cache: {}, pullSecret: p, namespace: n}}',
      'build: {artifacts: [{image: a, kaniko: {image: k, cache: {}}}], cluster: {pullSecretPath: p, namespace: n}}',
    ],
    [
      'v1beta7',
      'build: {artifacts: [{image: a, bazel: {target: t, args: [x]}}]}',
      'build: {artifacts: [{image: a, bazel: {target: t, args: [x]}}]}',
    ],
    [
      'v1beta8',
      'build: {artifacts: [{image: a, plugin: {name: docker, properties: {dockerfile: D}}}, {image: b, plugin: {name: other}}], executionEnvironment: {name: local, properties: {push: true}}}',
      'build: {artifacts: [{image: a, docker: {dockerfile: D}}, {image: b}], local: {push: true}}',
    ],
    [
      'v1beta13',
      'build: {artifacts: [{image: a, jibMaven: {module: m, profile: p, args: [x]}}, {image: b, jibGradle: {project: g}}]}',
      'build: {artifacts: [{image: a, jib: {project: m, args: [x, --activate-profiles, p], type: maven}}, {image: b, jib: {project: g, type: gradle}}]}',
    ],
    [
      'v2alpha1',
      'build: {artifacts: [{image: a, kaniko: {buildContext: {gcsBucket: g, localDir: {initImage: i}}}}]}',
      'build: {artifacts: [{image: a, kaniko: {initImage: i}}]}',
    ],
    [
      'v2alpha2',
      'build: {artifacts: [{image: a, buildpack: {builder: b, forcePull: true}}]}\ndeploy: {kustomize: {path: p}}',
      'build: {artifacts: [{image: a, buildpacks: {builder: b}}]}\nmanifests: {kustomize: {paths: [p]}}\ndeploy: {kubectl: {}}',
    ],
    [
      'v2beta8',
      'build: {artifacts: [{image: a, sync: {auto: {}}, kaniko: {flags: [f], image: i}}]}',
      'build: {artifacts: [{image: a, sync: {auto: true}, kaniko: {image: i}}]}',
    ],
    [
      'v2beta9',
      'portForward: [{resourceType: service, resourceName: s, port: 80}]',
      'portForward: [{resourceType: service, resourceName: s, port: 80}]',
    ],
    [
      'v2beta12',
      helm('remote: true'),
      'manifests: {helm: {releases: [{name: r, remoteChart: c}]}}\ndeploy: {helm: {releases: [{name: r, remoteChart: c}]}}',
    ],
    [
      'v2beta22',
      'build: {artifacts: [{image: a, docker: {secret: {id: i, src: s}}}]}',
      'build: {artifacts: [{image: a, docker: {secrets: [{id: i, src: s}]}}]}',
    ],
    [
      'v2beta27',
      'build: {artifacts: [{image: a, platforms: [x], ko: {platforms: [linux/arm64]}}]}',
      'build: {artifacts: [{image: a, platforms: [linux/arm64], ko: {}}]}',
    ],
    [
      'v2beta29',
      'deploy: {kubectl: {manifests: [m], defaultNamespace: n}, kustomize: {flags: {apply: [x]}, buildArgs: [b]}}',
      'manifests: {rawYaml: [m], kustomize: {paths: [.], buildArgs: [b]}}\ndeploy: {kubectl: {defaultNamespace: n, flags: {apply: [x]}}}',
    ],
    [
      'v3',
      'deploy: {kubeContext: k, kubectl: {remoteManifests: [ns:pod/p]}}',
      'manifests: {remoteManifests: [{manifest: ns:pod/p, kubeContext: k}]}\ndeploy: {kubeContext: k, kubectl: {}}',
    ],
    [
      'v4beta3',
      'verify: [{name: v, container: {name: c, image: i, workingdir: w}}]',
      'verify: [{name: v, container: {name: c, image: i}}]',
    ],
    [
      'v4beta4',
      'build: {artifacts: [{image: a, kaniko: {noPush: true, image: i}}]}',
      'build: {artifacts: [{image: a, kaniko: {image: i}}]}',
    ],
    ['v4beta7', 'deploy: {kpt: {"false": true}}', 'deploy: {kpt: {force: true}}'],
  ])('%s %s', (version, before, after) => {
    expect(upgrade(`skaffold/${version}`, before).plain).toEqual(plain(after))
    // profiles have what the main pipeline has
    const inProfile = (body: string): string => `profiles: [{name: p, ${body.replaceAll('\n', ', ')}}]`
    if (version === 'v1alpha1') return
    expect(upgrade(`skaffold/${version}`, inProfile(before)).plain).toEqual(plain(inProfile(after)))
  })

  test.each([
    ['/public/A/B/a.html: /public/A/B', 'src: /public/A/B/a.html, dest: /'],
    ['/b.html: /www', 'src: /b.html, dest: /www, strip: /'],
    ['c.html: /www', 'src: c.html, dest: /www'],
    ['public/A/d.html: public/A/', 'src: public/A/d.html, dest: .'],
    ["'public/*': /app/public/", "src: 'public/*', dest: /app/"],
    ["'/public/b/*.js': /app", "src: '/public/b/*.js', dest: /app, strip: /public/b/"],
    ["'src/***/*.js': app/", "src: 'src/**/*.js', dest: app/, strip: src/"],
    ["'**/*.js': .", "src: '**/*.js', dest: ."],
  ])('v1beta9 sync %s', (before, after) => {
    const { plain: upgraded, warnings } = upgrade(
      'skaffold/v1beta9',
      `build: {artifacts: [{image: a, sync: {${before}}}]}`,
    )
    expect(upgraded).toEqual(plain(`build: {artifacts: [{image: a, sync: {manual: [{${after}}]}}]}`))
    expect(warnings).toHaveLength(before.startsWith("'**") ? 1 : 0)
  })

  test.each([
    ['', '{x.y: "{{.IMAGE_FULLY_QUALIFIED_a_b_c_d}}"}'],
    ['imageStrategy: {fqn: {property: p}}, ', '{x.y: "{{.IMAGE_FULLY_QUALIFIED_a_b_c_d}}"}'],
    [
      'imageStrategy: {helm: {}}, ',
      '{x.y.tag: "{{.IMAGE_TAG_a_b_c_d}}@{{.IMAGE_DIGEST_a_b_c_d}}", x.y.repository: "{{.IMAGE_REPO_a_b_c_d}}"}',
    ],
    [
      'imageStrategy: {helm: {explicitRegistry: true}}, ',
      '{x.y.tag: "{{.IMAGE_TAG_a_b_c_d}}@{{.IMAGE_DIGEST_a_b_c_d}}", x.y.registry: "{{.IMAGE_DOMAIN_a_b_c_d}}", x.y.repository: "{{.IMAGE_REPO_NO_DOMAIN_a_b_c_d}}"}',
    ],
  ])('v2beta29 image strategy %s', (strategy, templates) => {
    const { plain: upgraded } = upgrade('skaffold/v2beta29', helm(`${strategy}artifactOverrides: {x: {y: a/b-c.d}}`))
    const release = `[{name: r, chartPath: c, setValueTemplates: ${templates}}]`
    expect(upgraded).toEqual(plain(`manifests: {helm: {releases: ${release}}}\ndeploy: {helm: {releases: ${release}}}`))
  })

  test.each([
    ['path: /deploy/kubectl/manifests/0, value: x', ['path: /manifests/rawYaml/0, value: x']],
    ['path: /deploy/kustomize/paths, value: [x]', ['path: /manifests/kustomize/paths, value: [x]']],
    ['op: remove, path: /deploy/helm', ['op: remove, path: /manifests/helm', 'op: remove, path: /deploy/helm']],
    ['path: /deploy/helm/hooks, value: x', ['path: /deploy/helm/hooks, value: x']],
    ['path: /build/artifacts/0/image, value: x', ['path: /build/artifacts/0/image, value: x']],
    [
      'path: /deploy/helm/releases/0/artifactOverrides/image, value: a/b',
      ['path: /manifests/helm/releases/0/setValueTemplates/image, value: "{{.IMAGE_FULLY_QUALIFIED_a_b}}"'],
    ],
  ])('v2beta29 patch %s', (before, after) => {
    const main = 'deploy: {helm: {releases: [{name: r, chartPath: c}]}}'
    const { plain: upgraded } = upgrade('skaffold/v2beta29', `${main}\nprofiles: [{name: p, patches: [{${before}}]}]`)
    const patches = after.map((patch) => `{${patch}}`).join(', ')
    expect(upgraded).toMatchObject(plain(`profiles: [{name: p, patches: [${patches}]}]`) as object)
  })
})

describe('an upgrade', () => {
  test.each([
    ['v1alpha5', 'build: {acr: {}}', 'build.acr is not supported anymore', '3:14'],
    ['v2beta29', 'deploy: {kpt: {dir: d}}', 'upgrading main pipeline: converting deploy.kpt', '3:15'],
    [
      'v2beta29',
      'profiles: [{name: p}, {name: q, deploy: {kpt: {dir: d}}}]',
      'upgrading pipeline of profile 2: ',
      '3:47',
    ],
    [
      'v2beta29',
      'deploy: {kubectl: {defaultNamespace: a}, kustomize: {defaultNamespace: b}}',
      "can't merge defaultNamespace property",
      '3:72',
    ],
  ])('of %s %s fails with its place', (version, body, message, place) => {
    const run = (): unknown => upgrade(`skaffold/${version}`, body)
    expect(run).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UPGRADE_FAILED',
        where: `skaffold.yaml:${place}`,
        message: expect.stringContaining(message),
      }),
    )
  })

  test('warns about what is lost', () => {
    const { warnings } = upgrade(
      'skaffold/v2beta16',
      'build: {artifacts: [{image: a, docker: {secret: {id: i, dst: d}}}]}',
    )
    expect(warnings).toEqual(['Artifact "a": Docker secret destination is no longer supported: "d"'])
  })

  test('keeps bazel targets and the values of patches, which Skaffold loses', () => {
    const body = 'profiles: [{name: p, patches: [{path: /a, value: 1}]}]'
    expect(upgrade('skaffold/v1beta4', body).plain).toEqual(plain(body))
  })

  test('flattens nested helm values', () => {
    const { plain: upgraded } = upgrade('skaffold/v4beta13', helm('setValues: {a: {b: [1, true], c: }}'))
    expect(upgraded).toEqual(plain(helm('setValues: {"a.b[0]": "1", "a.b[1]": "true", a.c: <nil>}')))
  })

  test('reads helm values of versions that know only texts as texts', () => {
    const target = 'skaffold/v2beta29'
    const { plain: upgraded } = upgrade('skaffold/v1alpha2', helm('setValues: {a: 1, b: true, c: }'), target)
    expect(upgraded).toEqual(plain(helm('setValues: {a: "1", b: "true", c: ""}'), target))
  })

  test('reaches the newest form in one go as it does version by version', () => {
    const bodies = [
      'build: {artifacts: [{imageName: a, workspace: w, dockerfilePath: D}], tagPolicy: gitCommit, local: {skipPush: true}}\ndeploy: {kubectl: {manifests: [{paths: [a]}]}}',
      'deploy: {helm: {releases: [{name: r, chartPath: c, values: {image: a}, valuesFilePath: f}]}}',
    ]
    const stops = fc.subarray(configVersions.slice(1, -1))
    fc.assert(
      fc.property(fc.constantFrom(...bodies), stops, (body, middle) => {
        const { root, source } = read('skaffold/v1alpha1', body)
        const warn = (): void => undefined
        const direct = upgradeDocument({ source, root, target: newestVersion, warn })
        const stepwise = [...middle, newestVersion].reduce(
          (node, target) => upgradeDocument({ source, root: node, target, warn }),
          root,
        )
        expect(plainOf(stepwise, rootShape)).toEqual(plainOf(direct, rootShape))
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('of any shape ends with a document of the newest version, or with an error that has a place', () => {
    const word = fc.constantFrom('a', 'b', 'true', '1', '')
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        word,
        fc.array(tie('any'), { maxLength: 2 }),
        fc.dictionary(word, tie('any'), { maxKeys: 2 }),
      ),
    })).any
    const section = fc.constantFrom(
      'artifacts',
      'deploy',
      'build',
      'kubectl',
      'helm',
      'kustomize',
      'profiles',
      'patches',
      'sync',
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...configVersions),
        fc.dictionary(section, value, { maxKeys: 4 }),
        (version, document) => {
          const { root, source } = read(
            version,
            `build: ${JSON.stringify(document)}\ndeploy: ${JSON.stringify(document)}\n`,
          )
          try {
            upgradeDocument({ source, root, target: newestVersion, warn: () => undefined })
          } catch (error) {
            if (!isToolError(error, 'CONFIG_UPGRADE_FAILED')) throw error
            expect(error.where).toMatch(/:\d+:\d+$/)
          }
        },
      ),
    )
  }, 60_000)
})

test('a field of another version is refused with the version that has it', () => {
  const { root } = read('skaffold/v2beta5', 'deploy: {kpt: {dir: d}, cloudrun: {}}\nbuild: {acr: {}}')
  const messages = checkStructure(root, shapeOfVersion('skaffold/v2beta5'), 'skaffold/v2beta5').map(
    ({ message }) => message,
  )
  expect(messages).toEqual([
    '`deploy.kpt` is not a field of skaffold/v2beta5; skaffold/v2beta7 has it',
    '`deploy.cloudrun` is not a field of skaffold/v2beta5; skaffold/v3alpha1 has it',
    '`build.acr` is not a field of skaffold/v2beta5; skaffold/v1alpha5 was the last to have it',
  ])
})

test('every version has the fields that all share', () => {
  for (const version of configVersions) {
    const { root } = read(version, 'build: {local: {}}\ndeploy: {kubectl: {}}')
    expect(checkStructure(root, shapeOfVersion(version), version)).toEqual([])
  }
})
