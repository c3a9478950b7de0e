import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Names that mean a machine of ours wherever they are asked for. */
const ownNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp)$/

/**
 * Why a URL is not one to send anything to, as far as it can be said without asking anybody where its host is. It has been
 * read as a browser reads it: `0x7f.1` and `2130706433` are 127.0.0.1 by now.
 */
export function whyNotUrl(text: string, { allowPrivate }: { allowPrivate: boolean }): string | undefined {
  const url = URL.parse(text)
  if (!url) return 'Must be a URL'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'Must begin with https:// or http://'
  if (url.username !== '' || url.password !== '') return 'Must hold no user name or password'
  if (allowPrivate) return undefined
  const host = hostOf(url)
  if (isIP(host)) return isPublic(host) ? undefined : notPublic
  if (!host.includes('.') || ownNames.test(host)) return notPublic
  return undefined
}

export const notPublic = 'Must be at a public address'

/** Without the brackets of IPv6 and the dot that ends a full name. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

/** Only plain unicast: neither private, loopback, link-local or reserved, nor an IPv4 address dressed up as IPv6. */
export const isPublic = (address: string): boolean => ipaddr.parse(address).range() === 'unicast'
