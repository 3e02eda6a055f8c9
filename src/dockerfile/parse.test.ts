import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../errors/index.ts'
import { parseDockerfile, parseTrigger } from './parse.ts'
import type { Instruction } from './types.ts'

/** The instructions of the only stage, places left out. */
function parse(text: string): readonly object[] {
  const { stages } = parseDockerfile(`FROM scratch\n${text}`, 'Dockerfile')
  return (stages[0]?.instructions ?? []).map(bodyOf)
}

function bodyOf(instruction: Instruction): object {
  const { at: _, ...body } = instruction
  return body
}

const copy = { kind: 'copy', heredocs: [], link: false, parents: false, exclude: [] }
const health = { kind: 'healthcheck', interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 }

describe('instructions', () => {
  test.each<[string, object]>([
    ['COPY a b /c', { ...copy, sources: ['a', 'b'], destination: '/c' }],
    ['copy a /c', { ...copy, sources: ['a'], destination: '/c' }],
    ['COPY ["a b", "/c d"]', { ...copy, sources: ['a b'], destination: '/c d' }],
    ['COPY --from=x --link a /', { ...copy, from: 'x', link: true, sources: ['a'], destination: '/' }],
    ['COPY --link=false a /', { ...copy, sources: ['a'], destination: '/' }],
    ['COPY --chown=1:2 --chmod=0755 a /', { ...copy, chown: '1:2', chmod: '0755', sources: ['a'], destination: '/' }],
    [
      'COPY --exclude=*.md --exclude=b --parents a /',
      { ...copy, exclude: ['*.md', 'b'], parents: true, sources: ['a'], destination: '/' },
    ],
    ['COPY --chown="a b" a /', { ...copy, chown: '"a b"', sources: ['a'], destination: '/' }],
    [
      'ADD --checksum=sha256:1 --unpack=false u /',
      { ...copy, kind: 'add', checksum: 'sha256:1', unpack: false, sources: ['u'], destination: '/' },
    ],
    [
      'ENV A=1 B="x y" C=a\\ b',
      {
        kind: 'env',
        pairs: [
          { name: 'A', value: '1' },
          { name: 'B', value: '"x y"' },
          { name: 'C', value: 'a\\ b' },
        ],
      },
    ],
    ['ENV A b c', { kind: 'env', pairs: [{ name: 'A', value: 'b c' }] }],
    ['ENV A=', { kind: 'env', pairs: [{ name: 'A', value: '' }] }],
    ['LABEL "a b"=c', { kind: 'label', pairs: [{ name: '"a b"', value: 'c' }] }],
    ['ARG A B=1 C=', { kind: 'arg', args: [{ name: 'A' }, { name: 'B', value: '1' }, { name: 'C', value: '' }] }],
    ['CMD ["a","b"]', { kind: 'cmd', command: { words: ['a', 'b'], isShell: false } }],
    ['CMD a  b', { kind: 'cmd', command: { words: ['a  b'], isShell: true } }],
    ["CMD ['a']", { kind: 'cmd', command: { words: ["['a']"], isShell: true } }],
    ['CMD []', { kind: 'cmd', command: { words: [], isShell: false } }],
    ['ENTRYPOINT ["é\\n"]', { kind: 'entrypoint', command: { words: ['é\n'], isShell: false } }],
    ['EXPOSE 80 443/TCP', { kind: 'expose', ports: ['443/TCP', '80'] }],
    ['VOLUME /a /b', { kind: 'volume', paths: ['/a', '/b'] }],
    ['VOLUME ["/a b"]', { kind: 'volume', paths: ['/a b'] }],
    ['SHELL ["sh", "-c"]', { kind: 'shell', words: ['sh', '-c'] }],
    ['USER a:b', { kind: 'user', value: 'a:b' }],
    ['WORKDIR /a b', { kind: 'workdir', value: '/a b' }],
    ['STOPSIGNAL 9', { kind: 'stopsignal', value: '9' }],
    ['MAINTAINER me', { kind: 'maintainer', value: 'me' }],
    ['ONBUILD COPY a /', { kind: 'onbuild', text: 'COPY a /' }],
    [
      'RUN --mount=type=cache,target=/x --network=none make',
      {
        kind: 'run',
        flags: ['--mount=type=cache,target=/x', '--network=none'],
        command: { words: ['make'], isShell: true },
      },
    ],
    ['HEALTHCHECK NONE', { ...health, test: ['NONE'] }],
    ['HEALTHCHECK CMD a b', { ...health, test: ['CMD-SHELL', 'a b'] }],
    [
      'HEALTHCHECK --interval=1m30s --retries=3 CMD ["a"]',
      { ...health, interval: 90e9, retries: 3, test: ['CMD', 'a'] },
    ],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual([expected])
  })
})

describe('lines', () => {
  test.each<[string, string, object]>([
    ['continued', 'COPY a \\\n  b \\\n  /c', { sources: ['a', 'b'], destination: '/c' }],
    ['continued with spaces after the escape', 'COPY a \\  \n /c', { sources: ['a'], destination: '/c' }],
    ['comments between continued lines', 'COPY a \\\n# no\n  # no\n /c', { sources: ['a'], destination: '/c' }],
    ['empty continued lines', 'COPY a \\\n\n /c', { sources: ['a'], destination: '/c' }],
    ['carriage returns', 'COPY a \\\r\n /c\r\n', { sources: ['a'], destination: '/c' }],
    ['an escaped escape at the end', 'USER a\\\\', { value: 'a\\\\' }],
    ['spaces in front', '   USER a', { value: 'a' }],
    ['a hash inside', 'USER a#b', { value: 'a#b' }],
    ['no newline at the end', 'USER a', { value: 'a' }],
    ['the last line continued', 'USER a\\', { value: 'a' }],
  ])('%s', (_, text, expected) => {
    expect(parse(text)).toMatchObject([expected])
  })

  test('places are those of the file', () => {
    const text = '\uFEFF# syntax=docker/dockerfile:1\n\nFROM a\n\n# c\nCOPY a \\\n  /b\nCOPY <<E /c\nx\nE\nUSER u\n'
    const { stages, syntax } = parseDockerfile(text, 'D')
    expect(syntax).toEqual({ image: 'docker/dockerfile:1', at: { file: 'D', line: 1, endLine: 1 } })
    expect([stages[0]?.at, ...(stages[0]?.instructions ?? []).map(({ at }) => at)]).toEqual([
      { file: 'D', line: 3, endLine: 3 },
      { file: 'D', line: 6, endLine: 7 },
      { file: 'D', line: 8, endLine: 10 },
      { file: 'D', line: 11, endLine: 11 },
    ])
  })

  test('splitting an instruction over lines does not change it', () => {
    const word = fc.stringMatching(/^[a-z/][a-z0-9/._-]{0,5}$/)
    const gap = fc.constantFrom(' ', ' \\\n', ' \\\n# comment\n ', '\\\n ')
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 2, maxLength: 6 }), (parts) => {
        const words = parts.map(([text]) => text)
        const written = parts
          .map(([text, between]) => text + between)
          .join('')
          .replace(/[\\\s]*(?:\n# comment\n )?$/, '')
        expect(parse(`VOLUME ${written}`)).toEqual(parse(`VOLUME ${words.join(' ')}`))
      }),
    )
  })
})

describe('directives', () => {
  test.each([
    ['# escape=`\nFROM a\nCOPY a `\n b', '`'],
    ['#Escape = `\nFROM a', '`'],
    ['# syntax=x\n# escape=`\nFROM a', '`'],
    ['# check=skip=all\n# escape=`\nFROM a', '`'],
    ['# a comment\n# escape=`\nFROM a', '\\'],
    ['\n# escape=`\nFROM a', '\\'],
    ['# unknown=1\n# escape=`\nFROM a', '\\'],
    ['FROM a', '\\'],
  ])('%j has the escape %s', (text, escape) => {
    expect(parseDockerfile(text, 'D').escape).toBe(escape)
  })
})

describe('documents', () => {
  test.each<[string, object[]]>([
    ['COPY <<EOF /a\nx $Y\nEOF', [{ name: 'EOF', content: 'x $Y\n', expands: true }]],
    ['COPY <<"EOF" /a\nx\nEOF', [{ name: 'EOF', content: 'x\n', expands: false }]],
    ["COPY <<eo'f' /a\nx\neof", [{ name: 'eof', content: 'x\n', expands: false }]],
    ["COPY <<eo\\'f /a\nx\neo'f", [{ name: "eo'f", content: 'x\n', expands: true }]],
    ['COPY <<-EOF /a\n\t\tx\n\ty\n\tEOF', [{ name: 'EOF', content: 'x\ny\n', expands: true }]],
    ['COPY << EOF /a\nx\nEOF', [{ name: 'EOF', content: 'x\n', expands: true }]],
    [
      'COPY <<X <<Y /d\nY\nX\nX\nY',
      [
        { name: 'X', content: 'Y\n', expands: true },
        { name: 'Y', content: 'X\n', expands: true },
      ],
    ],
    ['COPY <<E /a\n# no comment\n\\\nE', [{ name: 'E', content: '# no comment\n\\\n', expands: true }]],
    ['COPY <<E /a\nE', [{ name: 'E', content: '', expands: true }]],
    ['ADD <<$E /a\nx\n$E', [{ name: '$E', content: 'x\n', expands: true }]],
    ['COPY a<<E /b', []],
    ['COPY "<<E" /b', []],
    ['COPY ["<<E", "/b"]', []],
  ])('%j', (text, heredocs) => {
    expect(parse(text)).toMatchObject([{ heredocs }])
  })

  test('a document stands beside files', () => {
    expect(parse('COPY a <<E b /d/\nx\nE')).toMatchObject([
      { sources: ['a', 'b'], destination: '/d/', heredocs: [{ name: 'E' }] },
    ])
  })

  test('RUN and ONBUILD have documents too, other instructions none', () => {
    expect(parse('RUN <<E\nUSER no\nE\nUSER <<F')).toMatchObject([{ kind: 'run' }, { kind: 'user', value: '<<F' }])
    expect(parse('ONBUILD COPY <<E /a\nx\nE')).toEqual([{ kind: 'onbuild', text: 'COPY <<E /a\nx\nE' }])
  })

  test('ONBUILD with a document can be read again', () => {
    const at = { file: 'D', line: 7, endLine: 7 }
    expect(parseTrigger('COPY <<E /a\nx\nE', at)).toMatchObject({
      at,
      heredocs: [{ content: 'x\n' }],
      destination: '/a',
    })
  })
})

describe('stages', () => {
  test('names are lower case, ARG before them is global', () => {
    const text = 'ARG A=1\nFROM --platform=$P a:$A AS Build\nUSER x\nFROM build\n'
    expect(parseDockerfile(text, 'D')).toMatchObject({
      globalArgs: [{ args: [{ name: 'A', value: '1' }] }],
      stages: [
        { index: 0, name: 'build', base: 'a:$A', platform: '$P', instructions: [{ kind: 'user' }] },
        { index: 1, base: 'build', instructions: [] },
      ],
    })
  })
})

describe('mistakes are refused with their line', () => {
  test.each([
    ['', 'D:1', 'empty'],
    ['# only\n', 'D:1', 'empty'],
    ['ARG A\n', 'D:1', 'no FROM'],
    ['USER a\nFROM a', 'D:1', 'before the first FROM'],
    ['FROM a\n\nCOPPY a b', 'D:3', 'COPPY'],
    ['FROM a AS 1x', 'D:1', '"1x"'],
    ['FROM a b', 'D:1', 'AS'],
    ['FROM', 'D:1', 'FROM takes'],
    ['FROM --platform a', 'D:1', '--platform'],
    ['FROM a\nCOPY a', 'D:2', 'source and a destination'],
    ['FROM a\nCOPY a \\\n', 'D:2', 'source and a destination'],
    ['FROM a\nCOPY --nope a b', 'D:2', '--nope'],
    ['FROM a\nCOPY --link=maybe a b', 'D:2', 'true or false'],
    ['FROM a\nCOPY --from=x --from=y a b', 'D:2', 'twice'],
    ['FROM a\nCOPY [1, 2]', 'D:2', 'not a text'],
    ['FROM a\nCOPY a <<E\nE', 'D:2', 'destination'],
    ['FROM a\nCOPY <<E /a\nx', 'D:2', '<<E'],
    ['FROM a\nUSER --x a', 'D:2', '--x'],
    ['FROM a\nUSER', 'D:2', 'USER'],
    ['FROM a\nENV A', 'D:2', 'no value'],
    ['FROM a\nENV A=1 B', 'D:2', '"B"'],
    ['FROM a\nENV =1', 'D:2', 'without a name'],
    ['FROM a\nARG =1', 'D:2', 'without a name'],
    ['FROM a\nLABEL', 'D:2', 'LABEL'],
    ['FROM a\nSHELL sh -c', 'D:2', 'JSON'],
    ['FROM a\nVOLUME [""]', 'D:2', 'empty'],
    ['FROM a\nHEALTHCHECK FOO', 'D:2', '"FOO"'],
    ['FROM a\nHEALTHCHECK NONE x', 'D:2', 'no arguments'],
    ['FROM a\nHEALTHCHECK CMD', 'D:2', 'needs a command'],
    ['FROM a\nHEALTHCHECK --interval=x CMD a', 'D:2', '--interval=x'],
    ['FROM a\nHEALTHCHECK --interval=1us CMD a', 'D:2', '1ms'],
    ['FROM a\nHEALTHCHECK --retries=-1 CMD a', 'D:2', '--retries'],
    ['FROM a\nONBUILD ONBUILD RUN x', 'D:2', 'ONBUILD'],
    ['FROM a\nONBUILD FROM x', 'D:2', 'FROM'],
    ['# escape=x\nFROM a', 'D:1', '"x"'],
    ['# escape=`\n# escape=`\nFROM a', 'D:2', 'only one'],
  ])('%j', (text, where, part) => {
    expect(() => parseDockerfile(text, 'D')).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INVALID', where }))
    expect(() => parseDockerfile(text, 'D')).toThrow(part)
  })

  test('any text is read or refused, and nothing else', () => {
    const piece = fc.constantFrom(
      'FROM a',
      'COPY ',
      'a',
      ' ',
      '\n',
      '\\',
      '<<E',
      'E',
      '--from=',
      '"',
      "'",
      '[',
      ']',
      '#',
      'ENV ',
      '=',
      '$',
      '{',
      'ONBUILD ',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          parseDockerfile(pieces.join(''), 'D')
        } catch (error) {
          expect(isToolError(error, 'DOCKERFILE_INVALID')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})
