// npm's solc behind the part of the native command line that brownie, forge, slither and halmos use:
// --version, and --standard-json on standard input with --base-path, --include-path and --allow-paths.
"use strict";
const fs = require("fs");
const path = require("path");

const options = { base: process.cwd(), include: [], allow: [] };
let standardJson = false;
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (arg === "--version") {
    console.log(require("solc").version());
    process.exit(0);
  } else if (arg === "--standard-json") standardJson = true;
  else if (arg === "--base-path") options.base = path.resolve(args.shift());
  else if (arg === "--include-path") options.include.push(path.resolve(args.shift()));
  else if (arg === "--allow-paths") options.allow.push(...args.shift().split(",").filter(Boolean).map((p) => path.resolve(p)));
  else if (arg !== "-") {
    console.error(`unrecognised option '${arg}'`);
    process.exit(1);
  }
}
if (!standardJson) {
  console.error("only --standard-json is offered here");
  process.exit(1);
}

const roots = [options.base, ...options.include];
const allowed = [...roots, ...options.allow].filter(fs.existsSync).map((p) => fs.realpathSync(p));

function read(name) {
  for (const root of path.isAbsolute(name) ? ["/"] : roots) {
    const file = path.resolve(root, name);
    if (!fs.existsSync(file)) continue;
    const real = fs.realpathSync(file);
    if (allowed.some((folder) => real === folder || real.startsWith(folder + path.sep)))
      return { contents: fs.readFileSync(real, "utf8") };
    return { error: `File outside of allowed directories: ${name}` };
  }
  return { error: `File not found: ${name}` };
}

const input = fs.readFileSync(0, "utf8");
const output = require("solc").compile(input, { import: read });
// Written with the synchronous call: process.exit would cut what a pipe has not taken yet.
for (let rest = Buffer.from(output + "\n"); rest.length > 0; ) {
  try {
    rest = rest.subarray(fs.writeSync(1, rest));
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
