//! Routes of the user's preferred language, and of the template for notifications to the user.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::{
        id::TemplateName,
        profile::{Language, Profile},
    },
    lambda::{
        access::{Caller, PathUser},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        reader::Reader,
    },
    ports::apps::AppConfig,
};

use crate::{
    ConfigureUser,
    change::{in_force, unless_empty},
};

/// Shows the preferred language (`GET /{org}/{app}/users/{username}/notification/language`).
pub async fn language(State(state): State<Arc<ConfigureUser>>, reader: Reader, PathUser(user): PathUser) -> ApiResult {
    reader.may_read_of(&user, &*state.visible_since).await?;
    let profile = state.profiles.profile(reader.app(), &user).await?;
    Ok(shown_language(profile.as_ref()))
}

/// Changes the preferred language (`PUT /{org}/{app}/users/{username}/notification/language`).
pub async fn change_language(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let fields = Fields::parse(&body)?;
    let field = "translationLanguage";
    let language = unless_empty(fields.text(field)?, |text| Language::parse_as(field, text))?;
    let set = |profile: &mut Profile| {
        profile.language.clone_from(&language);
        Ok(())
    };
    Ok(shown_language(Some(&state.change_profile(caller.app(), &user, set).await?)))
}

/// Shows the template (`GET /{org}/{app}/users/{username}/notification/template`).
pub async fn template(State(state): State<Arc<ConfigureUser>>, reader: Reader, PathUser(user): PathUser) -> ApiResult {
    reader.may_read_of(&user, &*state.visible_since).await?;
    let config = state.advanced_config(reader.config()).await?;
    let profile = state.profiles.profile(reader.app(), &user).await?;
    Ok(shown_template(in_force(profile, &config).template.as_ref()))
}

/// Changes the template (`PUT /{org}/{app}/users/{username}/notification/template`).
pub async fn change_template(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let config = state.advanced_config(&caller.config).await?;
    let fields = Fields::parse(&body)?;
    let field = "templateName";
    let template = unless_empty(fields.text(field)?, |text| TemplateName::parse_as(field, text))?;
    if let Some(template) = &template {
        state.must_exist(&config, template).await?;
    }
    let set = |profile: &mut Profile| {
        state.advanced(profile, &config)?.template.clone_from(&template);
        Ok(())
    };
    let changed = state.change_profile(caller.app(), &user, set).await?;
    Ok(shown_template(changed.advanced.template.as_ref()))
}

impl ConfigureUser {
    /// Refuses a template that the app does not have. A new template is accepted at once.
    async fn must_exist(&self, config: &AppConfig, template: &TemplateName) -> Result<(), ApiError> {
        if config.templates.contains_key(template) {
            return Ok(());
        }
        let recent = self.configs.get_recent(&config.app.key).await?;
        let exists = recent.is_some_and(|recent| recent.templates.contains_key(template));
        exists.then_some(()).ok_or_else(|| ApiError::template_not_found(template))
    }
}

fn shown_language(profile: Option<&Profile>) -> ApiReply {
    let language = profile.and_then(|profile| profile.language.as_ref());
    ApiReply::data(json!({"language": language.map_or("", Language::as_str)}))
}

fn shown_template(template: Option<&TemplateName>) -> ApiReply {
    ApiReply::data(json!({"templateName": template.map_or("", TemplateName::as_str)}))
}
