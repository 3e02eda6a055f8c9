import type { JsonObject } from '../../store/index.ts'
import { list, member, text } from '../catalog.ts'
import { forbiddenField, invalidValue, requiredValue, type FieldProblem } from '../status.ts'
import { checkLabelValue, checkQualifiedName } from './names.ts'

/** The node affinity of a pod; pod affinity is stored as it comes. */
export function checkAffinity(affinity: JsonObject, at: string): readonly FieldProblem[] {
  const node = member(affinity, 'nodeAffinity')
  const required = node['requiredDuringSchedulingIgnoredDuringExecution']
  const preferred = list(node['preferredDuringSchedulingIgnoredDuringExecution'])
  const here = `${at}.nodeAffinity`
  return [
    ...(required === undefined
      ? []
      : checkNodeSelector(
          member(node, 'requiredDuringSchedulingIgnoredDuringExecution'),
          `${here}.requiredDuringSchedulingIgnoredDuringExecution`,
        )),
    ...preferred.flatMap((one, index) =>
      checkPreference(one, `${here}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`),
    ),
  ]
}

function checkNodeSelector(selector: JsonObject, at: string): readonly FieldProblem[] {
  const terms = list(selector['nodeSelectorTerms'])
  if (terms.length === 0) {
    return [requiredValue(`${at}.nodeSelectorTerms`, 'must have at least one node selector term')]
  }
  return terms.flatMap((term, index) => checkTerm(term, `${at}.nodeSelectorTerms[${index}]`))
}

function checkPreference(preference: JsonObject, at: string): readonly FieldProblem[] {
  const { weight } = preference
  const isInRange = typeof weight === 'number' && weight >= 1 && weight <= 100
  return [
    ...(isInRange ? [] : [invalidValue(`${at}.weight`, weight ?? 0, 'must be in the range 1-100')]),
    ...checkTerm(member(preference, 'preference'), `${at}.preference`),
  ]
}

function checkTerm(term: JsonObject, at: string): readonly FieldProblem[] {
  return [
    ...list(term['matchExpressions']).flatMap((one, index) => checkExpression(one, `${at}.matchExpressions[${index}]`)),
    ...list(term['matchFields']).flatMap((one, index) => checkField(one, `${at}.matchFields[${index}]`)),
  ]
}

function checkExpression(expression: JsonObject, at: string): readonly FieldProblem[] {
  const values: readonly unknown[] = Array.isArray(expression['values']) ? expression['values'] : []
  const labels = values.flatMap((value, index) => checkLabelValue(`${at}.values[${index}]`, String(value)))
  return [
    ...checkOperator(expression, values, at),
    ...checkQualifiedName(`${at}.key`, text(expression['key'])),
    ...labels,
  ]
}

function checkOperator(expression: JsonObject, values: readonly unknown[], at: string): readonly FieldProblem[] {
  const { operator } = expression
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [requiredValue(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator')]
  }
}

function checkField(requirement: JsonObject, at: string): readonly FieldProblem[] {
  const values: readonly unknown[] = Array.isArray(requirement['values']) ? requirement['values'] : []
  const problems: FieldProblem[] = []
  if (requirement['operator'] !== 'In' && requirement['operator'] !== 'NotIn') {
    problems.push(invalidValue(`${at}.operator`, requirement['operator'] ?? '', 'not a valid selector operator'))
  } else if (values.length !== 1) {
    problems.push(
      requiredValue(
        `${at}.values`,
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      ),
    )
  }
  if (requirement['key'] !== 'metadata.name') {
    problems.push(invalidValue(`${at}.key`, requirement['key'] ?? '', 'not a valid field selector key'))
  }
  return problems
}
