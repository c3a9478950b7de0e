/** Begins a statement about the refund $1: everything that moves a payment's refunds locks the payment first, so no two wait in a circle. */
export const turnOfRefund = `turn as materialized (
       select p.id from payments p join refunds r on r.payment_id = p.id where r.id = $1 for update of p
     )`
