//! When troubles begin and end, as the history tells it.

use std::{rc::Rc, time::Duration};

use curlew_tests::history::{FaultScope, What};
use shared::domain::vendor::Vendor;

use super::{
    story::{How, RecordTrouble, ServerTrouble, Trouble, TroubleKind, VendorTrouble},
    world::World,
};

/// The longest time of a request that a vendor or a server does not answer.
const UNANSWERED: Duration = Duration::from_secs(30);
/// The longest visibility timeout of a queue: a record whose deletion is lost comes again after that.
const INVISIBLE: Duration = Duration::from_secs(180);

impl World {
    /// Lets the troubles begin. Each is written down when it begins, and when it is no longer felt.
    pub fn begin_troubles(self: &Rc<Self>, troubles: &[Trouble]) {
        self.note_versions(troubles);
        self.weather.begin();
        for trouble in troubles {
            let Some(scope) = self.scope(&trouble.kind) else { continue };
            let (from, lasts) = (Duration::from_millis(trouble.from), Duration::from_millis(trouble.lasts));
            let felt = lasts + aftermath(&trouble.kind);
            // It may strike at its first moment, so what begins now is written down at once.
            if from.is_zero() {
                self.begin_fault(scope.clone());
            }
            let world = self.clone();
            tokio::task::spawn_local(async move {
                if !from.is_zero() {
                    tokio::time::sleep(from - Duration::from_millis(1)).await;
                    world.begin_fault(scope.clone());
                }
                tokio::time::sleep(felt).await;
                world.end_fault(&scope);
            });
        }
    }

    /// Ends all troubles. Those that did not begin never begin.
    pub fn end_troubles(&self) {
        self.weather.end();
        for scope in self.faults.take() {
            self.recorder.add(What::FaultEnded { scope });
        }
    }

    fn begin_fault(&self, scope: FaultScope) {
        if !self.weather.is_over() {
            self.faults.borrow_mut().push(scope.clone());
            self.recorder.add(What::FaultBegan { scope });
        }
    }

    /// Writes down the end of a fault, unless all troubles ended before.
    fn end_fault(&self, scope: &FaultScope) {
        let mut faults = self.faults.borrow_mut();
        if let Some(place) = faults.iter().position(|one| one == scope) {
            faults.remove(place);
            self.recorder.add(What::FaultEnded { scope: scope.clone() });
        }
    }

    fn scope(&self, kind: &TroubleKind) -> Option<FaultScope> {
        let of_interface = |interface: usize| {
            let found = self.interfaces.iter().find(|(place, ..)| *place == interface);
            found.and_then(|(_, spec, _)| Vendor::parse(spec.name()).ok())
        };
        Some(match kind {
            TroubleKind::Vendor { interface, .. } => {
                of_interface(*interface).map_or(FaultScope::Everything, FaultScope::Vendor)
            }
            TroubleKind::Server { app, .. } => FaultScope::CallbackServer(self.app(*app)),
            // A death is written down when it happens.
            TroubleKind::Death { .. } => return None,
            // Nobody may feel that two versions work side by side.
            TroubleKind::Records { how: RecordTrouble::OfEarlier(_) | RecordTrouble::OfLater, .. } => return None,
            TroubleKind::Records { of, how: RecordTrouble::KeptAfterDelete | RecordTrouble::Late(_), .. } => {
                FaultScope::Queue(of.name().to_owned())
            }
            // Both copies of a record may be worked on at the same time, so neither finds what the other one did.
            TroubleKind::Calls { .. } | TroubleKind::Records { .. } => FaultScope::Everything,
        })
    }
}

/// Returns for how long a trouble is felt after it strikes for the last time.
fn aftermath(kind: &TroubleKind) -> Duration {
    let milliseconds = |most: u32| Duration::from_millis(most.into());
    match kind {
        TroubleKind::Calls { how: How::Slow(most), .. }
        | TroubleKind::Records { how: RecordTrouble::Late(most), .. }
        | TroubleKind::Server { how: ServerTrouble::Slow(most), .. } => milliseconds(*most),
        TroubleKind::Records { how: RecordTrouble::KeptAfterDelete, .. } => INVISIBLE,
        TroubleKind::Vendor { how: VendorTrouble::Limits(Some(seconds)), .. }
        | TroubleKind::Server { how: ServerTrouble::Busy(seconds), .. } => Duration::from_secs((*seconds).into()),
        TroubleKind::Vendor { .. } | TroubleKind::Server { .. } => UNANSWERED,
        TroubleKind::Calls { .. } | TroubleKind::Records { .. } | TroubleKind::Death { .. } => Duration::ZERO,
    }
}
