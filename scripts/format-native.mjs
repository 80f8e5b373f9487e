// Formats the C++ sources, or with --check says which of them are not formatted.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = ['native', 'bench/native', 'matrix/programs', 'python/speed']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true }).map((name) =>
      path.join(folder, name),
    ),
  )
  .filter((name) => /\.(cc|h|c)$/.test(name))
  .sort();

// Versions differ in what they make of the same style: 14 is the one in use.
const tool = ['clang-format-14', 'clang-format'].find((name) => {
  const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  return status === 0 && / version 14\./.test(stdout);
});

if (!tool) {
  console.error("clang-format 14 is not installed (Debian's package: clang-format-14)");
  process.exitCode = 1;
} else if (sources.length > 0) {
  const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];
  const { status } = spawnSync(tool, [...mode, ...sources], { cwd: root, stdio: 'inherit' });
  console.log(`${tool}: ${sources.length} files`);
  process.exitCode = status ?? 1;
}
