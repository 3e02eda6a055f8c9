import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A TLS certificate that vouches for itself, and its key, in PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/**
 * Makes a certificate for `localhost` and 127.0.0.1 with a new key. kubectl sends a token over TLS only, so that a server
 * with a token needs one. It is valid for ever and used until the sandbox ends.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function createCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' })
  const content = toBeSigned(subjectKey)
  const signature = sign('sha256', content, privateKey)
  const der = sequence(content, ecdsaWithSha256, element(tags.bitString, Buffer.concat([Buffer.of(0), signature])))
  return { certificate: pem(der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function toBeSigned(subjectKey: Buffer): Buffer {
  const serial = Buffer.concat([Buffer.of(0x40), randomBytes(15)])
  return sequence(
    element(tags.explicit0, integer(Buffer.of(2))),
    integer(serial),
    ecdsaWithSha256,
    name,
    sequence(time('20000101000000Z'), time('99991231235959Z')),
    name,
    subjectKey,
    element(tags.explicit3, sequence(...extensions())),
  )
}

function extensions(): readonly Buffer[] {
  const isAuthority = sequence(element(tags.boolean, Buffer.of(0xff)))
  // digitalSignature and keyCertSign: the first and the sixth bit; two bits of the byte are unused.
  const usage = element(tags.bitString, Buffer.of(2, 0b1000_0100))
  const names = sequence(
    element(tags.dnsName, Buffer.from('localhost')),
    element(tags.ipAddress, Buffer.of(127, 0, 0, 1)),
  )
  return [
    extension('2.5.29.19', isAuthority, true),
    extension('2.5.29.15', usage, true),
    extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1')), false),
    extension('2.5.29.17', names, false),
  ]
}

function extension(id: string, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [element(tags.boolean, Buffer.of(0xff))] : []
  return sequence(objectId(id), ...critical, element(tags.octetString, value))
}

/** The tags of DER that are needed here. */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  explicit0: 0xa0,
  explicit3: 0xa3,
} as const

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag, ...lengthBytes(content.length)), content])
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}

function sequence(...items: readonly Buffer[]): Buffer {
  return element(tags.sequence, Buffer.concat(items))
}

function integer(bytes: Buffer): Buffer {
  return element(tags.integer, bytes)
}

function time(text: string): Buffer {
  return element(tags.generalizedTime, Buffer.from(text))
}

/** The first two numbers share a byte; each later one is written in groups of seven bits. */
function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = rest.flatMap((number) => {
    const groups = [number & 0x7f]
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return element(tags.objectId, Buffer.of(first * 40 + second, ...bytes))
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'))

const name = sequence(
  element(tags.set, sequence(objectId('2.5.4.3'), element(tags.utf8String, Buffer.from('catamaran-sandbox')))),
)
