/** Names of authorization servers. */

/** As written, but for the one slash that parsers of URLs add and take away. */
export const sameIssuer = (a: string, b: string): boolean => canonical(a) === canonical(b);

const canonical = (issuer: string): string => (URL.canParse(issuer) ? new URL(issuer).href : issuer).replace(/\/$/, '');

/** What a message may say of an address. */
export const hostIn = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'something else');

export const sameOrigin = (a: string, b: string): boolean =>
  URL.canParse(a) && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
