// @ts-check
// node scripts/unzip-entry.mjs ARCHIVE.zip ENTRY TARGET: unpacks one file, so that no unzip program is needed.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { inflateRawSync } from 'node:zlib'

const [archive = '', entry = '', target = ''] = process.argv.slice(2)
const zip = readFileSync(archive)
const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'))
let offset = zip.readUInt32LE(end + 16)
for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => zip.readUInt16LE(offset + at))
  const name = zip.toString('utf8', offset + 46, offset + 46 + (nameLength ?? 0))
  if (name === entry) unpack(offset)
  offset += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0)
}

/** @param {number} header of the central directory */
function unpack(header) {
  const local = zip.readUInt32LE(header + 42)
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const data = zip.subarray(start, start + zip.readUInt32LE(header + 20))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, zip.readUInt16LE(header + 10) === 0 ? data : inflateRawSync(data))
  chmodSync(target, 0o755)
}
