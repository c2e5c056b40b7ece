//! The client credentials grant of Honor's OAuth server.
//!
//! Errors are those of RFC 6749: <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>.

use super::{HonorCredential, answer};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{Credential, Issued, Judgement, Request, Scene, opaque};

/// HTTP status, `error`, description.
type Refusal = (u16, &'static str, &'static str);

pub fn exchange(request: &Request, scene: &Scene<'_>) -> Judgement {
    // A body that is no form has no fields.
    let form = request.form().unwrap_or_default();
    match client(&form, scene) {
        Ok(credential) => issue(credential),
        Err((status, error, description)) => {
            Judgement::refused(answer::oauth(status, error, description), format!("{error}: {description}"))
        }
    }
}

fn issue(credential: &Credential) -> Judgement {
    let value = format!("eyJ{}.{}.{}", opaque(24), opaque(48), opaque(32));
    let answer = answer::access_token(&value, credential.token_lifetime_seconds);
    let issued =
        Issued { value, credential: credential.id.clone(), lifetime_seconds: credential.token_lifetime_seconds };
    Judgement { issued: Some(issued), ..Judgement::answered(answer) }
}

fn client<'a>(form: &Form, scene: &'a Scene<'_>) -> Result<&'a Credential, Refusal> {
    if form.repeated().is_some() {
        return Err((400, "invalid_request", "a field stands more than once"));
    }
    match form.get("grant_type") {
        None => return Err((400, "invalid_request", "Missing form parameter: grant_type")),
        Some("client_credentials") => {}
        Some(_) => return Err((400, "unsupported_grant_type", "Unsupported grant_type")),
    }
    // An unknown client, an App ID in place of the client id and a wrong secret get the same answer.
    let wrong = (401, "invalid_client", "Invalid client or Invalid client credentials");
    let id = form.get("client_id").ok_or(wrong)?;
    let (credential, known) = scene.credential(|known: &HonorCredential| known.client_id == id).ok_or(wrong)?;
    if form.get("client_secret") == Some(known.client_secret.as_str()) { Ok(credential) } else { Err(wrong) }
}
