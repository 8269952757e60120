// Packs the two packages to publish: this one, and one with the native library for this platform.
//
//     node pack.mjs LIBRARY FOLDER     writes two .tgz files into FOLDER and prints their names

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const [library, folder] = process.argv.slice(2).map((path) => resolve(path));
const system = { darwin: "macos" }[process.platform] ?? process.platform;
const name = `aura-users-${system}-${process.arch}`;
const file = system === "macos" ? "libaura_users.dylib" : "libaura_users.so";
const facts = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Packs these files with this package.json. */
function pack(description, files) {
  const staging = mkdtempSync(join(tmpdir(), "aura-users-"));
  try {
    for (const [from, to] of files) cpSync(from, join(staging, to), { recursive: true });
    writeFileSync(join(staging, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
    const command = ["pack", "--silent", "--pack-destination", folder];
    console.log(
      join(folder, execFileSync("npm", command, { cwd: staging, encoding: "utf8" }).trim()),
    );
  } finally {
    rmSync(staging, { recursive: true });
  }
}

mkdirSync(folder, { recursive: true });
const { version, homepage, bugs, repository, license, engines } = facts;
const glibc = process.platform === "linux" ? { libc: ["glibc"] } : {};
pack(
  {
    name,
    version,
    description: `The native library of aura-users for ${system}-${process.arch}`,
    homepage,
    bugs,
    repository,
    license,
    engines,
    os: [process.platform],
    cpu: [process.arch],
    ...glibc,
    files: [file],
  },
  [
    [library, file],
    [join(root, "LICENSE"), "LICENSE"],
  ],
);
// npm installs the optional packages of the user's platform only.
const { devDependencies, scripts, ...published } = facts;
pack(
  { ...published, optionalDependencies: { [name]: version } },
  ["lib", "README.md", "LICENSE"].map((one) => [join(root, one), one]),
);
