/**
 * Proves that the tests catch the bugs they are for: each mutant is put into a copy of the project, and some test must
 * fail on it. `npm run mutants`, or `npm run mutants -- slot` for those with that word in their name.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { credentialMutants } from './credential-mutants.js'
import { type Mutant, mutants } from './mutants.js'
import { speedMutants } from './speed-mutants.js'
import { spendMutants } from './spend-mutants.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const COPIED = [
  'src',
  'adapters',
  'examples',
  'test',
  'package.json',
  'vitest.config.ts',
  'tsconfig.base.json',
]

interface Verdict {
  readonly caught: boolean
  readonly by: string
  /** Whether all went well: a worker that dies fails no test. */
  readonly passed: boolean
}

function copyProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-mutants-'))
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

function runTests(copy: string, tests: readonly string[]): Verdict {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', ...tests, '--bail', '1', '--reporter', 'json', '--outputFile', report]
  const env = { ...process.env, SALLYPORT_TEST_SERVERS: 'none' }
  const { status } = spawnSync(process.execPath, args, { cwd: copy, stdio: 'ignore', env })
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: TestFile[] }
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  )
  // A mutant that does not even load proves nothing: only a test that ran and failed counts.
  const ran = testResults.some(({ assertionResults }) => assertionResults.length > 0)
  const by = failed[0]?.fullName ?? (ran ? 'no test' : 'no test ran')
  return { caught: failed.length > 0, by, passed: status === 0 }
}

interface TestFile {
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
}

function judge(copy: string, { file, find, replace, tests }: Mutant): Verdict {
  const path = join(copy, file)
  const sound = readFileSync(path, 'utf8')
  if (sound.split(find).length !== 2) {
    return { caught: false, by: `the change no longer fits ${file}`, passed: false }
  }
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  )
  try {
    return runTests(copy, tests)
  } finally {
    writeFileSync(path, sound)
  }
}

const wanted = process.argv[2] ?? ''
const all = [...mutants, ...credentialMutants, ...speedMutants, ...spendMutants]
const chosen = all.filter(({ name }) => name.includes(wanted))
if (chosen.length === 0) throw new Error(`no mutant has "${wanted}" in its name`)
const copy = copyProject()
let missed = 0
try {
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))]
  const sound = runTests(copy, tests)
  if (!sound.passed || sound.by !== 'no test') {
    const by = sound.caught ? sound.by : 'vitest did not end well, as where a worker dies'
    throw new Error(`the tests fail without any mutant: ${by}`)
  }
  for (const mutant of chosen) {
    const { caught, by } = judge(copy, mutant)
    if (!caught) missed++
    console.log(`${caught ? 'caught' : 'MISSED'}  ${mutant.name}\n        ${by}`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
console.log(`\n${chosen.length - missed} of ${chosen.length} mutants are caught.`)
process.exitCode = missed === 0 && chosen.length > 0 ? 0 : 1
