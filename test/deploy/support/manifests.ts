import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** The folder of what is tested. */
export const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly envFrom?: readonly object[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly securityContext: object;
}

export interface Pod {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext: { readonly runAsUser: number };
  readonly initContainers?: readonly Container[];
  readonly containers: readonly [Container];
  readonly volumes: readonly object[];
}

/** A Deployment. */
export interface Deployment {
  readonly replicas: number;
  readonly selector: { readonly matchLabels: object };
  readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
}

/** A Service. */
export interface Service {
  readonly selector: object;
  readonly ports: readonly [{ readonly port: number; readonly targetPort: string }];
}

/** `compose.yaml`. */
export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: {
    readonly default: { readonly ipam: { readonly config: readonly [{ readonly subnet: string }] } };
  };
}

export interface ComposeService {
  readonly image: string;
  readonly build?: object;
  readonly user: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string;
  readonly ports?: readonly string[];
  readonly networks?: { readonly default: { readonly ipv4_address: string } };
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** `kustomization.yaml`. */
export interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly {
    readonly name: string;
    readonly files?: readonly string[];
    readonly envs?: readonly string[];
  }[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

/** `config/opa.yaml`. */
export interface OpaConfig {
  readonly services: { readonly bundles: { readonly url: string } };
  readonly bundles: { readonly gateway: { readonly service: string; readonly resource: string } };
}

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

export const readText = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8');

/** Reads a YAML file of the folder, each of its documents; fails on an error or a warning. */
export function documents(file: string): unknown[] {
  return parseAllDocuments(readText(file)).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS() as unknown;
  });
}

/** The first document of a YAML file. */
export const document = (file: string): unknown => documents(file)[0];

/** What the one manifest of a kind and name says. */
export function specOf(kind: string, name: string): unknown {
  const all = ['gateway', 'bundles'].flatMap((file) => documents(`kubernetes/${file}.yaml`) as Named[]);
  const found = all.filter((one) => one.kind === kind && one.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} manifests of ${kind} ${name}`);
  return found[0]?.spec;
}

/** `config/gateway.env`. */
export const environment = (): Record<string, string> =>
  Object.fromEntries(
    readText('config/gateway.env')
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** An instruction of the Containerfile: its stage, its name, and its words, a JSON array's or those of a line. */
export interface Instruction {
  readonly stage: string;
  readonly name: string;
  readonly words: readonly string[];
}

/** The instructions of the Containerfile. */
export function instructions(): Instruction[] {
  let stage = '';
  return readText('Containerfile')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => {
      const [, name = '', rest = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
      const words = rest.startsWith('[') ? (JSON.parse(rest) as string[]) : rest.split(' ');
      if (name === 'FROM') stage = words.at(-1) ?? '';
      return { stage, name, words };
    });
}
