/** Paints text when colours are on; each function returns the text unchanged when they are off. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** A {@link Style} for a terminal with or without colours. */
export function createStyle(hasColors: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    hasColors ? `\u001B[${open}m${text}\u001B[${close}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}
