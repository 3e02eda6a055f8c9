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
  - name: ${name}
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(certificate).toString('base64')}
users:
  - name: ${name}
    user:
      token: ${token}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}
      namespace: default
current-context: ${name}
`
}

const name = 'catamaran-sandbox'
