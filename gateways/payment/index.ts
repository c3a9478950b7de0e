import type { PaymentGateway } from './port.ts'
import { createSandboxGateway, type SandboxGatewayConfig } from './sandbox.ts'
import { createStripeGateway, type StripeGatewayConfig } from './stripe.ts'

export type PaymentGatewayConfig =
  | ({ kind: 'sandbox' } & SandboxGatewayConfig)
  | ({ kind: 'stripe' } & StripeGatewayConfig)

export function createPaymentGateway(config: PaymentGatewayConfig): PaymentGateway {
  switch (config.kind) {
    case 'sandbox':
      return createSandboxGateway(config)
    case 'stripe':
      return createStripeGateway(config)
  }
}

export * from './port.ts'
