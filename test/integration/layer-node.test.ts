import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { createLayer } from '../../src/layer/index.ts'
import { aFile } from '../support/layers.ts'
import { describeWithTools } from '../support/tools.ts'

const content = makeContent()
const dist = resolve(import.meta.dirname, '../../dist/layer/index.js')

/** The same bytes everywhere, some of which can be compressed. */
function makeContent(): Buffer {
  const bytes = Buffer.alloc(3_000_000)
  let state = 1
  for (let at = 0; at < bytes.length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    bytes[at] = at % 3 === 0 ? state >>> 16 : 'the quick brown fox'.charCodeAt(at % 19)
  }
  return bytes
}

const script = `
import { createLayer, decompress } from ${JSON.stringify(dist)}
${makeContent.toString()}
const bytes = makeContent()
async function* open() { yield bytes }
const entry = { path: 'a', kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, size: bytes.length, open }
const digests = []
for (const level of [1, 6, 9]) digests.push((await createLayer([entry], { level })).descriptor.digest)
const packed = Buffer.from('28b52ffd04588d00005868656c6c6f207a737464200100fe8a170a03228e', 'hex')
async function* zstd() { yield packed.subarray(0, 9); yield packed.subarray(9); yield packed }
let text = ''
for await (const chunk of decompress(zstd())) text += Buffer.from(chunk)
console.log(JSON.stringify({ digests, text }))
`

describeWithTools('another version of Node', ['node22', 'node24'], (run) => {
  test.each(['node22', 'node24'] as const)('%s makes the same layers, and reads zstd', async (node) => {
    const { stdout } = await run(node, ['--input-type=module', '-e', script])
    const digests = []
    for (const level of [1, 6, 9]) digests.push((await createLayer([aFile('a', content)], { level })).descriptor.digest)
    expect(JSON.parse(stdout)).toEqual({ digests, text: 'hello zstd hello zstd hello zstd'.repeat(2) })
  })
})
