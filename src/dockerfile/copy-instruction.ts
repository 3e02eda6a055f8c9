import { readFlags, type Flags } from './flags.ts'
import { chomp, parseHeredocWord } from './heredoc.ts'
import { invalid } from './invalid.ts'
import type { CopyInstruction, Heredoc } from './types.ts'
import { parseJsonForm, splitSpaces } from './words.ts'
import { notTexts, type Written } from './written.ts'

const shared = { chown: 'value', chmod: 'value', link: 'switch', exclude: 'list' } as const
const copyFlags = { ...shared, from: 'value', parents: 'switch' } as const
const addFlags = { ...shared, checksum: 'value', unpack: 'switch', 'keep-git-dir': 'switch' } as const

/**
 * Reads COPY or ADD.
 * @throws DOCKERFILE_INVALID
 */
export function parseCopy(written: Written): CopyInstruction {
  const kind = written.name === 'ADD' ? 'add' : 'copy'
  const flags = readFlags(written.flags, kind === 'add' ? addFlags : copyFlags, {
    instruction: written.name,
    at: written.line.at,
  })
  const words = pathsOf(written)
  const destination = words.at(-1) ?? ''
  if (words.length < 2) {
    throw invalid(
      written.line.at,
      `${written.name} needs a source and a destination`,
      `write ${written.name} SOURCE DESTINATION`,
    )
  }
  if (parseHeredocWord(destination) !== undefined) {
    throw invalid(written.line.at, `${written.name} cannot have a document as its destination`)
  }
  const sources = words.slice(0, -1)
  return {
    kind,
    sources: sources.filter((source) => !isDocument(written, source)),
    heredocs: heredocsOf(written),
    destination,
    link: flags.isOn('link') === true,
    parents: flags.isOn('parents') === true,
    exclude: flags.values('exclude'),
    ...optional(flags),
  }
}

function optional(flags: Flags): Partial<CopyInstruction> {
  const [from, chown, chmod, checksum] = ['from', 'chown', 'chmod', 'checksum'].map((name) => flags.value(name))
  const unpack = flags.isOn('unpack')
  return {
    ...(from === undefined || from === '' ? {} : { from }),
    ...(chown === undefined || chown === '' ? {} : { chown }),
    ...(chmod === undefined || chmod === '' ? {} : { chmod }),
    ...(checksum === undefined || checksum === '' ? {} : { checksum }),
    ...(unpack === undefined ? {} : { unpack }),
    ...(flags.isOn('keep-git-dir') === true ? { keepGitFolder: true } : {}),
  }
}

function pathsOf(written: Written): readonly string[] {
  const list = parseJsonForm(written.rest)
  if (list === 'notTexts') throw notTexts(written)
  return list ?? joinDocumentWords(splitSpaces(written.rest), written)
}

/** `<< EOF` is one word. */
function joinDocumentWords(words: readonly string[], written: Written): readonly string[] {
  if (written.line.documents.length === 0) return words
  return words.flatMap((word, index) => {
    if (/^\d*<<-?$/.test(words[index - 1] ?? '')) return []
    return /^\d*<<-?$/.test(word) ? [word + (words[index + 1] ?? '')] : [word]
  })
}

function isDocument(written: Written, source: string): boolean {
  return written.line.documents.length > 0 && parseHeredocWord(source) !== undefined
}

function heredocsOf(written: Written): readonly Heredoc[] {
  return written.line.documents.map(({ word, content }) => ({
    name: word.name,
    content: word.chomps ? chomp(content) : content,
    expands: word.expands,
  }))
}
