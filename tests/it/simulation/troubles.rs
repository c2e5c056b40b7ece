//! When troubles begin and end, as the history tells it.

use curlew_tests::history::{FaultScope, What};
use shared::domain::vendor::Vendor;

use super::{
    story::{RecordTrouble, Trouble, TroubleKind},
    world::World,
};

impl World {
    /// Lets the troubles begin.
    pub fn begin_troubles(&self, troubles: &[Trouble]) {
        for scope in self.scopes(troubles) {
            self.recorder.add(What::FaultBegan { scope });
        }
        self.note_versions(troubles);
        self.weather.begin();
    }

    /// Ends all troubles.
    pub fn end_troubles(&self, troubles: &[Trouble]) {
        self.weather.end();
        for scope in self.scopes(troubles) {
            self.recorder.add(What::FaultEnded { scope });
        }
    }

    /// Returns what the troubles concern. Whatever happens to a service, a queue or a process may delay everything.
    fn scopes(&self, troubles: &[Trouble]) -> Vec<FaultScope> {
        let mut scopes = Vec::new();
        for scope in troubles.iter().filter_map(|trouble| self.scope(trouble.kind.clone())) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    fn scope(&self, kind: TroubleKind) -> Option<FaultScope> {
        let of_interface = |interface: usize| {
            let found = self.interfaces.iter().find(|(place, ..)| *place == interface);
            found.and_then(|(_, spec, _)| Vendor::parse(spec.name()).ok())
        };
        Some(match kind {
            TroubleKind::Vendor { interface, .. } => {
                of_interface(interface).map_or(FaultScope::Everything, FaultScope::Vendor)
            }
            TroubleKind::Server { app, .. } => FaultScope::CallbackServer(self.app(app)),
            // Nobody may feel that two versions work side by side.
            TroubleKind::Records { how: RecordTrouble::OfEarlier(_) | RecordTrouble::OfLater, .. } => return None,
            TroubleKind::Records { of, how: RecordTrouble::KeptAfterDelete | RecordTrouble::Late(_), .. } => {
                FaultScope::Queue(of.name().to_owned())
            }
            // Both copies of a record may be worked on at the same time, so neither finds what the other one did.
            TroubleKind::Calls { .. } | TroubleKind::Death { .. } | TroubleKind::Records { .. } => {
                FaultScope::Everything
            }
        })
    }
}
