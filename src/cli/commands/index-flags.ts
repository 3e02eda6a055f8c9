import type { Flag } from '../flags/index.ts'

export const annotationFlag: Flag = {
  name: 'annotation',
  type: 'strings',
  placeholder: 'index:key=value',
  description:
    'Annotations: index:KEY=VALUE, manifest-descriptor:KEY=VALUE, manifest-descriptor[linux/arm64]:KEY=VALUE',
}

export const typeFlag: Flag = {
  name: 'type',
  type: 'string',
  choices: ['oci', 'docker'],
  description:
    "Write an OCI index or Docker's manifest list; left out: Docker's when all entries are of Docker's types and nothing is annotated",
}

export const expectDigestFlag: Flag = {
  name: 'expect-digest',
  type: 'string',
  placeholder: 'digest|none',
  description: 'Write only if the tag points at this digest now, or, with none, does not exist',
}

export const dryRunFlag: Flag = {
  name: 'dry-run',
  type: 'bool',
  default: 'false',
  description: 'Read everything, print the index and what would be sent, and send nothing',
}
