//! Simulated IM gateways: they hold people's connections and report presence.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::stack::{App, Event, StackError};

/// The time between two heartbeats of a connection; the app's lease is 5 s.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// A user and one device.
type Seat = (&'static str, &'static str);

/// All gateways.
#[derive(Debug)]
pub struct Gateways {
    app: App,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    open: BTreeMap<Seat, Session>,
    made: u32,
}

#[derive(Debug, Clone)]
struct Session {
    gateway: &'static str,
    id: String,
}

impl Gateways {
    /// Returns the gateways of an app, without any connection.
    pub fn new(app: App) -> Self {
        Self { app, sessions: Mutex::default() }
    }

    /// Connects a device through a gateway. Returns the result of the report.
    pub async fn connect(&self, gateway: &'static str, seat: Seat) -> Result<String, StackError> {
        let session = {
            let mut sessions = self.sessions();
            sessions.made += 1;
            Session { gateway, id: format!("{gateway}-{}", sessions.made) }
        };
        let result = self.report(seat, &session, "online").await?;
        self.sessions().open.insert(seat, session);
        Ok(result)
    }

    /// Ends a connection with the gateway's report `offline` or `kicked`. Returns the result of the report.
    pub async fn disconnect(&self, seat: Seat, how: &str) -> Result<String, StackError> {
        let session = self.sessions().open.remove(&seat).ok_or(StackError::Lacking("the session"))?;
        self.report(seat, &session, how).await
    }

    /// Stops a gateway: it reports nothing any more, not even `offline`.
    pub fn die(&self, gateway: &str) {
        self.sessions().open.retain(|_, session| session.gateway != gateway);
    }

    /// Reports heartbeats of all connections, without end.
    pub async fn beat(&self) -> Infallible {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let events: Vec<Event> =
                self.sessions().open.iter().map(|(seat, session)| event(*seat, session, "heartbeat")).collect();
            if !events.is_empty() {
                // A lost report does not matter: the next one follows before the lease expires.
                self.app.report(&events).await.ok();
            }
        }
    }

    async fn report(&self, seat: Seat, session: &Session, status: &str) -> Result<String, StackError> {
        let results = self.app.report(&[event(seat, session, status)]).await?;
        let result = results.first().and_then(|result| result["result"].as_str());
        result.map(str::to_owned).ok_or(StackError::Lacking("a result"))
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn event((user, device): Seat, session: &Session, status: &str) -> Event {
    Event::now(user, device, &session.id, status)
}
