//! When troubles begin and end, as the history tells it.

use std::collections::BTreeSet;

use curlew_tests::history::{FaultScope, What};
use shared::domain::vendor::Vendor;

use super::{
    story::{Trouble, TroubleKind},
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
        let of_trouble = |trouble: &Trouble| match trouble.kind {
            TroubleKind::Vendor { interface, .. } => {
                let found = self.interfaces.iter().find(|(place, ..)| *place == interface);
                found.and_then(|(_, spec, _)| Vendor::parse(spec.name()).ok())
            }
            TroubleKind::Calls { .. } | TroubleKind::Death { .. } | TroubleKind::Records { .. } => None,
        };
        let all: BTreeSet<Option<Vendor>> = troubles.iter().map(of_trouble).collect();
        all.into_iter().map(|vendor| vendor.map_or(FaultScope::Everything, FaultScope::Vendor)).collect()
    }
}
