//! Who was erased has nothing of before.

use std::sync::Arc;

use async_trait::async_trait;

use super::World;
use crate::{
    domain::{
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::{erasure::ReadErasure, error::StoreError},
};

/// Everybody was erased then.
struct Erased(Timestamp);

#[async_trait]
impl ReadErasure for Erased {
    async fn erased_at(&self, _: &AppKey, _: &UserId) -> Result<Option<Timestamp>, StoreError> {
        Ok(Some(self.0))
    }
}

#[tokio::test]
async fn messages_of_before_an_erasure_are_gone_and_newer_ones_wait() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let old = [world.send().await, world.send_to("birds").await];
    world.pass(1);
    world.store.erasure = Some(Arc::new(Erased(world.now())));
    let new = [world.send().await, world.send_to("birds").await];
    assert_eq!((world.walk(1).await, world.count().await), (new.to_vec(), 2));
    assert_eq!(world.ack(&old).await.acked, 0);
    assert!(!world.store.waits(&world.app, &world.ann, old[0]).await.unwrap());
    assert!(world.store.waits(&world.app, &world.ann, new[1]).await.unwrap());
}
