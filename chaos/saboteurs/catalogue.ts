import { moneySaboteurs } from './money.ts'
import type { Saboteur } from './saboteur.ts'
import { stockSaboteurs } from './stock.ts'
import { tellingSaboteurs } from './telling.ts'

export const saboteurs: readonly Saboteur[] = [...moneySaboteurs, ...stockSaboteurs, ...tellingSaboteurs]
