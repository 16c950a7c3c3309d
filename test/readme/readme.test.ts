import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBlocks, root, withQuotes } from './quotes.js'

const readme = readFileSync(`${root}/README.md`, 'utf8')
const pages = readdirSync(`${root}/docs`).map((name) => `docs/${name}`)
const texts = new Map(['README.md', ...pages].map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')]))
const blocks = [...texts.values()].flatMap(readBlocks)

describe('the README and the pages it links to', () => {
  it('quotes the examples as they are', () => {
    // UPDATE_README=1 npx vitest run test/readme writes the quotes anew.
    if (process.env.UPDATE_README === '1') writeFileSync(`${root}/README.md`, withQuotes(readme))
    else expect(withQuotes(readme)).toBe(readme)
  })

  it('shows code that compiles against the package as it is built', () => {
    const code = blocks.filter(({ language, quotes }) => language === 'ts' && quotes === undefined)
    expect(code.length).toBeGreaterThan(10)
    const folder = `${root}/build/readme`
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [at, { text }] of code.entries())
      writeFileSync(`${folder}/block-${at}.ts`, `${text}\nexport {}\n`)
    const options = {
      extends: '../../tsconfig.base.json',
      compilerOptions: { composite: false, noEmit: true },
    }
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ ...options, include: ['*.ts'] }))
    expect(compile(folder)).toBe('')
  })

  it('links only to files that are there', () => {
    const targets = [...texts].flatMap(([path, text]) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map((match) =>
        join(dirname(path), match[1] ?? ''),
      ),
    )
    expect(targets.length).toBeGreaterThan(10)
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([])
  })

  it('names every refusal code and every option', () => {
    const codes = namesIn('src/decision.ts', /export interface RefusalContexts \{([\s\S]*?)\n\}/)
    const options = namesIn('src/options.ts', /export interface GateOptions[^{]*\{([\s\S]*?)\n\}/)
    expect(codes).toHaveLength(34)
    expect([...codes, ...options].filter((name) => !readme.includes(`\`${name}`))).toEqual([])
  })
})

function compile(project: string): string {
  try {
    execFileSync(`${root}/node_modules/.bin/tsc`, ['-p', project], { encoding: 'utf8', stdio: 'pipe' })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

/** The members of an interface, by the two spaces that they alone are indented with. */
function namesIn(path: string, pattern: RegExp): string[] {
  const body = pattern.exec(readFileSync(`${root}/${path}`, 'utf8'))?.[1] ?? ''
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map((match) => match[1] ?? '')
}
