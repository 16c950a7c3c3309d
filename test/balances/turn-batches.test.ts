import { describe, expect, it } from 'vitest'
import { turnBatches } from '../../src/balances/solana/turn-batches.js'
import { DeadlinePassed } from '../../src/deadline.js'
import type { CallOptions } from '../../src/ports/call-options.js'
import { settled, untilEnded } from '../harness/balances/readings.js'

const FULL = 5

/** One call that is under way until the test answers it: each key by itself twice, or as the test says. */
interface HeldBatch {
  readonly keys: readonly string[]
  readonly options: CallOptions
  answer(answerAt?: (at: number) => string): void
  fail(error: unknown): void
}

function kit({ most = () => FULL }: { readonly most?: () => number } = {}) {
  const calls: HeldBatch[] = []
  const batches = turnBatches<string>({
    most,
    ask: (keys, options) =>
      new Promise((resolve, reject) => {
        calls.push({
          keys,
          options,
          answer: (answerAt = (at) => `${keys[at]}${keys[at]}`) => resolve(answerAt),
          fail: reject,
        })
      }),
  })
  const read = (key: string, options = untilEnded()) => {
    const answer = batches.read(key, options)
    answer.catch(() => undefined)
    return answer
  }
  return {
    calls,
    batches,
    read,
    readAll: (keys: string) => [...keys].map((key) => read(key)),
    call(at: number): HeldBatch {
      const call = calls.at(at)
      if (call === undefined) throw new Error(`there are ${calls.length} calls`)
      return call
    },
    sent: () => calls.map(({ keys }) => keys.join('')),
  }
}

describe('questions of one turn', () => {
  it('go together at its end, and each is told its own answer', async () => {
    const { read, call, sent } = kit()
    const answers = [read('a'), read('b')]
    // What is asked among the promises of the turn belongs to it too, however long their chain.
    const late = (async () => {
      for (let at = 0; at < 20; at++) await undefined
      return read('c')
    })()
    expect(sent()).toEqual([])
    await settled()
    expect(sent()).toEqual(['abc'])
    call(0).answer()
    expect(await Promise.all([...answers, late])).toEqual(['aa', 'bb', 'cc'])
  })

  it('go at once where they are as many as go together', () => {
    const { readAll, sent } = kit()
    readAll('abcdefghijkl')
    expect(sent()).toEqual(['abcde', 'fghij'])
  })

  it('share one place where they are the same', async () => {
    const { read, call, sent } = kit()
    const answers = [read('a'), read('b'), read('a')]
    await settled()
    expect(sent()).toEqual(['ab'])
    call(0).answer()
    expect(await Promise.all(answers)).toEqual(['aa', 'bb', 'aa'])
  })
})

describe('questions of several turns', () => {
  it('wait for a call to land where two partial ones are under way, and for no full one', async () => {
    const { read, readAll, call, sent } = kit()
    readAll('vwxyz')
    for (const key of 'abcd') {
      read(key)
      await settled()
    }
    expect(sent()).toEqual(['vwxyz', 'a', 'b'])
    call(1).answer()
    await settled()
    expect(sent()).toEqual(['vwxyz', 'a', 'b', 'cd'])
    read('e')
    await settled()
    expect(sent()).toHaveLength(4)
    call(2).fail(new Error('down'))
    await settled()
    expect(sent().slice(4)).toEqual(['e'])
  })

  it('go as soon as they are as many as go together, whatever is under way', async () => {
    const { read, readAll, sent } = kit()
    for (const key of 'abcd') {
      read(key)
      await settled()
    }
    readAll('efg')
    expect(sent()).toEqual(['a', 'b', 'cdefg'])
  })

  it('do not join a call that is under way for the same key: its answer may be older', async () => {
    const { read, call, sent } = kit()
    read('a')
    await settled()
    const second = read('a')
    await settled()
    expect(sent()).toEqual(['a', 'a'])
    call(1).answer(() => 'newer')
    expect(await second).toBe('newer')
  })

  it('wait where none may go, until a call has landed', async () => {
    let most = 1
    const { readAll, call, sent } = kit({ most: () => most })
    readAll('a')
    most = 0
    const others = readAll('bcd')
    await settled()
    expect(sent()).toEqual(['a'])
    most = 2
    call(0).answer()
    await settled()
    expect(sent()).toEqual(['a', 'bc', 'd'])
    call(1).answer()
    call(2).answer()
    expect(await Promise.all(others)).toEqual(['bb', 'cc', 'dd'])
  })
})

describe('a call that fails', () => {
  it('fails for all who wait for it, and for nobody else', async () => {
    const { readAll, call } = kit()
    const first = readAll('ab')
    await settled()
    const second = readAll('cd')
    await settled()
    call(0).fail(new Error('down'))
    for (const answer of first) await expect(answer).rejects.toThrow('down')
    call(1).answer()
    expect(await Promise.all(second)).toEqual(['cc', 'dd'])
  })

  it('fails for one key alone where its answer alone is wrong', async () => {
    const { readAll, call } = kit()
    const answers = readAll('abc')
    await settled()
    call(0).answer((at) => {
      if (at === 1) throw new Error('odd')
      return `answer ${at}`
    })
    expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })

  it('can fail for those who still wait', async () => {
    const { batches, read, readAll, call, sent } = kit()
    for (const key of 'ab') {
      read(key)
      await settled()
    }
    const waiting = readAll('cd')
    batches.failWaiting(new Error('no such thing'))
    for (const answer of waiting) await expect(answer).rejects.toThrow('no such thing')
    call(0).answer()
    await settled()
    expect(sent()).toEqual(['a', 'b'])
  })
})

describe('a caller who leaves', () => {
  const gaveUp = new Error('gave up')

  it('before the call goes is not asked for, unless somebody else asks for the same', async () => {
    const { read, sent } = kit()
    const caller = new AbortController()
    const left = [read('a', caller), read('b', caller)]
    read('b')
    read('c')
    caller.abort(gaveUp)
    for (const answer of left) await expect(answer).rejects.toBe(gaveUp)
    await settled()
    expect(sent()).toEqual(['bc'])
  })

  it('takes nobody along, and ends the call as the last one only', async () => {
    const { read, call } = kit()
    const callers = [new AbortController(), new AbortController(), new AbortController()]
    const [a, again, b] = [read('a', callers[0]), read('a', callers[1]), read('b', callers[2])]
    await settled()
    const { signal } = call(0).options
    callers[0]?.abort(gaveUp)
    await expect(a).rejects.toBe(gaveUp)
    callers[2]?.abort(gaveUp)
    await expect(b).rejects.toBe(gaveUp)
    expect(signal.aborted).toBe(false)
    callers[1]?.abort(new Error('the last one'))
    await expect(again).rejects.toThrow('the last one')
    expect(signal.aborted).toBe(true)
    expect(signal.reason.message).toBe('the last one')
  })

  it('leaves the answer to those who stay', async () => {
    const { read, call } = kit()
    const caller = new AbortController()
    const left = read('a', caller)
    const stays = read('b')
    await settled()
    caller.abort(gaveUp)
    call(0).answer()
    await expect(left).rejects.toBe(gaveUp)
    expect(await stays).toBe('bb')
  })

  it('had left before is told so, and asks nothing', async () => {
    const { read, sent } = kit()
    await expect(read('a', { signal: AbortSignal.abort(gaveUp) })).rejects.toBe(gaveUp)
    await settled()
    expect(sent()).toEqual([])
  })

  it('because time was up is the reason that the call is ended for, whoever gives up last', async () => {
    const { read, call } = kit()
    const [late, impatient] = [new AbortController(), new AbortController()]
    read('a', late)
    read('b', impatient)
    await settled()
    late.abort(new DeadlinePassed('too late'))
    impatient.abort(gaveUp)
    expect(call(0).options.signal.reason).toBeInstanceOf(DeadlinePassed)
  })

  it('keeps no place: others go when it would have', async () => {
    const { read, call, sent } = kit()
    const caller = new AbortController()
    read('a', caller)
    await settled()
    read('b', caller)
    await settled()
    read('c')
    await settled()
    expect(sent()).toEqual(['a', 'b'])
    caller.abort(gaveUp)
    call(0).fail(gaveUp)
    await settled()
    expect(sent()).toEqual(['a', 'b', 'c'])
  })
})

describe('how long the callers of a call wait', () => {
  it('is told of those whose call went in their own turn: the longest of them', async () => {
    const { read, call } = kit()
    read('a', { ...untilEnded(), timeoutMs: 300 })
    read('b', { ...untilEnded(), timeoutMs: 700 })
    read('c')
    await settled()
    expect(call(0).options.timeoutMs).toBe(700)
  })

  it('is not known of those who had to wait for their call to go', async () => {
    const { read, call } = kit()
    for (const key of 'abc') {
      read(key, { ...untilEnded(), timeoutMs: 700 })
      await settled()
    }
    call(0).answer()
    await settled()
    expect(call(-1).keys).toEqual(['c'])
    expect(call(-1).options.timeoutMs).toBeUndefined()
  })
})
