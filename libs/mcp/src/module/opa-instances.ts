import type { OpaService } from 'nestjs-opa';

/** The module instances of a gateway: its own, and those of plugins whose file says more than its options. */
export class OpaInstances {
  /**
   * @param own - the gateway's own
   * @param named - those of plugins, by name
   * @param inUse - those that decide for entries
   */
  constructor(
    private readonly own: OpaService,
    readonly named: ReadonlyMap<string, OpaService>,
    readonly inUse: readonly OpaService[],
  ) {}

  /** The instance of a name; the gateway's own without one. */
  of(name: string | undefined): OpaService {
    if (name === undefined) return this.own;
    const service = this.named.get(name);
    if (service === undefined) throw new Error(`There is no module instance "${name}"`);
    return service;
  }
}
