/** A PostgreSQL and a Redis of the tests' own: real servers, in fresh temporary folders, on loopback ports. */
export { installMissing } from './install.js'
export type { StartOptions } from './kept-server.js'
export { locateServers, type SearchedPlaces, type ServerLocations } from './locate.js'
export { type PostgresServer, startPostgres } from './postgres.js'
export { type RedisServer, type RedisStartOptions, startRedis } from './redis.js'
