// @ts-check
// A project of plain manifests, the same every time: workloads with comments, probes and environment, services and
// configuration maps, a hundred to a file.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const perFile = 100

/**
 * Writes the project and says what it needs.
 * @param {string} folder @param {{resources: number, images: readonly string[]}} plan
 */
export function writeProject(folder, { resources, images }) {
  mkdirSync(join(folder, 'k8s'), { recursive: true })
  const documents = Array.from({ length: resources }, (_, at) => documentOf(at, images))
  for (let at = 0; at < resources; at += perFile) {
    const file = join(folder, 'k8s', `part-${String(at / perFile).padStart(4, '0')}.yaml`)
    writeFileSync(file, documents.slice(at, at + perFile).join('---\n'))
  }
  writeFileSync(
    join(folder, 'skaffold.yaml'),
    'apiVersion: skaffold/v4beta13\nkind: Config\nmanifests:\n  rawYaml: ["k8s/*.yaml"]\n',
  )
}

/** @param {number} at @param {readonly string[]} images */
function documentOf(at, images) {
  if (images.length === 0) return at % 2 === 0 ? configMap(at) : service(at)
  const kind = at % 4
  if (kind < 2) return deployment(at, images)
  return kind === 2 ? service(at) : configMap(at)
}

/** @param {number} at @param {readonly string[]} images */
function deployment(at, images) {
  // two of four documents are workloads
  const image = images[(Math.floor(at / 4) * 2 + (at % 4)) % images.length]
  return `# workload ${at}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${at}
  labels:
    app: app-${at}
    tier: ${at % 3 === 0 ? 'backend' : 'frontend'}
spec:
  replicas: ${1 + (at % 4)}
  selector:
    matchLabels:
      app: app-${at}
  template:
    metadata:
      labels:
        app: app-${at}
    spec:
      serviceAccountName: "app-${at}"
      containers:
        - name: main
          image: ${image} # of the team
          args: ["--port=8080", '--verbose']
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: MODE
              value: "${at % 2 === 0 ? 'fast' : 'safe'}"
            - name: HOST
              valueFrom:
                fieldRef:
                  fieldPath: status.hostIP
          resources:
            requests: { cpu: 100m, memory: 64Mi }
            limits: { cpu: "1", memory: 128Mi }
          readinessProbe:
            httpGet: { path: /ready, port: http }
            periodSeconds: 5
`
}

/** @param {number} at */
function service(at) {
  return `apiVersion: v1
kind: Service
metadata:
  name: app-${at}
  labels:
    app: app-${at}
spec:
  type: ClusterIP
  selector:
    app: app-${at}
  ports:
    - name: http
      port: 80
      targetPort: http
    # for the scraper
    - name: metrics
      port: 9090
      targetPort: 9090
`
}

/** @param {number} at */
function configMap(at) {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-${at}
  annotations:
    example.com/owner: team-${at % 7}
data:
  mode: "on"
  retries: '${at % 10}'
  settings.ini: |
    [main]
    threads = ${at % 16}
    path = /var/lib/app-${at}

    [log]
    level = info
`
}
