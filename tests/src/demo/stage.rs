//! What the scenes use: an app of its own on the stack, with notifiers, phones and gateways.

use std::{collections::BTreeMap, fmt::Display, sync::Arc, time::Duration};

use serde_json::json;
use shared::{crypto::system::System, domain::id::AppKey, ports::clock::Entropy};

use super::{
    cast::{ANA, KIM, MATE, PIXEL, Phone, WEI, lins, notifier},
    gateways::Gateways,
    screen::{Ink, Screen},
    stop::Stop,
    tally::Tally,
};
use crate::{
    simulators::{SIMULATORS, configured, fcm, huawei, test_accounts},
    stack::{App, CallbackServer, Stack, StackError},
};

/// How long a device stays online without a heartbeat. It is the shortest lease that an app may set.
pub const LEASE: Duration = Duration::from_secs(5);

/// Users a second to whom tasks push. A page of a task has those of five seconds.
pub const TASK_RATE: u32 = 10;
/// The secret that signs the app's callbacks.
const CALLBACK_SECRET: &str = "whsec_Q3VybGV3J3MgZGVtbyBzaWducyB3aXRoIHRoaXMu";

/// The stage.
#[derive(Debug)]
pub struct Stage<'a> {
    /// the output
    pub screen: &'a Screen,
    /// the stack
    pub stack: Stack,
    /// the demo's app
    pub app: App,
    /// the app's key
    pub key: AppKey,
    /// the app's own server
    pub server: CallbackServer,
    /// the gateways, which hold the connections
    pub gateways: Arc<Gateways>,
    /// the phones
    pub phones: Vec<Phone>,
    /// how many records were in the queues before
    pub depths_before: BTreeMap<String, u64>,
    /// the counts so far
    pub tally: Tally,
    /// the messages so far: receivers and ids
    pub sent: Vec<(&'static str, String)>,
    scene: String,
}

impl<'a> Stage<'a> {
    /// Creates the app, its notifiers and the phones.
    pub async fn set(screen: &'a Screen) -> Result<Self, Stop> {
        let stack = Stack::open()?;
        stack.vendors.vendors().await.map_err(Stop::NoSimulators)?;
        let name = format!("story-{:06x}", System::default().bits() >> 104);
        let server = CallbackServer::start(&stack.description, CALLBACK_SECRET).await?;
        let settings = json!({
            "presence_lease_seconds": LEASE.as_secs(), "advanced_push": true, "clear_when_read": true,
            "callback": {"url": server.url(), "secret": CALLBACK_SECRET}, "task_pushes_per_second": TASK_RATE,
        });
        let app = stack.api.create_app("demo", &name, settings).await?;
        let key = AppKey::new("demo", &name).map_err(|_| StackError::Lacking("an app key"))?;
        let mut phones = vec![Phone::new(&fcm::SIMULATOR), Phone::new(&huawei::SIMULATOR)];
        phones.extend(lins().into_iter().map(Phone::new));
        let gateways = Arc::new(Gateways::new(app.clone()));
        let depths_before = stack.cloud.depths().await?;
        let (tally, sent, scene) = (Tally::default(), Vec::new(), String::new());
        let mut stage = Self { screen, stack, app, key, server, gateways, phones, depths_before, tally, sent, scene };
        let count = stage.phones.len();
        screen.line(&format!("Curlew on the local stack: four people, {count} phones, twenty-one scenes."));
        screen.line("Below each message: its result on each device, and the reason, from Curlew's stored trace.");
        stage.scene("People and phones");
        screen.event(&format!(
            "the app {}: a device counts as online for {} s after its last heartbeat",
            stage.key,
            LEASE.as_secs()
        ));
        stage.connect_vendors().await?;
        stage.bind(ANA, PIXEL).await?;
        stage.bind(WEI, MATE).await?;
        screen.event(&format!("{KIM} has no phone yet"));
        Ok(stage)
    }

    async fn connect_vendors(&self) -> Result<(), Stop> {
        let accounts = configured();
        for account in test_accounts() {
            self.stack.vendors.add_credential(&account).await?;
        }
        for vendor in SIMULATORS {
            self.app.create_notifier(&notifier(vendor), vendor.name(), &accounts[vendor.name()]).await?;
            self.screen.event(&format!("the notifier {} sends through {}", notifier(vendor), vendor.title));
        }
        Ok(())
    }

    /// Begins a scene.
    pub fn scene(&mut self, title: &str) {
        self.screen.heading(title);
        self.scene = title.to_owned();
    }

    // ---- presence ----

    /// Connects a device through a gateway.
    pub async fn goes_online(
        &self,
        user: &'static str,
        device: &'static str,
        gateway: &'static str,
    ) -> Result<(), Stop> {
        let result = self.gateways.connect(gateway, (user, device)).await?;
        self.screen.event(&format!(
            "{} {user} is online with the {device}, through {gateway}",
            self.screen.paint(Ink::Push, "●")
        ));
        self.check(result == "applied", "the report is applied", result)
    }

    /// Ends a connection.
    pub async fn goes_offline(&self, user: &'static str, device: &'static str, how: &str) -> Result<(), Stop> {
        let result = self.gateways.disconnect((user, device), how).await?;
        self.screen.event(&format!("{} {user}'s {device} is {how}", self.screen.paint(Ink::Faint, "○")));
        self.check(result == "applied", "the report is applied", result)
    }

    /// Checks whether the user is online, as the API says.
    pub async fn check_online(&self, user: &str, expected: bool) -> Result<(), Stop> {
        let words = |online| format!("{user} is {}", if online { "online" } else { "offline" });
        let found = self.app.is_online(user).await?;
        self.check(found == expected, words(expected), words(found))
    }

    // ---- checks ----

    /// Ends the demo unless `holds` is true.
    pub fn check(&self, holds: bool, expected: impl Display, found: impl Display) -> Result<(), Stop> {
        if holds { Ok(()) } else { Err(Stop::mismatch(&self.scene, expected, found)) }
    }
}
