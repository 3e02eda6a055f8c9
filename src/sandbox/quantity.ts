const scales: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

const pattern = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/

/** The amount that a Kubernetes quantity stands for; undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, digits = '', exponent = '', suffix = ''] = match
  return Number(`${digits}${exponent}`) * (scales[suffix] ?? 1)
}

export function compareQuantities(one: string, other: string): number {
  return (parseQuantity(one) ?? 0) - (parseQuantity(other) ?? 0)
}
