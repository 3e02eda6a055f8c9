import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../../errors/index.ts'
import { resolveCommands } from './commands.ts'
import { renderTemplate } from './render-template.ts'

const now = (): Date => new Date('2024-02-03T04:05:06.078Z')
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
    // templates in templates
    [
      '{{define "t"}}<{{.}}{{$}}>{{end}}{{$x := 1}}{{template "t" .FOO}}{{template "t"}}',
      '<barbar><<no value><no value>>',
    ],
    ['{{block "b" .FOO}}[{{.}}]{{end}}{{template "b" 2}}', '[bar][2]'],
    ['{{define "a"}}{{end}}{{define "a"}}x{{end}}{{template "a"}}', 'x'],
    ['{{template "late" list}}{{define "late"}}{{range .}}x{{else}}none{{end}}{{end}}', 'none'],
    ['{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}{{range 0}}x{{else}}none{{end}}', '01201none'],
    // printf, every verb
    [
      '{{printf "%d|%5d|%-5d|%05d|%+d|% d|%x|%#X|%o|%O|%b|%c|%U|%#U|%q" 42 42 42 42 42 42 255 255 8 8 5 65 65 65 65}}',
      "42|   42|42   |00042|+42| 42|ff|0XFF|10|0o10|101|A|U+0041|U+0041 'A'|'A'",
    ],
    [
      '{{printf "%f|%.2f|%8.3f|%e|%g|%G|%.3g|%08.3f" 1.5 1.005 3.14159 12345.678 0.00001 1e22 1234.5678 -3.5}}',
      '1.500000|1.00|   3.142|1.234568e+04|1e-05|1E+22|1.23e+03|-003.500',
    ],
    [
      '{{printf "%s|%.2s|%5s|%-5s|%q|%#q|%x|% X|%v|%t" "hi" "hello" "a" "b" "q\\"" "r" "hi" "hi" true false}}',
      'hi|he|    a|b    |"q\\""|`r`|6869|68 69|true|false',
    ],
    [
      '{{printf "%v %+v %#v %T %T %T" (list 1 "a") (dict "k" 1) (list "x") 1 1.5 (list)}}',
      '[1 a] map[k:1] []interface {}{"x"} int float64 []interface {}',
    ],
    ['{{printf "%[2]d %[1]d" 1 2}}|{{printf "%*d|%.*f|%d%%" 5 42 2 3.14159 3}}', '2 1|   42|3.14|3%'],
    [
      '{{printf "%d %s" "x" 1}} {{printf "%d"}} {{printf "a" 1 nil}} {{printf "%z" 1}} {{printf "%"}} {{printf "%[5]d" 1}}',
      '%!d(string=x) %!s(int=1) %!d(MISSING) a%!(EXTRA int=1, <nil>) %!z(int=1) %!(NOVERB) %!d(BADINDEX)',
    ],
    [
      '{{printf "%d %s" (list 1 2) (list "a" "b")}} {{0.00001}} {{1e21}} {{100000000.0}}',
      '[1 2] [a b] 1e-05 1e+21 100000000',
    ],
    // time
    [
      '{{now | date "2006-01-02"}} {{dateInZone "2006-01-02T15:04:05Z07:00" now "Europe/Paris"}} {{date_in_zone "15:04" 0 "UTC"}}',
      '2024-02-03 2024-02-03T05:05:06+01:00 00:00',
    ],
    [
      '{{htmlDateInZone (now | mustDateModify "24h") "UTC"}} {{dateInZone "Mon Jan _2 3PM" (toDate "2006-01-02 15:04" "2024-12-25 13:30") "UTC"}}',
      '2024-02-04 Wed Dec 25 1PM',
    ],
    [
      '{{unixEpoch now}} {{ago (now | dateModify "-1h1m1s")}} {{duration 3661}} {{duration "95"}} {{durationRound "2h10m5s"}} {{durationRound "2400h"}} {{durationRound "90m"}}',
      '1706933106 1h1m1s 1h1m1s 1m35s 2h 3mo 1h',
    ],
    [
      '{{dateInZone "2006-01-02 15:04:05 MST" (toDate "x" "y") "UTC"}} {{typeOf now}} {{kindOf now}} {{dateInZone "15:04" now "No/Zone"}}',
      '0001-01-01 00:00:00 UTC time.Time struct 04:05',
    ],
    // dictionaries and lists
    [
      '{{$d := dict "a" 1}}{{$_ := set $d "b" 2}}{{unset $d "a"}} {{$d}} {{pluck "b" $d (dict "c" 1) (dict "b" 3)}} {{tuple 1 2}}',
      'map[b:2] map[b:2] [2 3] [1 2]',
    ],
    [
      '{{merge (dict "a" 1 "n" (dict "x" 1)) (dict "a" 2 "b" 3 "n" (dict "x" 2 "y" 3))}} {{mergeOverwrite (dict "a" 1 "n" (dict "x" 1)) (dict "a" 2 "n" (dict "y" 3))}}',
      'map[a:1 b:3 n:map[x:1 y:3]] map[a:2 n:map[x:1 y:3]]',
    ],
    [
      '{{deepEqual (dict "a" (list 1)) (dict "a" (list 1))}}{{deepEqual 1 "1"}} {{dig "a" "b" "none" (dict "a" (dict "b" 1))}}{{dig "a" "c" "none" (dict "a" (dict "b" 1))}}',
      'truefalse 1none',
    ],
    [
      '{{$a := dict "x" (dict "y" 1)}}{{$b := deepCopy $a}}{{$_ := set $b.x "y" 2}}{{$a}}{{$b}}',
      'map[x:map[y:1]]map[x:map[y:2]]',
    ],
    [
      '{{mustAppend (list 1) 2}}{{push (list) 1}}{{mustFirst (list 3)}}{{mustUniq (list 1 1)}}{{mustHas 1 (list 1)}}{{mustToJson (list)}} {{(fromJson "{\\"a\\": [1, null]}").a}}',
      '[1 2][1]3[1]true[] [1 <nil>]',
    ],
    ['{{seq 3}}|{{seq 2 4}}|{{seq 0 2 6}}|{{seq 3 1}}', '1 2 3|2 3 4|0 2 4 6|3 2 1'],
    // versions and addresses
    ['{{(semver "v1.2.3-rc.1+b").Minor}} {{semver "1.2"}} {{(semver "1.2.3-rc.1").Prerelease}}', '2 1.2.0 rc.1'],
    [
      '{{(urlParse "https://u:p@h.test:8080/a%20b?q=1#f").host}} {{(urlParse "https://h.test/a").path}} {{urlJoin (dict "scheme" "http" "host" "h" "path" "a" "query" "q=1")}} {{(urlParse "mailto:a@b").opaque}}',
      'h.test:8080 /a http://h/a?q=1 a@b',
    ],
    // text and bytes
    [
      '{{wrap 5 "aa bb cc dddddddd"}}|{{wrapWith 3 "-" "abcdef"}}|{{abbrevboth 5 10 "1234 5678 9123"}}',
      'aa bb\ncc\nddddd\nddd|abc-def|...5678...',
    ],
    [
      '{{adler32sum "abc"}} {{b32enc "hi!"}} {{b32dec "NBUSC==="}} {{sha512sum "" | trunc 8}} {{sha1sum "a" | trunc 6}}',
      '38600999 NBUSC=== hi! cf83e135 86f7e4',
    ],
    [`{{decryptAES "secret" (encryptAES "secret" "text")}} {{js "it's <b>"}}`, "text it\\'s \\u003Cb\\u003E"],
    [
      '{{len (randAlphaNum 12)}} {{len uuidv4}} {{randNumeric 3 | len}} {{lt (randInt 1 5) 5}} {{shuffle "aaa"}} {{randAscii 4 | len}} {{randBytes 3 | len}}',
      '12 36 3 true aaa 4 4',
    ],
  ])('%j', (template, printed) => {
    expect(renderTemplate(template, data, { now })).toBe(printed)
  })
})

describe('refuses', () => {
  test.each([
    ['{{.FOO', 'at 1:1: `{{` is not closed'],
    ['x\n{{.FOO | nope}}', 'at 2:10: function "nope" not defined'],
    ['{{genCA "x" 1}}', 'at 1:3: the function `genCA` is valid in Skaffold, not supported'],
    ['{{if .FOO}}', '`if` has no `end`'],
    ['{{end}}', 'unexpected {{end}}'],
    ['{{else}}', 'unexpected {{else}}'],
    ['{{if 1}}{{else}}{{else}}{{end}}', 'a second `else`'],
    ['{{}}', 'a value is missing'],
    ['{{.FOO.BAR}}', "can't evaluate field BAR in type string"],
    ['{{.FOO "x"}}', 'no function'],
    ['{{"unclosed}}', 'the quote " is not closed'],
    ['{{upper}}', 'upper: wrong number of args: want 1 got 0'],
    ['{{upper 3}}', 'upper: it takes a string, not int 3'],
    ['{{upper .MISSING}}', 'upper: it takes a string, and the value is missing'],
    ['{{.FOO | 3}}', 'cannot take what comes'],
    ['{{(.FOO}}', '`(` is not closed'],
    ['{{$x}}', 'undefined variable: $x'],
    ['{{break}}', 'outside of `range`'],
    ['{{if true}}{{define "x"}}{{end}}{{end}}', 'unexpected {{define}}'],
    ['{{define "x"}}a{{end}}{{define "x"}}b{{end}}', 'multiple definition of template "x"'],
    ['{{define x}}{{end}}', '`define` takes a name in quotes'],
    ['{{template "none"}}', 'template "none" not defined'],
    ['{{define "x"}}{{template "x"}}{{end}}{{template "x"}}', 'exceeded maximum template depth'],
    ['{{range list 1}}{{block "x" .}}{{break}}{{end}}{{end}}', 'outside of `range`'],
    ['{{with $x := nil}}tag{{end}}', 'nil is not a command'],
    ['{{eq 1 "a"}}', 'eq: incompatible types for comparison'],
    ['{{lt (list) 1}}', 'lt: invalid type for comparison'],
    ['{{range "text"}}{{end}}', "range can't iterate over text"],
    ['{{mustToDate "2006-01-02" "yesterday"}}', 'mustToDate: parsing time'],
    ['{{semver "x"}}', 'semver: Invalid Semantic Version'],
    ['{{semverCompare "one" "1.2.3"}}', 'improper constraint: one'],
    ['{{$d := dict}}{{set $d "d" (list $d)}}', 'set: a dictionary cannot hold itself'],
    ['{{mustFromJson "{"}}', 'mustFromJson: it is not JSON'],
    ['{{b32dec "?"}}', 'b32dec: illegal base32 data'],
    ['{{randAlpha -1}}', 'randAlpha: a count from 0'],
    // what would never end
    ['{{$l := list 1}}{{range until 60}}{{$l = list $l $l}}{{end}}{{$l}}', 'it is too much work'],
    ['{{$l := list 1}}{{range until 60}}{{$l = list $l $l}}{{end}}{{len (toJson $l)}}', 'toJson: it is too much work'],
    ['{{range until 99999}}{{range until 99999}}{{end}}{{end}}', 'it is too much work'],
    ['{{range 499999}}{{range 9}}{{end}}{{end}}', 'it takes too many steps'],
    [`{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`, 'it is nested too deeply'],
    ['{{if true}}'.repeat(5000), 'it is nested too deeply'],
    ['{{range until 99999}}{{repeat 99999 "abc"}}{{end}}', 'it prints more than 16 MiB'],
    ['{{range until 99999}}{{$x := repeat 999999 "abc"}}{{end}}', 'it is too much work'],
    ['{{div 1 0}}', 'div: division by zero'],
    ['{{fail "because"}}', 'fail: because'],
    ['{{cmd "ls"}}', 'cmd: programs cannot be run'],
    ['{{regexMatch "(" .FOO}}', 'regexMatch: error parsing regexp: missing closing )'],
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
  expect(() => renderTemplate('{{constructor}}', data)).toThrow('function "constructor" not defined')
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
