import { isJsonObject, type JsonObject } from '../../store/index.ts'
import { text } from '../catalog.ts'
import { age, ageColumn, column, nameColumn, type Column, type Printer } from './columns.ts'

/** The columns of a custom resource, as its definition lists them; name first, and age if it lists none. */
export function customColumns(declared: readonly unknown[]): readonly Printer[] {
  const own = declared.filter(isJsonObject).map(customColumn)
  return own.length === 0 ? [nameColumn, ageColumn] : [nameColumn, ...own]
}

function customColumn(declared: JsonObject): Printer {
  const path = text(declared['jsonPath'])
  const type = text(declared['type']) as Column['type']
  const about = {
    type,
    description: text(declared['description']),
    priority: typeof declared['priority'] === 'number' ? declared['priority'] : 0,
  }
  return column(
    text(declared['name']),
    (object, { now }) => {
      const value = readPath(object, path)
      return type === 'date' ? age(value, now) : value
    },
    about,
  )
}

/** The simple form of JSONPath that printer columns use: `.spec.list[0].name`, `.metadata.labels['a.b/c']`. */
function readPath(object: JsonObject, path: string): unknown {
  let value: unknown = object
  for (const [, name, quoted, index] of path.matchAll(/\.([\w-]+)|\[['"]([^'"]+)['"]\]|\[(\d+)\]/g)) {
    if (index !== undefined) value = Array.isArray(value) ? (value as readonly unknown[])[Number(index)] : undefined
    else value = isJsonObject(value) ? value[name ?? quoted ?? ''] : undefined
  }
  return isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : value
}
