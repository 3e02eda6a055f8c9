import { invalidValue, type FieldProblem } from '../status.ts'

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const serviceName = '[a-z]([-a-z0-9]*[a-z0-9])?'

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
  'and must start and end with an alphanumeric character ' +
  `(e.g. 'example.com', regex used for validation is '${subdomain}')`

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
  'and must start and end with an alphanumeric character ' +
  `(e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`

const serviceText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
  `and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${serviceName}')`

const qualifiedText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', " +
  'and must start and end with an alphanumeric character ' +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const valueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', " +
  'and must start and end with an alphanumeric character ' +
  "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

type NameCheck = (field: string, value: string) => readonly FieldProblem[]

function nameCheck(pattern: string, text: string, longest: number): NameCheck {
  const whole = new RegExp(`^${pattern}$`)
  return (field, value) => {
    if (value.length > longest) return [invalidValue(field, value, `must be no more than ${longest} characters`)]
    return whole.test(value) ? [] : [invalidValue(field, value, text)]
  }
}

/** `example.com`: most objects' names. */
export const checkSubdomain: NameCheck = nameCheck(subdomain, subdomainText, 253)

/** `my-name`: names of namespaces, containers and volumes. */
export const checkLabelName: NameCheck = nameCheck(label, labelText, 63)

/** `my-name` that starts with a letter: names of Services. */
export const checkServiceName: NameCheck = nameCheck(serviceName, serviceText, 63)

/** A label's or annotation's key, `prefix/name`. */
export function checkQualifiedName(field: string, value: string): readonly FieldProblem[] {
  const [prefix, name] = value.includes('/')
    ? [value.slice(0, value.indexOf('/')), value.slice(value.indexOf('/') + 1)]
    : ['', value]
  const problems: FieldProblem[] = []
  if (prefix !== '') {
    problems.push(
      ...checkSubdomain(field, prefix).map(() => invalidValue(field, value, `prefix part ${subdomainText}`)),
    )
  }
  if (name === '') problems.push(invalidValue(field, value, 'name part must be non-empty'))
  if (!/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)) {
    problems.push(invalidValue(field, value, qualifiedText))
  }
  if (name.length > 63) problems.push(invalidValue(field, value, 'name part must be no more than 63 characters'))
  return problems
}

export function checkLabelValue(field: string, value: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  if (value.length > 63) problems.push(invalidValue(field, value, 'must be no more than 63 characters'))
  if (!/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) problems.push(invalidValue(field, value, valueText))
  return problems
}

/** Labels as keys and values. */
export function checkLabels(field: string, labels: Readonly<Record<string, unknown>>): readonly FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkQualifiedName(field, key),
    ...checkLabelValue(field, String(value)),
  ])
}
