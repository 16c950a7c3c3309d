import { AMOUNT_PROBLEM, readAmount, readAsset } from './money.js'
import type { DraftBudget, DraftLimit, PolicyDraft } from './policy-document-draft.js'
import type { DocumentReader, Members } from './policy-document-reader.js'
import { readWindow } from './policy-document-time.js'

const MONEY = ['amount', 'currency', 'mint']
const MAX_BUDGETS = 50
const MAX_COUNT = 1_000_000_000
const MAX_APPROVAL_SECONDS = 2_592_000

/** How long an approval lasts where the document does not say it. */
export const DEFAULT_APPROVAL_SECONDS = 900

/** Reads amounts, of which each asset has at most one. */
export function readLimits(
  reader: DocumentReader,
  value: unknown,
  path: string,
  readLimit: (amount: unknown) => bigint | undefined = readAmount,
  problem: string = AMOUNT_PROBLEM,
): readonly DraftLimit[] | undefined {
  const read = (entry: unknown, at: string) => {
    const members = reader.members(entry, at, MONEY)
    if (members === undefined) return undefined
    const amount = readLimit(members.amount) ?? reader.note(`${at}.amount`, problem)
    const asset = noteAsset(reader, members, at)
    return amount === undefined || asset === undefined ? undefined : { path: at, amount, asset }
  }
  return reader.distinct(value, path, read, ({ asset }) => asset)
}

/** Reads `budgets` and `counts`. */
export function readBudgets(reader: DocumentReader, { budgets, counts }: Members): readonly DraftBudget[] {
  const found = [budgets, counts].map((list) => (Array.isArray(list) ? list.length : 0))
  const [amountCount = 0, countCount = 0] = found
  if (amountCount + countCount > MAX_BUDGETS) {
    reader.note(countCount > 0 ? 'counts' : 'budgets', `budgets and counts are more than ${MAX_BUDGETS}`)
    return []
  }
  return [
    ...readEach(reader, budgets, 'budgets', readBudget),
    ...readEach(reader, counts, 'counts', readCount),
  ]
}

function readEach<T>(
  reader: DocumentReader,
  value: unknown,
  path: string,
  read: (reader: DocumentReader, entry: unknown, path: string) => T | undefined,
): readonly T[] {
  const list = value === undefined ? [] : (reader.list(value, path) ?? [])
  return list.flatMap((entry, at) => read(reader, entry, `${path}[${at}]`) ?? [])
}

function readBudget(reader: DocumentReader, value: unknown, path: string): DraftBudget | undefined {
  const members = reader.members(value, path, ['name', ...MONEY, 'window'])
  if (members === undefined) return undefined
  const name = reader.text(members.name, `${path}.name`)
  const limit = readAmount(members.amount) ?? reader.note(`${path}.amount`, AMOUNT_PROBLEM)
  const asset = noteAsset(reader, members, path)
  const window = readWindow(reader, members.window, `${path}.window`)
  if (name === undefined || limit === undefined || asset === undefined || window === undefined) {
    return undefined
  }
  return { path, name, kind: 'amount', limit, asset, window }
}

function readCount(reader: DocumentReader, value: unknown, path: string): DraftBudget | undefined {
  const members = reader.members(value, path, ['name', 'count', 'window'])
  if (members === undefined) return undefined
  const name = reader.text(members.name, `${path}.name`)
  const count = reader.whole(members.count, `${path}.count`, 1, MAX_COUNT)
  const window = readWindow(reader, members.window, `${path}.window`)
  if (name === undefined || count === undefined || window === undefined) return undefined
  return { path, name, kind: 'count', limit: BigInt(count), asset: null, window }
}

/** Reads what somebody has to approve. */
export function readApproval(reader: DocumentReader, value: unknown): PolicyDraft['approval'] {
  const members = reader.members(value, 'approval', ['above', 'ttl_seconds'])
  if (members === undefined) return undefined
  const { above, ttl_seconds: ttl = DEFAULT_APPROVAL_SECONDS } = members
  const ttlSeconds = reader.whole(ttl, 'approval.ttl_seconds', 1, MAX_APPROVAL_SECONDS)
  const limits =
    above === undefined
      ? undefined
      : readLimits(reader, above, 'approval.above', readThreshold, THRESHOLD_PROBLEM)
  if (limits?.length === 0 && !reader.hasProblemsIn('approval.above')) {
    reader.note('approval.above', 'must name an amount')
  }
  return { above: limits, ttlSeconds: ttlSeconds ?? DEFAULT_APPROVAL_SECONDS }
}

const THRESHOLD_PROBLEM = `${AMOUNT_PROBLEM}; or 0, so that every spend is asked about`

function readThreshold(amount: unknown): bigint | undefined {
  return amount === 0 || amount === '0' || amount === 0n ? 0n : readAmount(amount)
}

function noteAsset(reader: DocumentReader, members: Members, path: string): string | undefined {
  const asset = readAsset(members)
  return typeof asset === 'string' ? asset : reader.note(`${path}.${asset.path}`, asset.problem)
}
