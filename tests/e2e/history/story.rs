//! The whole story: all its parts, side by side.

use curlew_tests::stack::Recorder;

use super::{
    app_server::AppServer, connections::Connected, erasures::Erased, messages::Cast, operators::Operators,
    receipts::Reported, schedule, tasks::Tasks, turn::Turn,
};
use crate::harness::Tenant;

/// The parts of the story.
pub struct Story<'r, 'w> {
    tenant: &'r Tenant<'w>,
    cast: Cast<'r, 'w>,
    connected: Connected<'r, 'w>,
    erased: Erased<'r, 'w>,
    reported: Reported<'r, 'w>,
    tasks: Tasks<'r, 'w>,
    operators: Operators<'r, 'w>,
}

impl<'r, 'w> Story<'r, 'w> {
    /// Binds everybody's phones. Nothing fails yet.
    pub async fn begin(run: &'r Recorder<'w>, tenant: &'r Tenant<'w>) -> Self {
        let server = AppServer { run, tenant };
        Self {
            tenant,
            cast: Cast::enter(server).await,
            connected: Connected::begin(server).await,
            erased: Erased::new(server),
            reported: Reported::begin(server).await,
            tasks: Tasks::new(server),
            operators: Operators::begin(server).await,
        }
    }

    /// Goes on until the story is over.
    pub async fn play(&self, turn: &Turn) {
        tokio::join!(
            self.cast.play(turn),
            self.connected.come_and_go(turn),
            self.erased.play(turn),
            self.reported.play(turn),
            self.tasks.play(turn),
            self.operators.play(turn),
            schedule::play(self.tenant, turn),
        );
    }

    /// Keeps one phone connected, for ever.
    pub async fn stay_connected(&self) {
        self.connected.stay().await;
    }

    /// Waits for what the story's calls promised, and checks it.
    pub async fn has_its_ends(&self) {
        self.tasks.are_done().await;
        self.reported.stand_beside_their_messages().await;
        self.erased.are_swept().await;
    }

    /// Everybody comes back when nothing fails any more.
    pub async fn come_back(&self) {
        self.cast.come_back().await;
        self.connected.come_back().await;
        self.erased.come_back().await;
    }
}
