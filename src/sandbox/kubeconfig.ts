/** A kubeconfig for one server and one token, with the context `catamaran-sandbox`. */
export function kubeconfigText({ server, token }: { readonly server: string; readonly token: string }): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster:
      server: ${server}
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
