import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced block of the README, and the file that it quotes where a comment above it names one. */
export interface Block {
  readonly language: string
  readonly text: string
  readonly quotes: string | undefined
}

const FENCE = /(?:<!-- (\S+) -->\n)?```(\w*)\n([\s\S]*?)```/g

export function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(FENCE)].map(([, quotes, language = '', text = '']) => ({
    language,
    text,
    quotes,
  }))
}

/** The README with every quoted block replaced by the file it quotes. */
export function withQuotes(markdown: string): string {
  return markdown.replace(FENCE, (block, quotes: string | undefined, language: string) =>
    quotes?.endsWith('.ts')
      ? `<!-- ${quotes} -->\n\`\`\`${language}\n${readFileSync(`${root}/${quotes}`, 'utf8')}\`\`\``
      : block,
  )
}
