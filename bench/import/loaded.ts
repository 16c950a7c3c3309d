/** What `import(process.argv[2])` loads, one URL or path a line. Run with `--import` of what records the modules. */
import { createRequire } from 'node:module'

await import(process.argv[2] ?? '')
for (const path of Object.keys(createRequire(import.meta.url).cache)) console.log(path)
