import type { DynamicModule, Provider } from '@nestjs/common';
import { getOpaToken, OpaModule } from 'nestjs-opa';
import type { OpaModuleOptions, OpaService } from 'nestjs-opa';
import type { GatewayConfig } from '../config/index.js';
import type { Plugins } from 'nestjs-opa-mcp/internal';
import { OpaInstances } from 'nestjs-opa-mcp/internal';

/** The modules of a gateway's instances, and the provider of {@link OpaInstances}. */
export function instancesOf(
  { upstreams, mcp, admin }: GatewayConfig,
  opa: OpaModuleOptions,
  { entries }: Plugins,
): { modules: DynamicModule[]; provider: Provider } {
  const plugins = [...entries.values()].flat();
  const names = plugins.flatMap(({ instance }) => instance ?? []);
  const decides = upstreams.length + mcp.length > entries.size || plugins.length > names.length;
  const named = plugins.map(({ instance, options }) =>
    // Its policies are in its file, and the gateway's own needn't be where it asks.
    instance === undefined ? [] : [OpaModule.forRoot({ ...options, verifyPolicies: false, name: instance })],
  );
  return {
    modules: [OpaModule.forRoot(decides || admin !== undefined ? opa : idle(opa)), ...named.flat()],
    provider: {
      provide: OpaInstances,
      useFactory: (own: OpaService, ...services: OpaService[]) => {
        const byName = new Map(services.map((service, index) => [names[index] ?? '', service]));
        return new OpaInstances(own, byName, decides ? [own, ...services] : services);
      },
      inject: [undefined, ...names].map((name) => getOpaToken(name)),
    },
  };
}

/** The options of an instance that nobody asks, and that need not find an OPA therefore. */
function idle(opa: OpaModuleOptions): OpaModuleOptions {
  return { ...opa, ready: false, warmup: false, verifyPolicies: false };
}
