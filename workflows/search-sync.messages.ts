import { defineSignal } from '@temporalio/workflow'

/** To a running sync: the catalogue has changed since it looked, perhaps. */
export const catalogueChangedSignal = defineSignal('changed')
