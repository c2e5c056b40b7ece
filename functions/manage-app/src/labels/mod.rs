//! Routes of push labels. An app gives labels to its users, and instant pushes reach all users of a label.

mod path;
pub mod users;

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::HeaderMap};
use serde_json::{Value, json};
use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        id::{AppKey, LabelId, LabelName},
        invalid::Invalid,
        push_label::{LabelKey, MAX_LABEL_DESCRIPTION_CHARS, MAX_LABELS, PushLabel},
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
        list_page::ListPage,
    },
    ports::{
        erase_queue::{EraseLabel, EraseProgress, EraseRecord},
        push_labels::LabelCreation,
    },
};

use self::path::PathLabel;
use crate::{ManageApp, page_query::PageQuery};

/// Delay of the record that erases the users of a deleted label. It is queued before the deletion, and is longer than
/// any call lasts. So a call that ends in between leaves no rows that nobody erases.
const ERASED_AFTER: Duration = Duration::from_secs(60);

/// Creates a label (`POST /{org}/{app}/push/label`).
pub async fn create(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let fields = Fields::parse(&body)?;
    let name = LabelName::parse(fields.text("name")?)?;
    let description = description(&fields)?;
    let work = |attempt: RequestAttempt| async move {
        let key = LabelKey { id: state.new_label_id(app, &name, &attempt), name };
        let label = PushLabel { key, description, created_at: attempt.since, users: 0 };
        match state.labels.create_label(app, &label).await? {
            LabelCreation::Created => Ok(ApiReply::data(shown(&label))),
            LabelCreation::Exists => state.must_be_own(app, &label).await,
            LabelCreation::Full => {
                Err(ApiError::limit_reached(&format!("an app has at most {MAX_LABELS} push labels")))
            }
        }
    };
    state.idempotent(&caller, "push/label", &headers, &body).run(work).await
}

/// Lists labels by name, with their numbers of users (`GET /{org}/{app}/push/label?limit&cursor`). The cursor is the
/// last name of the previous page.
pub async fn list(State(state): State<Arc<ManageApp>>, caller: Caller, page: PageQuery) -> ApiResult {
    caller.must_be_app()?;
    let after = page.cursor.as_deref().map(|cursor| LabelName::parse_as("cursor", cursor)).transpose()?;
    let labels = state.labels.labels(caller.app(), after.as_ref(), page.limit + 1).await?;
    let page = ListPage::cut(labels, page.limit);
    let data: Vec<Value> = page.entries.iter().map(counted).collect();
    Ok(ApiReply::data(data).with_cursor(page.cursor(|last| last.key.name.to_string())))
}

/// Shows a label with its number of users (`GET /{org}/{app}/push/label/{name}`).
pub async fn show(State(state): State<Arc<ManageApp>>, caller: Caller, PathLabel(name): PathLabel) -> ApiResult {
    caller.must_be_app()?;
    Ok(ApiReply::data(counted(&state.find_label(caller.app(), &name).await?)))
}

/// Deletes a label (`DELETE /{org}/{app}/push/label/{name}`). Nobody has it from then on. `erase-data` removes the rows
/// of its users.
pub async fn delete(State(state): State<Arc<ManageApp>>, caller: Caller, PathLabel(name): PathLabel) -> ApiResult {
    caller.must_be_app()?;
    let app = caller.app();
    let label = state.find_label(app, &name).await?.key;
    let at = state.clock.now();
    let job = EraseLabel { app: app.clone(), label: label.clone(), at, progress: EraseProgress::default() };
    state.erasures.queue_erase(&EraseRecord::Label1(job), ERASED_AFTER).await?;
    match state.labels.delete_label(app, &label).await? {
        true => Ok(ApiReply::data("success")),
        false => Err(ApiError::label_not_found(name.as_str())),
    }
}

impl ManageApp {
    async fn find_label(&self, app: &AppKey, name: &LabelName) -> Result<PushLabel, ApiError> {
        self.labels.label(app, name).await?.ok_or_else(|| ApiError::label_not_found(name.as_str()))
    }

    /// Accepts a label that exists if an earlier try of this call created it and was interrupted before it answered.
    async fn must_be_own(&self, app: &AppKey, label: &PushLabel) -> ApiResult {
        let found = self.labels.label(app, &label.key.name).await?;
        match found.filter(|found| found.key == label.key) {
            Some(own) => Ok(ApiReply::data(shown(&own))),
            None => Err(ApiError::conflict(format!("the push label {} exists", label.key.name))),
        }
    }

    /// Returns an id for a new label. With an idempotency key it follows from the key, so a retry of an interrupted call
    /// recognises its own label.
    fn new_label_id(&self, app: &AppKey, name: &LabelName, attempt: &RequestAttempt) -> LabelId {
        LabelId::new(match &attempt.key {
            Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\n{name}\nnew label", attempt.since)),
            None => self.entropy.bits(),
        })
    }
}

fn description(fields: &Fields) -> Result<String, Invalid> {
    let text = fields.optional_text("description")?.unwrap_or_default();
    match text.chars().count() {
        ..=MAX_LABEL_DESCRIPTION_CHARS => Ok(text.to_owned()),
        _ => {
            let rule = format!("must have at most {MAX_LABEL_DESCRIPTION_CHARS} characters");
            Err(Invalid::new("description", rule))
        }
    }
}

fn shown(label: &PushLabel) -> Value {
    json!({"name": label.key.name, "description": label.description, "createdAt": label.created_at})
}

fn counted(label: &PushLabel) -> Value {
    let mut shown = shown(label);
    shown["count"] = json!(label.users);
    shown
}
