import { test } from 'vitest'
import { FIGMA } from './kit.js'
import { openManagement } from './management-kit.js'
import { monitorEventLoopDelay } from 'node:perf_hooks'
const call = { signal: new AbortController().signal }
test('measure', async () => {
  const site = await openManagement()
  const WIDE = { name: 'wide', per_transaction: [{ amount: 100_000, currency: 'USD' }], budgets: [
   { name: 'm', amount: 1_000_000_000, currency: 'USD', window: { calendar: 'month', time_zone: 'Europe/Berlin' } },
   { name: 'r', amount: 1_000_000_000, currency: 'USD', window: { rolling_seconds: 86400 } },
  ], counts: [{ name: 'd', count: 1000, window: { calendar: 'day', time_zone: 'Europe/Berlin' } }] , mccs: {deny:['7995']}, merchants: { deny: Array.from({length: 1000}, (_, i) => `m${i}`) } }
  const g = await site.grant({ policy: WIDE as never })
  await site.authorize({ ...FIGMA, instrument_id: g.instrument.id })
  const page = await site.store.listDecisions({ accountId: 'acme', mandateId: g.mandateId, limit: 1 }, call)
  const f = page.decisions[0]!
  for (let at = 1; at < 10_000; at++) await site.store.reserve({ id: `x${at}`, atMs: f.atMs + at * 60_000, accountId: 'acme', agentId: f.agentId, mandateId: f.mandateId, outcome: f.outcome, document: f.document }, null, call)
  for (let i = 0; i < 3; i++) {
    const h = monitorEventLoopDelay({ resolution: 1 }); h.enable()
    const t = performance.now(), c = process.cpuUsage()
    const a = await site.post('/v1/simulate', { policy: WIDE, spending_authority_id: g.mandateId, since: '2025-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' })
    const d = process.cpuUsage(c)
    console.log(a.status, 'wall', performance.now() - t, 'cpu', (d.user + d.system) / 1000, 'max block', h.max / 1e6, 'p50', h.percentile(50)/1e6)
    h.disable()
  }
}, 60_000)
