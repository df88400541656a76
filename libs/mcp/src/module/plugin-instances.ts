import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { OpaService } from 'nestjs-opa';
import { createInstance } from 'nestjs-opa/internal';
import type { EntryPlugin } from '../contextforge/plugins.js';
import type { DecidingPlugin } from '../contextforge/matching-entries.js';

type Instance = Awaited<ReturnType<typeof createInstance>>;

/** The instances of OpaModule that decide for plugins whose file adds options to those of the application. */
@Injectable()
export class PluginInstances implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly instances = new Map<string, Instance>();

  /** The service of each instance. The key consists of the server, the plugin's position in the file, and its name. */
  get services(): ReadonlyMap<string, OpaService> {
    return new Map([...this.instances].map(([name, { service }]) => [name, service]));
  }

  /**
   * Pairs each plugin with the service that decides for it.
   *
   * @param applicationService - the application's service, for plugins whose file adds no options
   * @throws OpaError `OPA_BAD_OPTIONS` when the options of a plugin are invalid
   */
  async serve(plugins: readonly EntryPlugin[], applicationService: OpaService): Promise<DecidingPlugin[]> {
    const deciding: DecidingPlugin[] = [];
    for (const { plugin, instance: name, options } of plugins) {
      if (name === undefined) deciding.push({ plugin, opa: applicationService });
      else {
        const instance = await createInstance(options, name, applicationService);
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
