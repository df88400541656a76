/** Translates the paths of an upstream to the paths that clients use for the upstream. */
export class PublicPath {
  /**
   * @param basePath - the path of the upstream's URL, without a slash at the end
   * @param prefix - the path that stands for the base path at the client, such as `/api/orders`
   */
  constructor(
    readonly basePath: string,
    readonly prefix: string,
  ) {}

  /**
   * The client's path for a path of the upstream, with its query and fragment unchanged.
   *
   * - `/base/1` becomes `/api/orders/1`.
   * - `/api/orders/1` stays: the upstream has used `X-Forwarded-Prefix`.
   * - `/1` becomes `/api/orders/1`: the upstream does not know its own base path.
   */
  of(path: string): string {
    if (this.basePath !== '' && isBelow(path, this.basePath)) {
      return this.prefix + path.slice(this.basePath.length);
    }
    return isBelow(path, this.prefix) ? path : this.prefix + path;
  }
}

/** Whether a path is another path or lies below that path. */
export const isBelow = (path: string, base: string): boolean =>
  path.startsWith(base) && /^([/?#]|$)/.test(path.slice(base.length));
