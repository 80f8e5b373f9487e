// Imports what its argument names, says how many milliseconds that took, and ends.
const start = performance.now();
await import(process.argv[2]);
console.log(performance.now() - start);
process.exit();
