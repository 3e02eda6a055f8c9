/** The port of `PORT`, `:PORT`, `HOST:PORT`; undefined when there is none that a container can have. */
export function parsePort(address: string): number | undefined {
  const digits = /^(?:.*:)?(\d{1,5})$/.exec(address)?.[1]
  const port = Number(digits ?? 0)
  return port >= 1 && port <= 65_535 ? port : undefined
}
