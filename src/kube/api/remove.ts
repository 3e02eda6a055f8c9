import { isToolError } from '../../errors/index.ts'
import type { DeleteOptions, ObjectRef } from '../contract.ts'
import type { Api } from './list.ts'

/** False when there was nothing to delete: no such object, or not even such a kind. */
export async function deleteObject(
  api: Api,
  ref: ObjectRef,
  { isForeground = false, graceSeconds, signal }: DeleteOptions = {},
): Promise<boolean> {
  try {
    const { path, what } = await api.addresses.object(ref, signal)
    await api.transport.json({
      method: 'DELETE',
      path,
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: isForeground ? 'Foreground' : 'Background',
        ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      },
      ...(signal === undefined ? {} : { signal }),
      about: { verb: 'delete', what },
    })
    return true
  } catch (error) {
    if (isToolError(error, 'KUBE_NOT_FOUND', 'KUBE_UNKNOWN_KIND')) return false
    throw error
  }
}
