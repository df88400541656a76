/** The pages of `docs/guides` that messages name. */
export const GUIDE_PAGES = ['guard-order', 'interceptor-order', 'responses'] as const;

/** A page of `docs/guides` that a message names. */
export type GuidePage = (typeof GUIDE_PAGES)[number];

/**
 * Names the page that explains a message, for readers who have the package but not the repository.
 *
 * @returns for `guard-order`: `docs/guides/guard-order.md in the nestjs-opa repository`
 */
export const guidePage = (page: GuidePage): string => `docs/guides/${page}.md in the nestjs-opa repository`;
