//! Reads the notifiers of the next apps.

use shared::{
    domain::{
        id::AppKey,
        notifier::{NotifierState, NotifierSummary},
    },
    ports::{
        app_directory::{AppSummary, ListApps},
        error::StoreError,
    },
};

/// Apps listed at a time.
const LISTED: usize = 100;
/// Notifiers from which on a page takes no further app. An app has at most 100.
const ENOUGH: usize = 100;

/// The notifiers of some apps.
pub(crate) struct Page {
    /// the enabled ones
    pub(crate) notifiers: Vec<(AppKey, NotifierSummary)>,
    /// the app after which the next page begins; `None` if this page is the last
    pub(crate) next: Option<AppKey>,
}

/// Reads the page that begins after this app. An app that cannot be read is skipped.
pub(crate) async fn read_page(apps: &dyn ListApps, after: Option<&AppKey>) -> Result<Page, StoreError> {
    let listed = apps.listed_apps(after, LISTED).await?;
    let all = listed.len();
    let mut notifiers = Vec::new();
    for (number, app) in listed.into_iter().enumerate() {
        notifiers.extend(enabled(apps, &app.key).await);
        let is_last = number + 1 == all;
        if notifiers.len() >= ENOUGH || is_last {
            let next = (!is_last || all >= LISTED).then_some(app.key);
            return Ok(Page { notifiers, next });
        }
    }
    Ok(Page { notifiers, next: None })
}

async fn enabled(apps: &dyn ListApps, app: &AppKey) -> Vec<(AppKey, NotifierSummary)> {
    let notifiers = match apps.app_summary(app).await {
        Ok(Some(AppSummary::Active { notifiers, .. })) => notifiers,
        Ok(_) => Vec::new(),
        Err(error) => {
            tracing::warn!(%app, error = error.chain(), "an app's notifiers cannot be read, and are not checked");
            Vec::new()
        }
    };
    let enabled = notifiers.into_iter().filter(|notifier| notifier.state == NotifierState::Enabled);
    enabled.map(|notifier| (app.clone(), notifier)).collect()
}
