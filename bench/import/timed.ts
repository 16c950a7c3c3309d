/** How long importing what the command line names takes, one after another, in milliseconds. */
const startedAt = performance.now()
for (const name of process.argv.slice(2)) await import(name)
console.log(performance.now() - startedAt)

export {}
