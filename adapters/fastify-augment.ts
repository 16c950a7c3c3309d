/**
 * Import it once for the type of `request.access`: `import 'sallyport/fastify/augment'`.
 *
 * @packageDocumentation
 */
import type { Access } from '../src/access.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The access of this request. Throws where no gate has allowed it. */
    readonly access: Access
  }
  interface FastifyContextConfig {
    /** `false` leaves a route to itself: the app-wide `sallyport` plugin does not guard it. */
    readonly sallyport?: false
  }
}
