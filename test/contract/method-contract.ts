import {
  type AuthenticationMethod,
  apiKey,
  type Clock,
  type CredentialLookup,
  createGate,
  type DecisionEvent,
  type GateOptions,
  jwks,
  type Principal,
  type RefusalCode,
  sharedSecretJwt,
  toResponse,
  walletSession,
} from 'sallyport'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { accessOf, codeOf } from '../support/decisions.js'
import { problemsOf } from '../support/problems.js'
import { type TableStore, tableStore } from '../support/records.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { warningsDuring } from '../support/warnings.js'

/** The environment of the gates in this suite. */
export const ENVIRONMENT = 'production'

/** What a port has where it is known not to answer. */
const SOON_MS = 30

/** What a method must supply for this suite to reach it. */
export interface MethodHarness {
  readonly name: AuthenticationMethod['name']
  /** What it looks up in the store. It asks for nothing else. */
  readonly looksUp: readonly CredentialLookup['kind'][]
  /** Makes the method anew, and credentials that go with it. */
  open(clock: Clock): Promise<MethodSetting>
  /** Options that are wrong, and the name that each problem begins with. */
  readonly wrong: readonly (readonly [
    what: string,
    make: () => AuthenticationMethod,
    names: readonly string[],
  ])[]
}

/** A method, and credentials that go with it. */
export interface MethodSetting {
  readonly method: AuthenticationMethod
  readonly store: TableStore
  readonly valid: string
  readonly principal: Principal
  /** Each has the form of the method's credentials, or of nobody's. */
  readonly invalid: readonly (readonly [what: string, token: string, code: RefusalCode])[]
  /** How what it rests on fails, hangs or talks nonsense, each from when it is called. None where it rests on itself. */
  readonly outages: readonly (readonly [how: string, begin: () => void])[]
  /** What nobody may read, beside the credentials themselves. */
  readonly secrets: readonly string[]
  close(): Promise<void>
}

export function methodContract(harness: MethodHarness): void {
  const { name, looksUp } = harness

  async function withSetting<T>(
    use: (setting: MethodSetting & { readonly clock: Clock }) => Promise<T>,
  ): Promise<T> {
    const clock = manualClock()
    const setting = await harness.open(clock)
    try {
      return await use({ ...setting, clock })
    } finally {
      await setting.close()
    }
  }

  const gateOf = (setting: MethodSetting & { readonly clock: Clock }, options: Partial<GateOptions> = {}) =>
    createGate({
      store: setting.store,
      clock: setting.clock,
      methods: [setting.method],
      environment: ENVIRONMENT,
      onDecision: () => undefined,
      ...options,
    })

  /** A request for the principal's first wallet, so that the wallet never is what it fails by. */
  const requestOf = ({ principal }: MethodSetting, token: string) =>
    requestWith([bearer(token), ...principal.wallets.slice(0, 1).map(walletHeader)])

  describe(`the method ${name}`, () => {
    it('lets in who a valid credential belongs to, and says so for ever after', () =>
      withSetting(async (setting) => {
        const gate = gateOf(setting)
        const { principal } = await accessOf(gate, requestOf(setting, setting.valid))
        expect(principal).toEqual(setting.principal)
        expect(principal.kind).toBe(name)
        for (const part of [principal, principal.scopes, principal.wallets])
          expect(Object.isFrozen(part)).toBe(true)
        expect(Reflect.set(principal, 'role', 'admin')).toBe(false)
        expect((await accessOf(gate, requestOf(setting, setting.valid))).principal).toEqual(setting.principal)
      }))

    it('lets it in through a gate that asks for this method, and through none that asks for another', () =>
      withSetting(async (setting) => {
        const gate = gateOf(setting, { methods: [setting.method, ...othersThan(name, [])] })
        expect(await codeOf(gate.with({ methods: [name] }), requestOf(setting, setting.valid))).toBe(
          'allowed',
        )
        const other = name === 'apiKey' ? 'sharedSecretJwt' : 'apiKey'
        expect(await codeOf(gate.with({ methods: [other] }), requestOf(setting, setting.valid))).toBe(
          'method_mismatch',
        )
      }))

    it('refuses each invalid credential by its code', () =>
      withSetting(async (setting) => {
        const gate = gateOf(setting)
        expect(setting.invalid.length).toBeGreaterThan(0)
        for (const [what, token, code] of setting.invalid) {
          expect(await codeOf(gate, requestOf(setting, token)), what).toBe(code)
        }
      }))

    it('is the last that is asked: after it failed no other method is tried, in whatever order they stand', () =>
      withSetting(async (setting) => {
        const tried: string[] = []
        const others = othersThan(name, tried)
        for (const methods of [
          [setting.method, ...others],
          [...others, setting.method],
        ]) {
          const gate = gateOf(setting, { methods })
          for (const [what, token, code] of setting.invalid) {
            const before = setting.store.lookups.length
            expect(await codeOf(gate, requestOf(setting, token)), what).toBe(code)
            const lookups = setting.store.lookups.slice(before)
            expect(lookups.length, what).toBeLessThanOrEqual(looksUp.length)
            for (const { kind } of lookups) expect(looksUp, what).toContain(kind)
          }
          expect(await codeOf(gate, requestOf(setting, setting.valid))).toBe('allowed')
        }
        expect(tried).toEqual([])
      }))

    it('makes an outage, and never an invalid credential, of what cannot answer', async () => {
      const count = await withSetting(async ({ outages }) => outages.length)
      for (let at = 0; at < count; at++) {
        await withSetting(async (setting) => {
          const [how, begin] = setting.outages[at] ?? ['', () => undefined]
          begin()
          const methods = [setting.method, ...othersThan(name, [])]
          const gate = gateOf(setting, { methods, portTimeoutMs: SOON_MS })
          expect(await codeOf(gate, requestOf(setting, setting.valid)), how).toBe('dependency_unavailable')
        })
      }
    })

    it('tells nothing of a credential in an answer, an event or a warning', async () => {
      const count = await withSetting(async ({ outages }) => outages.length)
      for (let at = -1; at < count; at++) {
        await withSetting(async (setting) => {
          setting.outages[at]?.[1]()
          const told: unknown[] = []
          const onDecision = (event: DecisionEvent) => void told.push(event)
          const { store, clock, method } = setting
          const ports = { store, clock, ...(at >= 0 && { portTimeoutMs: SOON_MS }) }
          const options = { ...ports, methods: [method], environment: ENVIRONMENT }
          const gates = [createGate({ ...options, onDecision }), createGate(options)]
          const tokens = [setting.valid, ...setting.invalid.map(([, token]) => token)]
          const warnings = await warningsDuring(async () => {
            for (const token of tokens) {
              for (const gate of gates) {
                const decision = await gate(requestOf(setting, token))
                if (decision.type === 'refuse') told.push(toResponse(decision))
              }
            }
          })
          if (at >= 0) expect(warnings).not.toEqual([])
          const text = JSON.stringify([told, warnings])
          for (const secret of [...setting.secrets, ...tokens, ...tokens.flatMap(partsOf)]) {
            expect(text).not.toContain(secret)
          }
        })
      }
    })

    it.each(harness.wrong)('has its options checked when the gate is made: %s', (_what, make, names) => {
      const problems = problemsOf(() =>
        createGate({ store: tableStore(), methods: [make()], environment: '' }),
      )
      for (const option of [...names, 'environment']) {
        expect(problems.filter((problem) => problem.startsWith(option)).length, option).toBeGreaterThan(0)
      }
    })

    it('has a name for every option that it does not know', () => {
      expect(
        harness.wrong.some(([, , names]) => names.some((option) => option.startsWith(`${name}.unknown`))),
      ).toBe(true)
    })
  })
}

/** The other methods of a gate, each of which notes it when it is tried. */
function othersThan(name: AuthenticationMethod['name'], tried: string[]): AuthenticationMethod[] {
  const all = [
    apiKey({ prefix: 'other' }),
    sharedSecretJwt(),
    walletSession({ origin: 'https://other.example', secrets: ['the-secret-of-another-method-00000'] }),
    jwks({ issuer: 'https://other.example', audience: 'other', jwksUri: 'http://127.0.0.1:9/never' }),
  ]
  return all.filter((method) => method.name !== name).map((method) => watched(method, tried))
}

function watched(method: AuthenticationMethod, tried: string[]): AuthenticationMethod {
  const noted = <Arguments extends unknown[], Answer>(verify: (...args: Arguments) => Answer) => {
    return (...args: Arguments): Answer => {
      tried.push(method.name)
      return verify(...args)
    }
  }
  return method.presents === 'opaque'
    ? { ...method, verify: noted(method.verify) }
    : { ...method, verify: noted(method.verify) }
}

/** The parts of a token that say anything: short ones might stand in any text. */
const partsOf = (token: string) => token.split('.').filter((text) => text.length > 16)
