import { readMcc } from './mcc.js'
import { foldMerchant } from './merchant.js'
import { CURRENCY_PROBLEM, isCurrency, isMint, MINT_PROBLEM } from './money.js'
import type { DraftAsset, DraftEntry, DraftRule } from './policy-document-draft.js'
import type { DocumentReader } from './policy-document-reader.js'

type ReadEntry = (reader: DocumentReader, value: unknown, path: string) => DraftEntry | undefined

/** Reads `currencies`. */
export function readCurrencies(reader: DocumentReader, value: unknown): readonly DraftAsset[] | undefined {
  const read = (entry: unknown, path: string) =>
    isCurrency(entry) ? { path, asset: entry } : reader.note(path, CURRENCY_PROBLEM)
  const found = reader.distinct(value, 'currencies', read, ({ asset }) => asset)
  noteEmpty(reader, value, 'currencies')
  return found
}

/** Reads `mints`. */
export function readMints(reader: DocumentReader, value: unknown): readonly DraftAsset[] | undefined {
  const read = (entry: unknown, path: string) =>
    isMint(entry) ? { path, asset: `mint:${entry}` } : reader.note(path, MINT_PROBLEM)
  const found = reader.distinct(value, 'mints', read, ({ asset }) => asset)
  noteEmpty(reader, value, 'mints')
  return found
}

/** Reads `merchants`. */
export function readMerchants(reader: DocumentReader, value: unknown): DraftRule | undefined {
  return readRule(reader, value, 'merchants', readMerchant)
}

/** Reads `mccs`. */
export function readMccs(reader: DocumentReader, value: unknown): DraftRule | undefined {
  return readRule(reader, value, 'mccs', readCode)
}

function readRule(
  reader: DocumentReader,
  value: unknown,
  path: string,
  readEntry: ReadEntry,
): DraftRule | undefined {
  const members = reader.members(value, path, ['allow', 'deny'])
  if (members === undefined) return undefined
  const readList = (list: unknown, listPath: string) =>
    reader.distinct(
      list,
      listPath,
      (entry, at) => readEntry(reader, entry, at),
      ({ key }) => key,
    )
  const { allow, deny } = members
  noteEmpty(reader, allow, `${path}.allow`)
  return {
    allow: allow === undefined ? undefined : readList(allow, `${path}.allow`),
    deny: (deny === undefined ? undefined : readList(deny, `${path}.deny`)) ?? [],
  }
}

function readMerchant(reader: DocumentReader, value: unknown, path: string): DraftEntry | undefined {
  const text = reader.text(value, path)
  if (text === undefined) return undefined
  const key = foldMerchant(text)
  return key === '' ? reader.note(path, 'must be a name that can be seen') : { path, key, text }
}

function readCode(reader: DocumentReader, value: unknown, path: string): DraftEntry | undefined {
  const code = readMcc(value)
  if (code === undefined) {
    return reader.note(path, 'must be a merchant category code: at most four digits, 0 to 9999')
  }
  return { path, key: code, text: code }
}

// It would allow nothing, and was hardly meant so.
function noteEmpty(reader: DocumentReader, value: unknown, path: string): void {
  if (Array.isArray(value) && value.length === 0) {
    reader.note(path, 'must not be empty: leave it out where everything is allowed')
  }
}
