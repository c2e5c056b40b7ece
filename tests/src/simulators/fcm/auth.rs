//! The JWT bearer grant of Google's OAuth server (RFC 7523).

use serde_json::{Value, json};

use super::{FcmCredential, answer};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::jwt::{Jwt, PublicKey};
use crate::simulators::engine::{Answer, Credential, Issued, Judgement, Request, Scene, opaque};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The audience is Google's address even if requests are sent elsewhere.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"];
const LONGEST_SECONDS: i64 = 3600;
/// How far a caller's clock may be ahead. Google does not document it; the value is common practice.
const SKEW_SECONDS: i64 = 300;

/// OAuth error and description.
type Refusal = (&'static str, String);

pub fn exchange(request: &Request, scene: &Scene<'_>) -> Judgement {
    let outcome = assertion(request).and_then(|form| {
        let assertion = form.get("assertion").unwrap_or_default();
        account(assertion, scene)
    });
    match outcome {
        Ok(credential) => issue(credential),
        Err((error, description)) => {
            Judgement::refused(answer::oauth(error, &description), format!("{error}: {description}"))
        }
    }
}

fn issue(credential: &Credential) -> Judgement {
    let issued = Issued {
        value: format!("ya29.c.{}", opaque(160)),
        credential: credential.id.clone(),
        lifetime_seconds: credential.token_lifetime_seconds,
    };
    let body = json!({"access_token": issued.value, "expires_in": issued.lifetime_seconds, "token_type": "Bearer"});
    Judgement { issued: Some(issued), ..Judgement::answered(Answer::json(200, &body)) }
}

fn assertion(request: &Request) -> Result<Form, Refusal> {
    let Some(form) = request.form() else {
        return Err(("invalid_request", "Bad Request: the body must be application/x-www-form-urlencoded".to_owned()));
    };
    if let Some(name) = form.repeated() {
        return Err(("invalid_request", format!("Parameter {name} is repeated.")));
    }
    match form.get("grant_type") {
        None => Err(("invalid_request", "Missing required parameter: grant_type".to_owned())),
        Some(GRANT_TYPE) if form.get("assertion").is_some() => Ok(form),
        Some(GRANT_TYPE) => Err(("invalid_request", "Missing required parameter: assertion".to_owned())),
        Some(other) => Err(("unsupported_grant_type", format!("Invalid grant_type: {other}"))),
    }
}

fn account<'a>(assertion: &str, scene: &'a Scene<'_>) -> Result<&'a Credential, Refusal> {
    let grant = |description: &str| ("invalid_grant", description.to_owned());
    let jwt = Jwt::parse(assertion).ok_or_else(|| grant("Bad Request: the assertion is no JWT"))?;
    if jwt.header["alg"] != "RS256" || jwt.header.get("typ").is_some_and(|typ| typ != "JWT") {
        return Err(grant("Invalid JWT: alg must be RS256 and typ JWT."));
    }
    let issuer = jwt.claims["iss"].as_str().unwrap_or_default();
    let (credential, known) = scene
        .credential(|known: &FcmCredential| known.client_email == issuer)
        .ok_or_else(|| grant("Invalid grant: account not found"))?;
    let signed = PublicKey::from_base64(&known.public_key).is_some_and(|key| jwt.is_rs256_of(&key));
    if jwt.header["kid"] != known.private_key_id || !signed {
        return Err(grant("Invalid JWT Signature."));
    }
    if jwt.claims["aud"] != AUDIENCE {
        return Err(grant("Invalid JWT: Failed audience check."));
    }
    check_scope(&jwt.claims["scope"])?;
    check_times(&jwt.claims, i64::try_from(scene.now_ms() / 1000).unwrap_or(i64::MAX))?;
    Ok(credential)
}

fn check_scope(scope: &Value) -> Result<(), Refusal> {
    let scopes: Vec<&str> = scope.as_str().unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(scope)) {
        return Err(("invalid_scope", "Invalid OAuth scope or ID token audience provided.".to_owned()));
    }
    Ok(())
}

fn check_times(claims: &Value, now: i64) -> Result<(), Refusal> {
    let times = claims["iat"].as_i64().zip(claims["exp"].as_i64());
    let fits = |(issued, expires): (i64, i64)| {
        expires > issued && expires - issued <= LONGEST_SECONDS && issued <= now + SKEW_SECONDS && expires > now
    };
    if times.is_some_and(fits) {
        return Ok(());
    }
    let description = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.";
    Err(("invalid_grant", description.to_owned()))
}
