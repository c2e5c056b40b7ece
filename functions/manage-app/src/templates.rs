//! Routes of notification templates.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{AppKey, TemplateName},
        invalid::Invalid,
        line::{MAX_BODY_BYTES, MAX_TITLE_BYTES},
        template::{MAX_PATTERN_CHARS, MAX_TEMPLATES, Template, check_pattern},
    },
    lambda::{
        access::{Caller, path_param},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
        list_page::ListPage,
    },
    ports::{apps::AppConfig, error::StoreError},
};

use crate::{ManageApp, page_query::PageQuery};

const TITLE: &str = "title_pattern";
const CONTENT: &str = "content_pattern";

/// The name of the template in the path.
pub struct PathTemplate(TemplateName);

impl<S: Send + Sync> FromRequestParts<S> for PathTemplate {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = path_param(parts, state, "name").await?;
        TemplateName::parse_as("name", &name).map(Self).map_err(ApiError::from)
    }
}

/// Creates a template (`POST /{org}/{app}/notification/template`).
pub async fn create(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let config = state.advanced(app).await?;
    let fields = Fields::parse(&body)?;
    let name = TemplateName::parse_as("name", fields.text("name")?)?;
    let title_pattern = pattern(TITLE, fields.text(TITLE)?, MAX_TITLE_BYTES)?;
    let content_pattern = pattern(CONTENT, fields.text(CONTENT)?, MAX_BODY_BYTES)?;
    let work = |attempt: RequestAttempt| async move {
        let now = attempt.since;
        let template = Template { name, title_pattern, content_pattern, created_at: now, updated_at: now };
        let known = config.templates.contains_key(&template.name);
        if config.templates.len() >= MAX_TEMPLATES && !known {
            let rule = format!("must not be new: an app has at most {MAX_TEMPLATES} templates");
            return Err(Invalid::new("name", rule).into());
        }
        match state.apps.create_template(app, &template).await {
            // An earlier try of this call created the template and was interrupted before it answered.
            Err(StoreError::Conflict) if !(attempt.abandoned && known) => {
                return Err(ApiError::conflict(format!("the template {} exists", template.name)));
            }
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
        state.configs.forget(app);
        Ok(ApiReply::data(shown(&template)))
    };
    state.idempotent(&caller, "templates", &headers, &body).run(work).await
}

/// Lists templates by name (`GET /{org}/{app}/notification/template?limit&cursor`). The cursor is the last name of the
/// previous page.
pub async fn list(State(state): State<Arc<ManageApp>>, caller: Caller, page: PageQuery) -> ApiResult {
    caller.must_be_app()?;
    let config = state.advanced(caller.app()).await?;
    let mut templates: Vec<&Template> = config.templates.values().collect();
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    templates.retain(|template| page.cursor.as_deref().is_none_or(|cursor| template.name.as_str() > cursor));
    let page = ListPage::cut(templates, page.limit);
    let data = page.entries.iter().map(|template| shown(template)).collect();
    Ok(ApiReply::counted("data", data).with_cursor(page.cursor(|last| last.name.to_string())))
}

/// Shows a template (`GET /{org}/{app}/notification/template/{name}`).
pub async fn show(State(state): State<Arc<ManageApp>>, caller: Caller, PathTemplate(name): PathTemplate) -> ApiResult {
    caller.must_be_app()?;
    let config = state.advanced(caller.app()).await?;
    Ok(ApiReply::data(shown(find(&config, &name)?)))
}

/// Changes one pattern or both (`PUT /{org}/{app}/notification/template/{name}`).
pub async fn change(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathTemplate(name): PathTemplate,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let config = state.advanced(caller.app()).await?;
    let fields = Fields::parse(&body)?;
    let title = fields.optional_text(TITLE)?.map(|text| pattern(TITLE, text, MAX_TITLE_BYTES)).transpose()?;
    let content = fields.optional_text(CONTENT)?.map(|text| pattern(CONTENT, text, MAX_BODY_BYTES)).transpose()?;
    if title.is_none() && content.is_none() {
        let rule = format!("must have at least one of: {TITLE}, {CONTENT}");
        return Err(Invalid::new("the request body", rule).into());
    }
    let old = find(&config, &name)?;
    let template = Template {
        title_pattern: title.unwrap_or_else(|| old.title_pattern.clone()),
        content_pattern: content.unwrap_or_else(|| old.content_pattern.clone()),
        updated_at: state.clock.now(),
        ..old.clone()
    };
    state.apps.put_template(caller.app(), &template).await?;
    state.configs.forget(caller.app());
    Ok(ApiReply::data(shown(&template)))
}

/// Deletes a template (`DELETE /{org}/{app}/notification/template/{name}`).
pub async fn delete(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathTemplate(name): PathTemplate,
) -> ApiResult {
    caller.must_be_app()?;
    let config = state.advanced(caller.app()).await?;
    let template = find(&config, &name)?;
    state.apps.delete_template(caller.app(), &name).await?;
    state.configs.forget(caller.app());
    Ok(ApiReply::data(shown(template)))
}

impl ManageApp {
    /// Returns the stored app, without the cache. Fails if its advanced push is off.
    async fn advanced(&self, key: &AppKey) -> Result<AppConfig, ApiError> {
        let config = self.config(key).await?;
        if config.app.settings.advanced_push { Ok(config) } else { Err(ApiError::advanced_push_off()) }
    }

    /// Deletes every template of the app.
    pub async fn delete_templates(&self, config: &AppConfig) -> Result<(), ApiError> {
        for name in config.templates.keys() {
            self.apps.delete_template(&config.app.key, name).await?;
        }
        Ok(())
    }
}

fn find<'a>(config: &'a AppConfig, name: &TemplateName) -> Result<&'a Template, ApiError> {
    config.templates.get(name).ok_or_else(|| ApiError::template_not_found(name))
}

/// Reads a pattern whose line may have at most `max_bytes` bytes.
fn pattern(field: &str, text: &str, max_bytes: usize) -> Result<String, Invalid> {
    if !(1..=MAX_PATTERN_CHARS).contains(&text.chars().count()) {
        return Err(Invalid::new(field, format!("must be 1 to {MAX_PATTERN_CHARS} characters long")));
    }
    check_pattern(field, text, max_bytes)?;
    Ok(text.to_owned())
}

fn shown(template: &Template) -> Value {
    json!({
        "name": template.name,
        "createAt": template.created_at,
        "updateAt": template.updated_at,
        "title_pattern": template.title_pattern,
        "content_pattern": template.content_pattern,
    })
}
