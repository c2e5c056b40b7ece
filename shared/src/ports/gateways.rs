//! Leases of IM gateways.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    gateway::{GatewayLease, Renewal},
    id::{AppKey, GatewayId},
};

/// Reads the lease of a gateway.
#[async_trait]
pub trait ReadGateways: Send + Sync {
    /// Returns the gateway's last lease, even an expired one, or `None`; strongly consistent. A lease may be removed an
    /// hour after it expires.
    async fn gateway_lease(&self, app: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError>;
}

/// Renews the lease of a gateway.
#[async_trait]
pub trait RenewGateways: Send + Sync {
    /// Changes the gateway's lease by [`GatewayLease::after`], and returns the new one.
    async fn renew_gateway(
        &self,
        app: &AppKey,
        gateway: &GatewayId,
        renewal: &Renewal,
    ) -> Result<GatewayLease, StoreError>;
}
