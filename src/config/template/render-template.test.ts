import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../../errors/index.ts'
import { resolveCommands } from './commands.ts'
import { renderTemplate } from './render-template.ts'

const data = { FOO: 'bar', EMPTY: '', TAG: 'v1.2.3', NAME: 'gcr.io/my/App-Name', UNSET: undefined }

describe('renders', () => {
  test.each([
    ['no action at all', 'no action at all'],
    ['{{.FOO}}', 'bar'],
    ['a {{ .FOO }} b', 'a bar b'],
    ['{{.MISSING}}:{{.UNSET}}', '<no value>:<no value>'],
    ['{{$.FOO}}', 'bar'],
    ['{{"{{"}}', '{{'],
    ['{{/* nothing */}}x', 'x'],
    ['a {{- /* nothing */ -}} b', 'ab'],
    ['a  {{- .FOO -}}  b', 'abarb'],
    ['{{- .FOO -}}', 'bar'],
    ['{{3}}{{-3}} {{0x10}} {{1_000}} {{"\\u00e9\\n"}}{{`raw\\n`}}{{\'a\'}}', '3-3 16 1000 é\nraw\\n97'],
    // variables, branches, loops
    ['{{$x := .FOO}}{{$x}}', 'bar'],
    ['{{$x := 1}}{{$x = 2}}{{$x}}', '2'],
    ['{{if .FOO}}yes{{else}}no{{end}}', 'yes'],
    ['{{if .EMPTY}}a{{else if .FOO}}b{{else}}c{{end}}d', 'bd'],
    ['{{if .EMPTY}}a{{else if .MISSING}}b{{else}}c{{end}}d', 'cd'],
    ['{{with .FOO}}<{{.}}>{{end}}', '<bar>'],
    ['{{with .EMPTY}}<{{.}}>{{else}}none{{end}}', 'none'],
    ['{{with $y := .FOO}}{{$y}}{{end}}', 'bar'],
    ['{{range splitList "." .TAG}}[{{.}}]{{end}}', '[v1][2][3]'],
    ['{{range $i, $part := splitList "." .TAG}}{{$i}}{{$part}};{{end}}', '0v1;12;23;'],
    ['{{range list}}x{{else}}nothing{{end}}', 'nothing'],
    ['{{range list 1 2 3 4}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}', '13'],
    ['{{range $k, $v := dict "b" 2 "a" 1}}{{$k}}{{$v}}{{end}}', 'a1b2'],
    ['{{$x := "out"}}{{if true}}{{$x := "in"}}{{end}}{{$x}}', 'out'],
    // pipelines and groups
    ['{{.FOO | upper | quote}}', '"BAR"'],
    ['{{printf "%s-%05.1f|%q|%x|%5d|%-4s|%v" .FOO 2.25 "q" "hi" 42 "ab" true}}', 'bar-002.3|"q"|6869|   42|ab  |true'],
    ['{{(split "." .TAG)._1}}', '2'],
    [
      '{{eq (len .FOO) 3}} {{ne 1 2}} {{lt "a" "b"}} {{not .EMPTY}} {{and 1 0 2}} {{or .EMPTY "x"}}',
      'true true true true 0 x',
    ],
    ['{{and .EMPTY (fail "never reached")}}', ''],
    ['{{eq .FOO "x" "bar"}}{{eq .MISSING "a"}}', 'truefalse'],
    ['{{index (list "a" "b") 1}}{{index (dict "k" "v") "k"}}', 'bv'],
    ['{{print 1 2 "a" "b" 3}}', '1 2ab3'],
    // sprig
    [
      '{{default "dev" .MISSING}} {{default "dev" .EMPTY}} {{default "dev" .FOO}} {{.EMPTY | default "z"}}',
      'dev dev bar z',
    ],
    ['{{env "FOO"}}-{{env "NOPE"}}-{{expandenv "$FOO/${TAG}"}}', 'bar--bar/v1.2.3'],
    ['{{.NAME | base | lower | trunc 3}} {{trunc -4 .NAME}}', 'app Name'],
    ['{{trimPrefix "v" .TAG}} {{trimSuffix ".3" .TAG}} {{trimAll "v3" .TAG}}', '1.2.3 v1.2 1.2.'],
    ['{{replace "/" "_" .NAME}} {{regexReplaceAll "[^a-z]+" .NAME "-"}}', 'gcr.io_my_App-Name gcr-io-my-pp-ame'],
    ['{{regexReplaceAll "(\\\\d)\\\\.(?P<n>\\\\d)" .TAG "${2}-${1}-$n$$"}}', 'v2-1-2$.3'],
    [
      '{{regexMatch "(?i)^BAR$" .FOO}} {{regexFind "[0-9.]+" .TAG}} {{regexSplit "\\\\." .TAG 2}}',
      'true 1.2.3 [v1 2.3]',
    ],
    [
      '{{title "hello world"}} {{camelcase "http_server"}} {{snakecase "FirstName"}} {{kebabcase "FirstName"}}',
      'Hello World HttpServer first_name first-name',
    ],
    [
      '{{add 1 2 3}} {{sub 5 7}} {{div 7 2}} {{mod 7 4}} {{mul 2 3}} {{max 1 9 3}} {{add1 "4"}} {{int "x"}} {{round 2.567 2}}',
      '6 -2 3 3 6 9 5 0 2.57',
    ],
    [
      '{{join "," (list 1 2)}} {{list "a" "b" | last}} {{first (list)}} {{uniq (list 1 1 2)}} {{has 2 (list 1 2)}}',
      '1,2 b <nil> [1 2] true',
    ],
    ['{{toJson (dict "b" (list 1 true) "a" nil)}}', '{"a":null,"b":[1,true]}'],
    ['{{ternary "a" "b" true}} {{coalesce .EMPTY .MISSING .FOO}} {{empty .EMPTY}}', 'a bar true'],
    ['{{b64enc "hi"}} {{b64dec "aGk="}} {{sha256sum "" | trunc 8}}', 'aGk= hi e3b0c442'],
    [
      '{{cat "a" .FOO "b"}}|{{indent 2 "x\\ny"}}|{{repeat 3 "ab"}}|{{substr 1 3 "abcd"}}|{{squote .FOO}}',
      "a bar b|  x\n  y|ababab|bc|'bar'",
    ],
    [
      '{{until 3}}{{untilStep 6 0 -2}}{{contains "a" .FOO}}{{hasPrefix "b" .FOO}}{{nospace "a b"}}',
      '[0 1 2][6 4 2]truetrueab',
    ],
  ])('%j', (template, printed) => {
    expect(renderTemplate(template, data)).toBe(printed)
  })
})

describe('refuses', () => {
  test.each([
    ['{{.FOO', 'at 1:1: `{{` is not closed'],
    ['x\n{{.FOO | nope}}', 'at 2:10: there is no function `nope`'],
    ['{{uuidv4}}', 'at 1:3: the function `uuidv4` is valid in Skaffold, not supported'],
    ['{{if .FOO}}', '`if` has no `end`'],
    ['{{end}}', '`end` closes nothing'],
    ['{{else}}', '`else` stands outside'],
    ['{{if 1}}{{else}}{{else}}{{end}}', 'a second `else`'],
    ['{{}}', 'a value is missing'],
    ['{{.FOO.BAR}}', 'string has no field BAR'],
    ['{{.FOO "x"}}', 'no function'],
    ['{{"unclosed}}', 'the quote " is not closed'],
    ['{{upper}}', 'upper: it takes 1 argument, not 0'],
    ['{{upper 3}}', 'upper: it takes a string, not int 3'],
    ['{{upper .MISSING}}', 'upper: it takes a string, and the value is missing'],
    ['{{.FOO | 3}}', 'cannot take what comes'],
    ['{{(.FOO}}', '`(` is not closed'],
    ['{{$x}}', 'undefined variable $x'],
    ['{{break}}', 'outside of `range`'],
    ['{{define "x"}}{{end}}', '`define` is not supported'],
    ['{{div 1 0}}', 'div: division by zero'],
    ['{{fail "because"}}', 'fail: because'],
    ['{{cmd "ls"}}', 'cmd: programs cannot be run'],
    ['{{regexMatch "(" .FOO}}', 'no regular expression'],
    ['{{repeat 99999999 "ab"}}', 'longer than 16 MiB'],
    ['{{.FOO @}}', 'unexpected "@"'],
  ])('%j', (template, message) => {
    expect(() => renderTemplate(template, data, { where: 'skaffold.yaml:3:4' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_TEMPLATE_INVALID',
        where: 'skaffold.yaml:3:4',
        message: expect.stringContaining(message),
      }),
    )
  })
})

test('a missing key is an error when it is strict', () => {
  expect(renderTemplate('{{.FOO}}', data, { strict: true })).toBe('bar')
  expect(() => renderTemplate('{{.MISSING}}', data, { strict: true })).toThrow('there is no value for "MISSING"')
})

test('names of object members are no keys', () => {
  expect(renderTemplate('{{.constructor}}{{.__proto__}}', data)).toBe('<no value><no value>')
  expect(() => renderTemplate('{{constructor}}', data)).toThrow('there is no function `constructor`')
})

test('programs run once each, and their output is trimmed', async () => {
  const ran: string[] = []
  const printed = await resolveCommands(
    (cmd) => renderTemplate('{{cmd "echo" "a"}}-{{cmd "echo" "b"}}-{{cmd "echo" "a"}}', {}, { cmd }),
    (argv) => {
      ran.push(argv.join(' '))
      return Promise.resolve(`${argv[1] ?? ''}\n`)
    },
  )
  expect(printed).toBe('a-b-a')
  expect(ran).toEqual(['echo a', 'echo b'])
})

test('a program that fails ends the rendering', async () => {
  await expect(
    resolveCommands(
      (cmd) => renderTemplate('{{cmd "false"}}', {}, { cmd }),
      () => Promise.reject(new Error('exit 1')),
    ),
  ).rejects.toThrow('exit 1')
})

test('any text either renders or fails as a template', () => {
  const part = fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    ' -}}',
    '.FOO',
    '$x',
    ':=',
    '|',
    '(',
    ')',
    '"',
    '`',
    'if ',
    'end',
    'range ',
    'else',
    ' ',
    '1',
    'list',
    'upper',
    '/*',
    '*/',
    ',',
    '.',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 14 }), (parts) => {
      expect(outcome(parts.join(''))).toMatch(/^(?:rendered|refused)$/)
    }),
    { numRuns: 2000 },
  )
})

function outcome(template: string): string {
  try {
    renderTemplate(template, data)
    return 'rendered'
  } catch (error) {
    return isToolError(error, 'CONFIG_TEMPLATE_INVALID') ? 'refused' : String(error)
  }
}
