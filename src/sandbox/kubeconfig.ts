/** Where the API is and what opens it; the certificate is PEM. */
export interface Access {
  readonly server: string
  readonly token: string
  readonly certificate: string
}

/** A kubeconfig for one server and one token, with the context `catamaran-sandbox`. */
export function kubeconfigText({ server, token, certificate }: Access): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${contextName}
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(certificate).toString('base64')}
users:
  - name: ${contextName}
    user:
      token: ${token}
contexts:
  - name: ${contextName}
    context:
      cluster: ${contextName}
      user: ${contextName}
      namespace: default
current-context: ${contextName}
`
}

/** Of the context, its cluster and its user; no other kubeconfig has it. */
export const contextName = 'catamaran-sandbox'
