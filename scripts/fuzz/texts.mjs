// @ts-check
// Small texts that use what the examples do not.

/** @type {{'skaffold.yaml': string[], manifest: string[], Dockerfile: string[], compose: string[], init: string[], kubeconfig: string[], settings: string[]}} */
export const texts = {
  'skaffold.yaml': [
    `apiVersion: skaffold/v4beta14
kind: Config
metadata: {name: a}
build:
  artifacts:
    - image: app
      context: "{{.DIR}}"
      docker: {dockerfile: Dockerfile, buildArgs: {A: "{{.B | default \\"c\\"}}"}}
      sync: {manual: [{src: "**/*.js", dest: ., strip: src}]}
      requires: [{image: base, alias: BASE}]
    - image: base
      custom: {buildCommand: ./build.sh, dependencies: {paths: ["**"], ignore: [x]}}
  tagPolicy: {customTemplate: {template: "{{.A}}-{{.B}}", components: [{name: A, gitCommit: {variant: Tags}}, {name: B, dateTime: {format: "2006", timezone: UTC}}]}}
  platforms: [linux/amd64, linux/arm64]
test: [{image: app, structureTests: [t.yaml], custom: [{command: echo, timeoutSeconds: 3}]}]
manifests: {rawYaml: ["k8s/*.yaml"], kustomize: {paths: [.]}, helm: {releases: [{name: r, chartPath: c, setValues: {a.b: 1}, setValueTemplates: {i: "{{.IMAGE_REPO}}"}}]}}
deploy: {kubectl: {flags: {apply: [--x]}}, statusCheckDeadlineSeconds: 60}
portForward: [{resourceType: service, resourceName: "{{.N}}", port: http, localPort: 8080}]
resourceSelector: {allow: [{groupKind: "A.b/*", image: [".spec.image"]}]}
verify: [{name: v, container: {name: c, image: i, env: [{name: A, value: b}]}, executionMode: {local: {}}}]
customActions: [{name: a, containers: [{name: c, image: i}], executionMode: {kubernetesCluster: {}}}]
profiles:
  - name: p
    activation: [{env: A=b, kubeContext: "!minikube", command: dev}]
    requiresAllActivations: true
    build: {local: {push: false, concurrency: 0}}
    patches: [{op: replace, path: /build/artifacts/image=app/context, value: x}, {op: remove, path: /deploy}]
`,
    `apiVersion: skaffold/v2beta29
kind: Config
requires: [{path: ../x, configs: [c], activeProfiles: [{name: p, activatedBy: [q]}]}, {git: {repo: "https://example.test/r", ref: main}}]
build: {artifacts: [{image: a, buildpacks: {builder: b, env: [A=b]}}, {image: k, kaniko: {cache: {ttl: 1h}}}], cluster: {namespace: n}}
deploy: {helm: {releases: [{name: r, chartPath: c, artifactOverrides: {image: a}, imageStrategy: {helm: {explicitRegistry: true}}}]}, kustomize: {paths: [x]}}
---
apiVersion: skaffold/v1beta6
kind: Config
build: {kaniko: {buildContext: {localDir: {}}}, artifacts: [{image: b, bazel: {target: "//:x.tar"}}]}
profiles: [{name: p, patches: [{path: /build/artifacts/0/image, value: z}]}]
`,
    'apiVersion: skaffold/v1alpha1\nkind: Config\nbuild:\n  artifacts:\n  - imageName: a\n    workspace: .\n    dockerfilePath: D\n  tagPolicy: sha256\ndeploy:\n  kubectl:\n    manifests:\n    - paths: [a.yaml]\n',
    '.x: &x {image: a}\napiVersion: skaffold/v4beta14\nkind: Config\nbuild:\n  artifacts:\n    - <<: *x\n      context: c\n    - !!map {image: !!str 1}\n',
  ],
  manifest: [
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {a: "1"}} # comment
spec:
  template:
    spec:
      initContainers: [{name: i, image: "init:1"}]
      containers:
        - name: c
          image: >-
            web:v1
          args: |
            a
             b
      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64]}]}]}}}
---
apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i@sha256:abc}]}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: j, namespace: n}
spec: {jobTemplate: {spec: {template: {spec: {nodeSelector: {kubernetes.io/arch: arm64}, containers: [{name: c, image: i}]}}}}}
`,
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}\n',
    'apiVersion: x.io/v1\nkind: Custom\nmetadata: &m\n  name: a # from-param: ${name}\nspec: &s\n  image: b\n  again: *s2\n',
  ],
  Dockerfile: [
    `# syntax=docker/dockerfile:1
# escape=\\
ARG BASE=alpine:3
FROM --platform=$BUILDPLATFORM \${BASE:-x} AS build
ARG TARGETARCH TARGETOS=linux
ENV A=b C="d e" F=\${A:+x}\\
 G=h
WORKDIR /src
COPY --chown=1:2 --chmod=755 --link a* ["b c", "/d/"]
RUN --mount=type=cache,target=/x --network=none go build \\
    # comment
    -o /out .
COPY <<EOF /x
hello $A
EOF
FROM scratch
COPY --from=build /out /app
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.test/x /y
HEALTHCHECK --interval=5s --retries=3 CMD ["x"]
EXPOSE 80/tcp 90-92
LABEL a=b "c d"=e
USER 1000:1000
VOLUME ["/v"]
STOPSIGNAL 15
SHELL ["/bin/sh", "-c"]
ONBUILD COPY . .
ENTRYPOINT ["/app"]
CMD a b
`,
  ],
  compose: [
    'services:\n  web:\n    build: {context: ./web, dockerfile: D}\n    image: web:1\n    ports: ["80:8080", {target: 9}]\n    environment: [A=b]\n    command: run "a b"\n  db:\n    image: postgres\n    environment: {X: 1, Y: null}\n    expose: [5432]\n    volumes: [a:/b]\n',
  ],
  init: [
    '{"name": "x", "scripts": {"start": "node ."}, "dependencies": {"a": "1"}}\n',
    '<project><modules><module>a</module></modules><build><plugin><artifactId>jib-maven-plugin</artifactId><to><image>x/y</image></to></plugin></build></project>\n',
    "plugins { id 'com.google.cloud.tools.jib' version '3.2.0' }\njib { to { image = 'a/b' } }\n",
    'FROM x\nEXPOSE 80\n',
    'resources:\n  - deployment.yaml\n  - ../base\n',
  ],
  kubeconfig: [
    `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: k, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: QQ==, insecure-skip-tls-verify: false, proxy-url: "http://p"}}]
users:
  - name: u
    user: {token: t, client-certificate-data: QQ==, client-key-data: QQ==, username: a, password: b}
  - name: e
    user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [a], env: [{name: A, value: b}], interactiveMode: Never}}
contexts: [{name: c, context: {cluster: k, user: u, namespace: n}}, {name: d, context: {cluster: k, user: e}}]
`,
  ],
  settings: [
    'global: {default-repo: r, insecure-registries: [a], survey: {disable-prompt: true}, update-check: false}\nkubeContexts:\n  - kube-context: minikube\n    local-cluster: true\n    multi-level-repo: true\n    kind-disable-load: false\n',
    'allow:\n  - groupKind: "A.b/*"\n    image: [".spec.image"]\n    labels: [".metadata.labels"]\ndeny: []\n',
  ],
}

export const templates = [
  '{{.A}}-{{$.B | default "x" | upper | quote}}',
  '{{range $i, $e := splitList "," .L}}{{if $i}};{{end}}{{$e}}{{else}}none{{end}}',
  '{{with $x := dict "a" (list 1 2.5 "c") "b" nil}}{{$x.a}}{{index $x "a" 1}}{{toJson $x}}{{end}}',
  '{{- if and (eq .A "a") (not (empty .B)) -}} yes {{- else if or .C (gt 1 2) }} maybe {{ end -}}',
  '{{printf "%-5s|%05d|%+v|%x|%q|%T|%8.3f|%U" .A 3 (list 1) "hi" "q" 1 2.5 65}}',
  '{{regexReplaceAll "(a+)(?P<n>b)" .A "${2}$1"}}{{regexFindAll "[a-z]+" .A -1}}{{semver "1.2.3-rc.1+b" | toString}}',
  '{{define "t"}}[{{.}}]{{end}}{{template "t" .A}}{{block "u" .B}}{{.}}{{end}}',
  '{{now | date "2006-01-02"}}{{dateInZone "15:04" now "UTC"}}{{"3h" | duration}}{{ago now}}',
  '{{$m := dict}}{{$_ := set $m "k" (list 3 1 2 | sortAlpha)}}{{range untilStep 0 9 3}}{{if eq . 6}}{{break}}{{end}}{{.}}{{end}}{{$m.k}}',
  '{{substr 0 3 .A}}{{trunc -2 .B}}{{wrap 3 .L}}{{b64enc .A | b64dec}}{{sha256sum .A}}{{repeat 3 .A}}{{seq 1 2 9}}{{/* c */}}',
]
