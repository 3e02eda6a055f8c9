import { Writable } from 'node:stream'

/** A stream with the time before every line, as Skaffold writes it. */
export function timestamped(target: Writable, now: () => Date): Writable {
  let isNewLine = true
  return new Writable({
    decodeStrings: false,
    write(chunk: Buffer | string, _encoding, done) {
      const time = stamp(now())
      const text = String(chunk)
      const stampAll = text.replaceAll(/^(?=[\s\S])/gm, (_, at: number) => (at > 0 || isNewLine ? `${time} ` : ''))
      isNewLine = text.endsWith('\n')
      target.write(stampAll, () => done())
    },
  })
}

function stamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}
