import { moneySaboteurs } from './money.ts'
import type { Saboteur } from './saboteur.ts'
import { replenishmentSaboteurs } from './replenishment.ts'
import { returnSaboteurs } from './returns.ts'
import { stockSaboteurs } from './stock.ts'
import { tellingSaboteurs } from './telling.ts'

export const saboteurs: readonly Saboteur[] = [
  ...moneySaboteurs,
  ...stockSaboteurs,
  ...replenishmentSaboteurs,
  ...returnSaboteurs,
  ...tellingSaboteurs,
]
