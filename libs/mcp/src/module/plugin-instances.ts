import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { OpaService } from 'nestjs-opa';
import { createInstance } from 'nestjs-opa/internal';
import type { EntryPlugin } from '../contextforge/plugins.js';
import type { DecidingPlugin } from '../contextforge/matching-entries.js';

type Instance = Awaited<ReturnType<typeof createInstance>>;

/** The instances of OpaModule that decide for plugins whose file says more than the application's own options. */
@Injectable()
export class PluginInstances implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly instances = new Map<string, Instance>();

  /** Their services by name: the server, the plugin's place in the file, and its name. */
  get services(): ReadonlyMap<string, OpaService> {
    return new Map([...this.instances].map(([name, { service }]) => [name, service]));
  }

  /**
   * Gives each plugin the service that decides for it.
   *
   * @param own - the application's, for plugins whose file adds nothing to its options
   * @throws OpaError `OPA_BAD_OPTIONS` as OpaModule does
   */
  async serve(plugins: readonly EntryPlugin[], own: OpaService): Promise<DecidingPlugin[]> {
    const deciding: DecidingPlugin[] = [];
    for (const { plugin, instance: name, options } of plugins) {
      if (name === undefined) deciding.push({ plugin, opa: own });
      else {
        const instance = await createInstance(options, name);
        this.instances.set(name, instance);
        deciding.push({ plugin, opa: instance.service });
      }
    }
    return deciding;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.each(({ runtime }) => runtime.onApplicationBootstrap());
  }

  async onModuleDestroy(): Promise<void> {
    await this.each(({ runtime }) => runtime.onModuleDestroy());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.each(({ runtime }) => runtime.onApplicationShutdown());
  }

  private async each(run: (instance: Instance) => Promise<void>): Promise<void> {
    await Promise.all([...this.instances.values()].map(run));
  }
}
