/** What is wrong with a template and at which offset of its text; never leaves this folder. */
export class TemplateError extends Error {
  readonly at: number

  constructor(reason: string, at: number) {
    super(reason)
    this.name = 'TemplateError'
    this.at = at
  }
}
