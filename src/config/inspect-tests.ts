import { valueOf, type Node } from './node.ts'
import { readItems, readInteger, readText, readTexts } from './read.ts'

/** A test of an image as it is written. */
export type InspectedTest =
  | { readonly kind: 'structure'; readonly files: string; readonly args?: readonly string[] }
  | {
      readonly kind: 'custom'
      readonly command: string
      /** 0: no limit. */
      readonly timeoutSeconds: number
      readonly dependencies?: {
        readonly command: string
        readonly paths?: readonly string[]
        readonly ignore?: readonly string[]
      }
    }

/** The tests of a configuration; of each image its commands first. */
export function testsIn(root: Node): readonly InspectedTest[] {
  return readItems(valueOf(root, 'test')).flatMap((test) => {
    const args = readTexts(valueOf(test, 'structureTestsArgs'))
    const structure = (readTexts(valueOf(test, 'structureTests')) ?? []).map((files): InspectedTest => ({
      kind: 'structure',
      files,
      ...(args === undefined ? {} : { args }),
    }))
    return [...readItems(valueOf(test, 'custom')).map(customTest), ...structure]
  })
}

function customTest(test: Node): InspectedTest {
  const dependencies = valueOf(test, 'dependencies')
  const paths = readTexts(valueOf(dependencies, 'paths'))
  const ignore = readTexts(valueOf(dependencies, 'ignore'))
  const command = readText(valueOf(dependencies, 'command')) ?? ''
  return {
    kind: 'custom',
    command: readText(valueOf(test, 'command')) ?? '',
    timeoutSeconds: readInteger(valueOf(test, 'timeoutSeconds')) ?? 0,
    ...(dependencies === undefined
      ? {}
      : {
          dependencies: {
            command,
            ...(paths === undefined ? {} : { paths }),
            ...(ignore === undefined ? {} : { ignore }),
          },
        }),
  }
}
