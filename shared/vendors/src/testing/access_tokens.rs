//! What every client that asks for access tokens must pass.

use shared::domain::outcome::CallError;

use super::{Say, Seen, Server, TestedVendor, deps};
use crate::client;

impl TestedVendor {
    /// How often the vendor was asked for an access token.
    pub fn token_requests(&self, server: &Server) -> usize {
        server.seen().len() - self.sends(server).len()
    }

    /// Two processes with two pushes each ask for one access token.
    pub async fn assert_access_token_serves_every_process(&self) {
        let server = self.server(self.taken);
        let deps = deps(&server);
        for _ in 0..2 {
            let client = client(self.vendor, &deps);
            for _ in 0..2 {
                client.send(self.call_of(1).as_call()).await.outcomes.unwrap();
            }
        }
        assert_eq!((self.sends(&server).len(), self.token_requests(&server)), (4, 1));
    }

    /// A push whose access token has this refusal is repeated once, with a new access token. Returns both requests.
    pub async fn assert_expired_access_token_is_replaced(&self, refusal: Say) -> Vec<Seen> {
        let (used, taken) = (self.token_endpoint.unwrap().used, self.taken);
        let server = self.server(move |seen| match used(seen).as_deref() {
            Some("token-1") => refusal.clone(),
            _ => taken(seen),
        });
        let accepted = (self.accepted)(&(self.token)(0));
        assert_eq!(self.push(&server, &self.call_of(1)).await.outcomes, Ok(vec![accepted]));
        let sends = self.sends(&server);
        assert_eq!((sends.len(), self.token_requests(&server)), (2, 2));
        sends
    }

    /// A credential is bad where a new access token has this refusal too. Returns the requests of the call.
    pub async fn assert_refused_new_access_token_is_bad(&self, count: usize, refusal: Say, code: &str) -> Vec<Seen> {
        let server = self.server(move |_| refusal.clone());
        let report = self.push(&server, &self.call_of(count)).await;
        assert_eq!(report.outcomes, Err(CallError::Credential { code: code.into() }));
        assert_eq!(self.token_requests(&server), 2, "one new access token a call");
        self.sends(&server)
    }
}
