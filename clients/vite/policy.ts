import type { Plugin } from "vite";

/**
 * What the built pages allow themselves: files of their own server, and rooms wherever these are,
 * for a seat may be on another node. The dev server, which writes styles into pages, does without.
 */
const POLICY = "default-src 'self'; connect-src 'self' ws: wss: http: https:";

/** Writes it into the pages, with `more` that one of them needs. */
export function contentSecurityPolicy(more = ""): Plugin {
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: POLICY + more },
        injectTo: "head-prepend",
      },
    ],
  };
}
