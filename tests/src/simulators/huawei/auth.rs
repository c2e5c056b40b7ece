//! The client credentials grant of Huawei's OAuth server.
//!
//! Error numbers: <https://developer.huawei.com/consumer/en/doc/HMSCore-References/account-error-code-0000001062371380>.

use super::{HuaweiCredential, answer};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{Credential, Issued, Judgement, Request, Scene, opaque};

const FIVE_MINUTES_MS: u64 = 300_000;

/// `error`, `sub_error`, description.
type Refusal = (u32, u32, &'static str);

pub fn exchange(request: &Request, scene: &Scene<'_>) -> Judgement {
    // A body that is no form has no fields.
    let form = request.form().unwrap_or_default();
    match client(&form, scene) {
        Ok((credential, known))
            if scene.issued_within(&credential.id, FIVE_MINUTES_MS) >= known.tokens_per_five_minutes =>
        {
            Judgement::refused(answer::flow_control(), "too many access tokens in five minutes")
        }
        Ok((credential, _)) => issue(credential),
        Err((error, sub_error, description)) => Judgement::refused(
            answer::oauth(error, sub_error, description),
            format!("{error}/{sub_error}: {description}"),
        ),
    }
}

fn issue(credential: &Credential) -> Judgement {
    // Real access tokens are standard base64, with slashes and pluses that a client must escape.
    let value = format!("DQEB{}/{}+xQ==", opaque(48), opaque(48));
    let answer = answer::access_token(&value, credential.token_lifetime_seconds);
    let issued =
        Issued { value, credential: credential.id.clone(), lifetime_seconds: credential.token_lifetime_seconds };
    Judgement { issued: Some(issued), ..Judgement::answered(answer) }
}

fn client<'a>(form: &Form, scene: &'a Scene<'_>) -> Result<(&'a Credential, HuaweiCredential), Refusal> {
    match form.get("grant_type") {
        None => return Err((1102, 20181, "grant_type is empty")),
        Some("client_credentials") => {}
        Some(_) => return Err((1101, 20182, "invalid grant_type")),
    }
    let id = form.get("client_id").ok_or((1102, 20001, "client_id is empty"))?;
    if !is_client_id(id) {
        return Err((1101, 20002, "invalid client_id"));
    }
    let secret = form.get("client_secret").ok_or((1101, 20171, "client_secret is empty"))?;
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=/\\+".contains(&byte)) {
        return Err((1101, 20172, "invalid client_secret"));
    }
    // Huawei documents 1101/20003 for an unknown client too.
    let found = scene.credential(|known: &HuaweiCredential| known.client_id == id).ok_or((
        1203,
        12303,
        "client_id does not exist",
    ))?;
    if found.1.client_secret != secret {
        return Err((1101, 12304, "invalid client_secret"));
    }
    Ok(found)
}

pub fn is_client_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}
