export const roles = ['admin', 'manager', 'user', 'guest'] as const
export type Role = (typeof roles)[number]

/** Who works for the shop, and so sees everyone's orders and may change the catalogue and the stock. */
export const isStaff = (role: Role): boolean => role === 'admin' || role === 'manager'
