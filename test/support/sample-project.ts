import { tinyElf, type TinyArchitecture } from './tiny-elf.ts'

/** What to put into the sample, beside its defaults. */
export interface SampleOptions {
  readonly architectures?: readonly TinyArchitecture[]
  readonly apiVersion?: string
}

/** What the sample's program prints on a platform. */
export function sampleMessage(architecture: string): string {
  return `Hello world! Running on linux/${architecture}`
}

/**
 * The sample of Skaffold's guide for ARM workloads: one artifact `skaffold-example`, one Pod `getting-started`. Its
 * program is a tiny static one that prints a line and waits.
 */
export function sampleProject({ architectures, apiVersion }: SampleOptions = {}): Readonly<
  Record<string, string | Buffer>
> {
  const programs = (architectures ?? ['amd64', 'arm64']).map((architecture) => [
    `bin/hello-${architecture}`,
    tinyElf({ architecture, message: sampleMessage(architecture), afterwards: 'sleep' }),
  ])
  return {
    ...Object.fromEntries(programs),
    Dockerfile: `FROM scratch
ARG TARGETARCH
COPY --chmod=755 bin/hello-\${TARGETARCH} /hello
COPY greeting.txt /greeting.txt
ENTRYPOINT ["/hello"]
`,
    'greeting.txt': 'Hello world!\n',
    'skaffold.yaml': `apiVersion: ${apiVersion ?? 'skaffold/v4beta13'}
kind: Config
build:
  artifacts:
    - image: skaffold-example
manifests:
  rawYaml:
    - k8s-pod.yaml
`,
    'k8s-pod.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: getting-started
spec:
  containers:
    - name: getting-started
      image: skaffold-example
`,
  }
}
