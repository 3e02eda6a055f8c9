import type { Flag } from '../flags/index.ts'

/** What is built. */
export const buildFlags: readonly Flag[] = [
  {
    name: 'platform',
    type: 'strings',
    placeholder: 'os/arch,…',
    description:
      "Platforms to build, for example linux/amd64,linux/arm64; the cluster's nodes decide when it is left out",
  },
  { name: 'tag', shorthand: 't', type: 'string', description: 'Tag for all images, instead of the tag policy' },
  {
    name: 'build-image',
    shorthand: 'b',
    type: 'strings',
    placeholder: 'name,…',
    description: 'Build only artifacts whose image name contains one of these',
  },
  {
    name: 'buildx-builder',
    type: 'string',
    placeholder: 'name',
    description: 'Builder of "docker buildx" for what has to run, by default the one in use',
  },
  {
    name: 'cache-to',
    type: 'strings',
    placeholder: 'cache,…',
    description:
      'Where what engines build is cached, for each image and platform: registry, local, inline, or as "docker buildx" says it',
  },
  {
    name: 'index-type',
    type: 'string',
    placeholder: 'type',
    choices: ['oci', 'docker'],
    description:
      "Media types of the images that are pushed and of their index: OCI's, or Docker's for registries that know no others; those that each builder gives them when it is left out",
  },
  {
    name: 'compression-level',
    type: 'string',
    placeholder: '1-9',
    choices: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    description: 'How hard layers that need no engine are compressed with gzip: 1, the fastest, when it is left out',
  },
  {
    name: 'cache-artifacts',
    type: 'bool',
    default: 'true',
    description: 'Do not build what was built before out of the same files, base images and configuration',
  },
  {
    name: 'cache-file',
    type: 'string',
    placeholder: 'file',
    description: 'Where built artifacts are remembered, by default in a file of the cache folder',
  },
]

/** For which platforms. */
export const platformChoiceFlags = (onlyOne: boolean): readonly Flag[] => [
  {
    name: 'disable-multi-platform-build',
    type: 'bool',
    default: String(onlyOne),
    description: 'Build one platform even when several are asked for',
  },
  {
    name: 'check-cluster-node-platforms',
    type: 'bool',
    default: 'true',
    description: "Build for the platforms of the cluster's nodes",
  },
]
