//! Leases of IM gateways.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    gateway::{GatewayLease, Renewal},
    id::{AppKey, GatewayId},
};

/// Finds the lease of a gateway.
#[async_trait]
pub trait ReadGateways: Send + Sync {
    /// The gateway's last lease, be it over or not, or `None` without any; strongly consistent. An hour after its end a lease
    /// may be forgotten.
    async fn gateway_lease(&self, app: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError>;
}

/// Renews the lease of a gateway.
#[async_trait]
pub trait RenewGateways: Send + Sync {
    /// Makes of the gateway's lease what [`GatewayLease::after`] says, and answers it.
    async fn renew_gateway(
        &self,
        app: &AppKey,
        gateway: &GatewayId,
        renewal: &Renewal,
    ) -> Result<GatewayLease, StoreError>;
}
