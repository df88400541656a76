import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/index.js';
import { TrustedProxies } from '../../src/http/trusted-proxies.js';
import {
  DEPLOY,
  document,
  documents,
  environment,
  instructions,
  readText,
  specOf,
} from './support/manifests.js';
import type {
  Compose,
  ComposeService,
  Container,
  Deployment,
  Kustomization,
  OpaConfig,
  Pod,
  Service,
} from './support/manifests.js';

const ROOT = resolve(DEPLOY, '..');
const loaded = () => loadConfig(join(DEPLOY, 'config/gateway.yaml'), environment());

const deployment = (name: string) => specOf('Deployment', name) as Deployment;
const service = (name: string) => specOf('Service', name) as Service;
const pods = { gateway: deployment('gateway').template.spec, bundles: deployment('bundles').template.spec };
const containers = Object.entries(pods).flatMap(([name, pod]) =>
  [...(pod.initContainers ?? []), ...pod.containers].map((one): [string, Container, Pod] => [
    `${name}/${one.name}`,
    one,
    pod,
  ]),
);
const [gateway] = pods.gateway.containers;
const opa = pods.gateway.initContainers?.[0];
const { services: composed, networks } = document('compose.yaml') as Compose;
const kustomization = document('kustomization.yaml') as Kustomization;

describe('the configuration file of the gateway', () => {
  it('loads with its environment variables, and fails without them', async () => {
    const { listen, opa: options, auth, redis, upstreams } = await loaded();
    expect(listen).toMatchObject({
      host: '0.0.0.0',
      publicUrl: 'https://gateway.example',
      trustProxy: ['10.0.0.0/8'],
    });
    expect(redis).toEqual({ url: 'redis://redis:6379' });
    expect(options).toEqual({ url: 'http://127.0.0.1:8181' });
    expect(auth).toMatchObject({ issuer: 'https://issuer.example', audience: ['gateway'], anonymous: false });
    expect(upstreams.map(({ url }) => url)).toEqual(['http://orders:8080']);
    for (const name of Object.keys(environment())) {
      const without = { ...environment(), [name]: '' };
      await expect(loadConfig(join(DEPLOY, 'config/gateway.yaml'), without)).rejects.toThrow(name);
    }
  });

  it('is mounted with its environment, and the key comes from a secret', () => {
    expect(gateway.env).toEqual([
      { name: 'GATEWAY_CONFIG', value: '/config/gateway.yaml' },
      {
        name: 'GATEWAY_SESSION_KEY',
        valueFrom: { secretKeyRef: { name: 'gateway', key: 'session-key' } },
      },
    ]);
    expect(gateway.envFrom).toEqual([{ configMapRef: { name: 'gateway-env' } }]);
    expect(composed['gateway']).toMatchObject({
      env_file: 'config/gateway.env',
      environment: {
        GATEWAY_CONFIG: '/config/gateway.yaml',
        GATEWAY_SESSION_KEY: expect.stringMatching(/^\$\{GATEWAY_SESSION_KEY:\?/),
      },
      volumes: ['./config:/config:ro'],
    });
  });
});

describe('the kustomization', () => {
  it('lists every manifest, and the files that the pods mount', () => {
    for (const file of kustomization.resources) expect(documents(file).length).toBeGreaterThan(0);
    const generated = kustomization.configMapGenerator;
    expect(generated.map(({ name }) => name)).toEqual(['gateway-config', 'gateway-env']);
    for (const file of generated.flatMap(({ files = [], envs = [] }) => [...files, ...envs])) {
      expect([file, existsSync(join(DEPLOY, file))]).toEqual([file, true]);
    }
    expect(pods.gateway.volumes).toEqual([{ name: 'config', configMap: { name: 'gateway-config' } }]);
  });

  it('names an image for every container that is built here', () => {
    const stages = instructions().filter(({ name }) => name === 'FROM');
    for (const { name, newTag } of kustomization.images) {
      const stage = name.replace('nestjs-opa-', '');
      expect(stages.map((one) => one.stage)).toContain(stage);
      expect(composed[stage]).toMatchObject({
        image: `${name}:${newTag}`,
        build: { context: '..', dockerfile: 'deploy/Containerfile', target: stage },
      });
    }
    expect(kustomization.images.map(({ name }) => name)).toEqual([
      gateway.image,
      pods.bundles.containers[0].image,
    ]);
    expect(opa?.image).toBe('openpolicyagent/opa:1.22.2-static');
    expect(composed['opa']?.image).toBe(opa?.image);
    expect(stages.map(({ words }) => words[0])).toContain(opa?.image);
  });
});

describe('the containers', () => {
  it.each(containers)(
    'in %s run without root, capabilities or a writable root file system',
    (_name, one, pod) => {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      expect(one.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(one.resources.limits.memory).toMatch(/^\d+Mi$/);
    },
  );

  it.each(Object.entries<ComposeService>(composed))(
    'in compose run without root, capabilities or a writable root file system: %s',
    (_name, one) => {
      expect(Number(one.user)).toBeGreaterThan(0);
      expect(one).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    },
  );

  it.each(containers)('in %s are probed at a port that they have', (_name, one) => {
    const probes = [one.startupProbe, one.readinessProbe, one.livenessProbe].filter(
      (probe) => probe !== undefined,
    );
    expect(probes.length).toBeGreaterThan(1);
    for (const { httpGet } of probes) expect(one.ports.map(({ name }) => name)).toContain(httpGet.port);
  });

  it.each(['gateway', 'bundles'] as const)('named %s are what their service points to', (name) => {
    const { selector, ports } = service(name);
    expect(deployment(name).template.metadata.labels).toEqual(selector);
    expect(deployment(name).selector.matchLabels).toEqual(selector);
    expect(pods[name].containers[0].ports.map((port) => port.name)).toContain(ports[0].targetPort);
  });

  it('of the gateway have the port, probes and grace period of the gateway', async () => {
    const { port } = (await loaded()).listen;
    expect(gateway.ports).toEqual([{ name: 'http', containerPort: port }]);
    expect(gateway.readinessProbe?.httpGet.path).toBe('/health/ready');
    expect(gateway.livenessProbe?.httpGet.path).toBe('/health/live');
    expect(composed['nginx']?.environment?.['GATEWAY']).toBe(`gateway:${port}`);
    expect(composed['gateway']?.healthcheck?.test.at(-1)).toContain(`:${port}/health/ready`);
    // Decisions under way get 5 s (opa.shutdownTimeout), answers 10 s (Drain).
    const grace = pods.gateway.terminationGracePeriodSeconds ?? 0;
    expect(grace).toBeGreaterThan((gateway.lifecycle?.preStop.sleep.seconds ?? Infinity) + 5 + 10);
    expect(composed['gateway']).toMatchObject({ stop_grace_period: `${grace}s` });
  });

  it('of the gateway stay partly available while nodes are drained', () => {
    const budget = specOf('PodDisruptionBudget', 'gateway') as { minAvailable: number; selector: object };
    expect(deployment('gateway').replicas).toBeGreaterThan(budget.minAvailable);
    expect(budget.selector).toEqual(deployment('gateway').selector);
  });

  it('beside the gateway include an OPA, at the address that the gateway queries', async () => {
    const { url } = (await loaded()).opa;
    expect(opa?.restartPolicy).toBe('Always');
    for (const args of [opa?.args, composed['opa']?.command]) {
      expect(args).toContain(`--addr=${String(url).replace('http://', '')}`);
      expect(args).toContain('--config-file=/config/opa.yaml');
    }
    expect(composed['opa']).toMatchObject({
      network_mode: 'service:gateway',
      volumes: ['./config:/config:ro'],
    });
  });
});

describe('in compose', () => {
  it('nginx fills in its template, and is the only service that clients reach', () => {
    const variables = [...readText('nginx/gateway.conf.template').matchAll(/\$\{([A-Z_]+)\}/g)];
    const nginx = composed['nginx'];
    expect(Object.keys(nginx?.environment ?? {}).sort()).toEqual(
      [...new Set(variables.map(([, name = '']) => name))].sort(),
    );
    const { LISTEN: port = '' } = nginx?.environment ?? {};
    expect(Object.entries(composed).filter(([, { ports }]) => ports !== undefined)).toEqual([
      ['nginx', expect.objectContaining({ ports: [`127.0.0.1:${port}:${port}`] })],
    ]);
  });

  it("the gateway trusts nginx's address, and has nginx's URL as public URL", async () => {
    const env = { ...environment(), ...composed['gateway']?.environment };
    const { listen, redis } = await loadConfig(join(DEPLOY, 'config/gateway.yaml'), env);
    const { LISTEN: port = '', SERVER_NAME: name = '' } = composed['nginx']?.environment ?? {};
    const address = composed['nginx']?.networks?.default.ipv4_address ?? '';
    expect(listen).toMatchObject({ publicUrl: `https://${name}:${port}`, trustProxy: [address] });
    const [{ subnet }] = networks.default.ipam.config;
    expect(new TrustedProxies([subnet]).has(address)).toBe(true);
    expect(composed).toHaveProperty(new URL(redis?.url ?? '').hostname);
  });
});

describe('the Containerfile', () => {
  it('copies only paths that exist', () => {
    const copied = instructions()
      .filter(({ name, words }) => name === 'COPY' && words[0]?.startsWith('--from=') !== true)
      .flatMap(({ words }) => words.slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('puts the bundle at the path from which OPA loads it', () => {
    const { services, bundles } = document('config/opa.yaml') as OpaConfig;
    expect(bundles.gateway.service).toBe('bundles');
    const { hostname, port, pathname } = new URL(`${services.bundles.url}/${bundles.gateway.resource}`);
    const copied = instructions().find(({ stage, name }) => stage === 'bundles' && name === 'COPY');
    expect(copied?.words.at(-1)).toBe(`/usr/share/nginx/html${pathname}`);
    expect(service(hostname).ports[0].port).toBe(Number(port));
    expect(pods.bundles.containers[0].readinessProbe?.httpGet.path).toBe(pathname);
    expect(composed).toHaveProperty(hostname);
  });
});
