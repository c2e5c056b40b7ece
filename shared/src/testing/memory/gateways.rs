//! Leases of gateways in memory, by the domain's rules.

use async_trait::async_trait;

use super::{MemoryRuntime, lock};
use crate::{
    domain::{
        gateway::{GatewayLease, Renewal},
        id::{AppKey, GatewayId},
    },
    ports::{
        error::StoreError,
        gateways::{ReadGateways, RenewGateways},
    },
};

#[async_trait]
impl ReadGateways for MemoryRuntime {
    async fn gateway_lease(&self, app: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError> {
        self.faults.before("gateway_lease").await?;
        Ok(lock(&self.gateways).get(&(app.clone(), gateway.clone())).copied())
    }
}

#[async_trait]
impl RenewGateways for MemoryRuntime {
    async fn renew_gateway(
        &self,
        app: &AppKey,
        gateway: &GatewayId,
        renewal: &Renewal,
    ) -> Result<GatewayLease, StoreError> {
        self.faults.before("renew_gateway").await?;
        let next = {
            let mut gateways = lock(&self.gateways);
            let named = (app.clone(), gateway.clone());
            let next = GatewayLease::after(gateways.get(&named), renewal);
            gateways.insert(named, next);
            next
        };
        self.faults.after("renew_gateway")?;
        Ok(next)
    }
}
