import { createCipheriv, createDecipheriv, createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { failure, type TemplateFunction } from './function.ts'

/** Sprig's functions on bytes: digests, encodings, ciphers. */
export const cryptoFunctions: Readonly<Record<string, TemplateFunction>> = {
  adler32sum: { takes: 's', run: ({ text }) => String(adler32(Buffer.from(text(0)))) },
  b32dec: { takes: 's', run: ({ text }) => base32Decode(text(0)) },
  b32enc: { takes: 's', run: ({ text }) => base32Encode(Buffer.from(text(0))) },
  decryptAES: { takes: 'ss', run: ({ text }) => decrypt(text(0), text(1)) },
  encryptAES: { takes: 'ss', run: ({ text }) => encrypt(text(0), text(1)) },
  genPrivateKey: { takes: 's', run: ({ text }) => privateKey(text(0)) },
  sha1sum: { takes: 's', run: ({ text }) => digest('sha1', text(0)) },
  sha256sum: { takes: 's', run: ({ text }) => digest('sha256', text(0)) },
  sha512sum: { takes: 's', run: ({ text }) => digest('sha512', text(0)) },
}

function digest(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return b * 65_536 + a
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32Encode(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
  return letters.join('').padEnd(Math.ceil(letters.length / 8) * 8, '=')
}

function base32Decode(text: string): string {
  const letters = text.replace(/=+$/, '')
  if (text.length % 8 !== 0 || !/^[A-Z2-7]*$/.test(letters)) throw failure('illegal base32 data')
  const bits = Array.from(letters, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2))).toString('utf8')
}

/** The password's first 32 bytes, filled with zeros. */
function keyOf(password: string): Buffer {
  const key = Buffer.alloc(32)
  Buffer.from(password).copy(key)
  return key
}

function encrypt(password: string, text: string): string {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', keyOf(password), iv)
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
}

function decrypt(password: string, text: string): string {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < 32 || bytes.length % 16 !== 0) throw failure('it is not encrypted')
  const decipher = createDecipheriv('aes-256-cbc', keyOf(password), bytes.subarray(0, 16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8')
  } catch {
    throw failure('the password does not fit')
  }
}

/** PEM as sprig makes it: PKCS #1 for RSA, SEC 1 for ECDSA. */
function privateKey(kind: string): string {
  if (kind === '' || kind === 'rsa') {
    return generateKeyPairSync('rsa', { modulusLength: 4096 })
      .privateKey.export({ type: 'pkcs1', format: 'pem' })
      .toString()
  }
  if (kind === 'ecdsa') {
    return generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'sec1', format: 'pem' })
      .toString()
  }
  if (kind === 'ed25519') {
    return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  }
  throw failure(`unknown type ${kind}: rsa, ecdsa and ed25519 are known`)
}
