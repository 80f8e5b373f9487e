// Prints the run's last line: node scripts/summary.mjs VITEST_JSON NATIVE_REPORT EXIT_CODE
import { readFileSync } from 'node:fs';

const [vitest, native, exitCode] = process.argv.slice(2);

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

let passed = 0;
let failed = 0;
const report = read(vitest);
if (report) {
  const result = JSON.parse(report);
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  // A file that could not be loaded has no tests to fail.
  failed += result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
}
for (const line of read(native).split('\n').filter(Boolean)) {
  const [, good, bad] = line.split(' ');
  passed += Number(good);
  failed += Number(bad);
}
// A step that is no test, such as lint, can fail too.
if (exitCode !== '0') failed ||= 1;
console.log(`${passed} passed, ${failed} failed`);
if (exitCode === '0' && (passed === 0 || failed > 0)) process.exitCode = 1;
