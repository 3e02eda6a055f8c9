const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** A size for people, as docker prints it: `1.23MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  const text = unit === 0 ? String(value) : value.toPrecision(3)
  return `${Number(text)}${units[unit] ?? ''}`
}
