import { any, boolean, integer, list, object, text, textMap, texts, yes, type Field, type Shape } from './shape.ts'

/** `flags` of helm. */
export const helmFlagsShape: Shape = object({
  depBuild: yes(texts),
  global: yes(texts),
  install: yes(texts),
  template: yes(texts),
  upgrade: yes(texts),
})

/** A release of helm. */
export const releaseShape: Shape = object({
  chartPath: yes(text, { note: 'a template; this or `remoteChart`' }),
  createNamespace: yes(boolean, { absent: '`false`' }),
  dependsOn: yes(texts),
  name: yes(text, { required: true, note: 'a template' }),
  namespace: yes(text, { absent: "the context's", note: 'a template' }),
  overrides: yes(any),
  packaged: yes(object({ appVersion: yes(text), version: yes(text) })),
  recreatePods: yes(boolean, { absent: '`false`' }),
  remoteChart: yes(text),
  repo: yes(text),
  setFiles: yes(textMap),
  setValueTemplates: yes(any, { note: 'templates with the images that were built' }),
  setValues: yes(any, { note: 'templates' }),
  skipBuildDependencies: yes(boolean, { absent: '`false`' }),
  skipTests: yes(boolean, { absent: '`false`' }),
  upgradeOnChange: yes(boolean, { absent: '`true`, with `remoteChart` `false`' }),
  useHelmSecrets: yes(boolean, { absent: '`false`' }),
  valuesFiles: yes(texts, { note: 'templates with the images that were built' }),
  version: yes(text, { note: 'a template' }),
  wait: yes(boolean, { absent: '`false`' }),
})

/** `manifests.helm`. */
export const helmShape: Shape = object({ flags: yes(helmFlagsShape), releases: yes(list(releaseShape)) })

/** The fields of `deploy.helm`, its hooks aside. */
export const helmDeployFields: Readonly<Record<'concurrency' | 'flags' | 'releases', Field>> = {
  concurrency: yes(integer, { absent: '`1`', note: 'releases installed at a time; 0: no limit' }),
  flags: yes(helmFlagsShape),
  releases: yes(list(releaseShape)),
}
