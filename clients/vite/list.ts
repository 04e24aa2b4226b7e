import type { Plugin } from "vite";

/**
 * Adds `list.rs` to the build: an expression with the name and the bytes of every file, by which
 * the binary embeds them.
 */
export function listForRust(project: string): Plugin {
  const names = new Set<string>();
  return {
    name: "list-for-rust",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const name of Object.keys(bundle)) names.add(name);
        for (const name of PUBLIC) names.add(name);
        this.emitFile({ type: "asset", fileName: "list.rs", source: list(project, [...names].sort()) });
      },
    },
  };
}

/** What Vite copies from `public/` without asking plugins. */
const PUBLIC = ["favicon.svg"];

function list(project: string, names: readonly string[]): string {
  const lines = names.map((name) => `    ("${name}", include_bytes!("${name}")),\n`);
  return `// Made by \`npm run build\` in clients/${project}.\n&[\n${lines.join("")}]\n`;
}
