import { isHttpUrl, isServiceUrl } from '../../service-url.js'
import { type Finding, fine, problem, warning } from './finding.js'
import type { Subject } from './subject.js'

const NAME = 'origin'
const FORM = 'give it as in https://api.shop.example'

/** Whether the origin is one that wallets can sign in to. */
export function checkOrigin({ origin, environment }: Subject): readonly Finding[] {
  if (origin === undefined) {
    return [
      warning(
        NAME,
        'no origin is named: wallets cannot sign in, and taking it from the Host header would let callers choose it',
        `set SALLYPORT_ORIGIN, and ${FORM}`,
      ),
    ]
  }
  if (!isHttpUrl(origin))
    return [problem(NAME, 'the origin is no http or https URL without a password', FORM)]
  const { protocol } = new URL(origin)
  if (!isServiceUrl(origin)) {
    return [
      problem(
        NAME,
        'the origin is not https: keys and sessions can be read on their way',
        'serve it by https',
      ),
    ]
  }
  if (new URL(origin).origin !== origin) {
    return [
      problem(
        NAME,
        'the origin has a path, a slash at its end, or another spelling: walletSession refuses it',
        FORM,
      ),
    ]
  }
  if (environment === 'production' && protocol === 'http:') {
    return [warning(NAME, 'the origin of production is this very machine', FORM)]
  }
  return [fine(NAME, protocol === 'https:' ? 'https' : 'http on loopback')]
}
