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
        let mut all = Vec::new();
        for scope in troubles.iter().map(|trouble| self.scope(&trouble.kind)) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all
    }

    fn scope(&self, kind: &TroubleKind) -> FaultScope {
        match kind {
            TroubleKind::Vendor { interface, .. } => {
                let found = self.interfaces.iter().find(|(place, ..)| place == interface);
                let vendor = found.and_then(|(_, spec, _)| Vendor::parse(spec.name()).ok());
                vendor.map_or(FaultScope::Everything, FaultScope::Vendor)
            }
            TroubleKind::Records { of, how: RecordTrouble::KeptAfterDelete | RecordTrouble::Late(_), .. } => {
                FaultScope::Queue(of.name().to_owned())
            }
            // Both copies may be worked on at the same time, so neither finds what the other one did.
            TroubleKind::Records { how: RecordTrouble::Doubled, .. }
            | TroubleKind::Calls { .. }
            | TroubleKind::Death { .. } => FaultScope::Everything,
        }
    }
}
