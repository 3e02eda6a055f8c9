import { isJsonObject, type JsonObject } from '../store/index.ts'
import { list, member } from './catalog.ts'

/** A selector as text: `app=a,tier in (x,y)`. */
export function formatSelector(selector: unknown): string {
  if (!isJsonObject(selector)) return ''
  const isLabelSelector = selector['matchLabels'] !== undefined || selector['matchExpressions'] !== undefined
  const labels = isLabelSelector ? member(selector, 'matchLabels') : selector
  const equalities = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
  return [...equalities, ...(isLabelSelector ? list(selector['matchExpressions']).map(formatExpression) : [])].join(',')
}

function formatExpression({ key, operator, values }: JsonObject): string {
  if (operator === 'Exists') return String(key)
  if (operator === 'DoesNotExist') return `!${String(key)}`
  const listed = Array.isArray(values) ? values.join(',') : ''
  return `${String(key)} ${operator === 'In' ? 'in' : 'notin'} (${listed})`
}
